"""What happens to records is told within the transaction of the change, to whoever wants to know."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pegboard import Problem
from pegboard.testing.fixtures import anyio_backend  # noqa: F401
from pegboard_events import Happened
from pegboard_records import Batch, BatchItem, Field, Records, ShardDraft, ShardTypeDraft
from pegboard_store import Migrations, open_store
from pegboard_store.testing import (  # noqa: F401
    database_url,
    postgresql_url,
    store_settings,
)

pytestmark = pytest.mark.anyio

LINE = Migrations("records", "Records", package="pegboard_records.migrations")


class Listener:
    """Keeps what it is told, and the session in which."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        self.events: list[Happened] = []

    async def wants(self, tenant: str, *types: str) -> bool:
        return tenant == "acme" and any(one.startswith(self.wanted) for one in types)

    async def keep(self, session: Any, tenant: str, events: Sequence[Happened]) -> None:
        assert session.in_transaction()
        self.events += events

    def told(self) -> list[tuple[str, str]]:
        found = [(event.type, event.data["externalId"]) for event in self.events]
        self.events.clear()
        return found


@pytest.fixture
async def opened(database_url: str, tmp_path: Path) -> Any:  # noqa: F811
    listener = Listener("record.")
    async with open_store(store_settings(database_url), tmp_path, [LINE]) as store:
        records = Records(store, listener)
        for tenant in ("acme", "other"):
            await records.types.create(tenant, ShardTypeDraft("c", "C", fields=(Field("n", "integer"),)))
        yield store, records, listener


async def test_each_change_is_told_once_and_no_change_is_not(opened: Any) -> None:
    store, records, listener = opened
    for documents, expected in (
        ({"a": {"n": 1}, "b": {"n": 2}}, [("record.created", "a"), ("record.created", "b")]),
        ({"a": {"n": 1}, "b": {"n": 3}}, [("record.updated", "b")]),
        ({"a": {"n": 1}}, []),
    ):
        async with store.begin() as session:
            done = await records.put(session, "acme", "c", documents, "test")
        assert listener.told() == expected
        assert done.created + done.updated == len(expected)
        assert done.created + done.updated + done.unchanged == len(documents)
    async with store.begin() as session:
        await records.remove(session, "acme", "c", ["a", "none"], "test")
    assert listener.told() == [("record.deleted", "a")]


async def test_single_records_and_batches_are_told_of_too(opened: Any) -> None:
    _, records, listener = opened
    made = await records.create("acme", ShardDraft("c", {"n": 1}, "x"), "test")
    assert listener.events[0].data == {
        "id": made.id, "externalId": "x", "type": "c", "source": "test", "revision": 1, "data": {"n": 1},
    }  # fmt: skip
    await records.patch("acme", made.id, {"n": 1}, "test")
    await records.patch("acme", made.id, {"n": 2}, "test")
    await records.delete("acme", made.id, "test")
    await records.restore("acme", made.id, "test")
    await records.delete("acme", made.id, "test", purge=True)
    await records.batch("acme", Batch("c", (BatchItem("y", {"n": 1}), BatchItem("z", {"n": "no"}))), "test")
    assert listener.told() == [
        ("record.created", "x"),
        ("record.updated", "x"),
        ("record.deleted", "x"),
        ("record.updated", "x"),
        ("record.deleted", "x"),
        ("record.created", "y"),
    ]


async def test_nobody_is_told_of_what_is_refused_or_not_wanted(opened: Any) -> None:
    store, records, listener = opened
    with pytest.raises(Problem):
        await records.create("acme", ShardDraft("c", {"n": "no"}), "test")
    async with store.begin() as session:
        await records.put(session, "other", "c", {"a": {"n": 1}}, "test")
    listener.wanted = "record.deleted"
    async with store.begin() as session:
        done = await records.put(session, "acme", "c", {"a": {"n": 1}}, "test")
    assert (done.created, listener.told()) == (1, [])
