"""Bulk upserts: what they count, what they leave alone, and that nothing is there twice."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import anyio
import pytest

from pegboard import Problem
from pegboard_records import Item, ShardsQuery, Upserted

pytestmark = pytest.mark.anyio


async def upsert(desk: Any, kind: str, items: Sequence[Item], source: str = "test") -> Upserted:
    async with desk.store.begin() as session:
        made: Upserted = await desk.records.upsert(session, desk.tenant, kind, items, source)
    return made


async def test_new_changed_and_same_records_are_told_apart(desk: Any) -> None:
    kind = await desk.loose()
    assert await upsert(desk, kind, [Item("a", {"n": 1}), Item("b", {"n": 2})]) == Upserted(2, 0, 0)
    mixed = [Item("a", {"n": 1}), Item("b", {"n": 3}), Item("c", {})]
    assert await upsert(desk, kind, mixed) == Upserted(1, 1, 1)
    assert await upsert(desk, kind, mixed) == Upserted(0, 0, 3)


async def test_the_last_of_an_external_id_counts(desk: Any) -> None:
    kind = await desk.loose()
    assert await upsert(desk, kind, [Item("a", {"n": 1}), Item("a", {"n": 2})]) == Upserted(1, 0, 0)
    assert (await desk.records.find(desk.tenant, kind, "a")).data == {"n": 2}


async def test_the_order_of_keys_is_no_change(desk: Any) -> None:
    kind = await desk.loose()
    await upsert(desk, kind, [Item("a", {"x": {"p": 1, "q": 2}, "y": 3})])
    assert await upsert(desk, kind, [Item("a", {"y": 3, "x": {"q": 2, "p": 1}})]) == Upserted(0, 0, 1)


async def test_what_is_the_same_is_not_written(desk: Any) -> None:
    kind = await desk.loose()
    await upsert(desk, kind, [Item("a", {"n": 1})], "first")
    before = await desk.records.find(desk.tenant, kind, "a")
    await upsert(desk, kind, [Item("a", {"n": 1})], "second")
    assert await desk.records.find(desk.tenant, kind, "a") == before
    await upsert(desk, kind, [Item("a", {"n": 2})], "third")
    after = await desk.records.find(desk.tenant, kind, "a")
    assert (after.id, after.revision, after.source) == (before.id, 2, "third")
    assert after.createdAt == before.createdAt < after.updatedAt


async def test_a_deleted_record_that_comes_again_is_there_again(desk: Any) -> None:
    kind = await desk.loose()
    await upsert(desk, kind, [Item("a", {"n": 1})])
    async with desk.store.begin() as session:
        assert await desk.records.remove(session, desk.tenant, kind, ["a", "gone"], "test") == 1
    assert await desk.records.count(desk.tenant, kind) == 0
    assert await upsert(desk, kind, [Item("a", {"n": 1})]) == Upserted(0, 1, 0)
    assert (await desk.records.find(desk.tenant, kind, "a")).revision == 3


async def test_it_is_the_callers_transaction(desk: Any) -> None:
    kind = await desk.loose()

    async def fail() -> None:
        async with desk.store.begin() as session:
            await desk.records.upsert(session, desk.tenant, kind, [Item("a", {})], "test")
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert await desk.records.count(desk.tenant, kind) == 0


async def test_an_unknown_type_is_named_with_the_nearest(desk: Any) -> None:
    await desk.loose("c_contact")
    for items in ([Item("a", {})], [Item("a", {}), Item("b", {})]):
        with pytest.raises(Problem, match='did you mean "c_contact"') as caught:
            await upsert(desk, "c_contcat", items)
        assert (caught.value.status, caught.value.code) == (404, "shard-type-not-found")


async def test_nothing_at_all_is_nothing(desk: Any) -> None:
    assert await upsert(desk, await desk.loose(), []) == Upserted(0, 0, 0)


async def test_more_rows_than_a_statement_takes(desk: Any) -> None:
    kind = await desk.loose()
    items = [Item(f"{number:05d}", {"n": number}) for number in range(2_345)]
    assert await upsert(desk, kind, items) == Upserted(2_345, 0, 0)
    assert await desk.records.count(desk.tenant, kind) == 2_345


async def test_ids_and_data_come_back_as_they_were(desk: Any) -> None:
    kind = await desk.loose()
    data = {"t": "Grüße \\u0000 \U0001f600 'x' \" ; --", "f": 0.1, "i": 2**63 - 1, "n": None, "l": [1, [True]], "o": {}}
    await upsert(desk, kind, [Item("ключ/ü '\" %", data)])
    found = await desk.records.find(desk.tenant, kind, "ключ/ü '\" %")
    assert found.data == data
    await upsert(desk, kind, [Item("d", {"price": Decimal("0.1")})])
    assert (await desk.records.find(desk.tenant, kind, "d")).data == {"price": 0.1}


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (Item("", {}), "is empty"),
        (Item("x" * 501, {}), "may have 500 characters"),
        (Item("a\0", {}), "a character that is not allowed"),
        (Item("\ud800", {}), "a character that is not allowed"),
        (Item(7, {}), "is a text, not int"),  # type: ignore[arg-type]
        (Item("a", {"x": ["\0"]}), r"U\+0000"),
        (Item("a", {"x": object()}), "not JSON serializable"),
        (Item("a", {"x": 2**64}), "64-bit"),
        (Item("a", {"x": "\ud800"}), "surrogates"),
    ],
)
async def test_what_no_database_holds_is_refused_by_its_id(desk: Any, item: Item, reason: str) -> None:
    kind = await desk.loose()
    with pytest.raises(Problem, match=reason) as caught:
        await upsert(desk, kind, [Item("good", {}), item] if isinstance(item.external_id, str) else [item])
    assert caught.value.code == "shard-not-storable"
    assert await desk.records.count(desk.tenant, kind) == 0


async def test_tenants_with_the_same_ids_do_not_meet(desk: Any) -> None:
    kind = await desk.loose()
    other = type(desk)(desk.client, desk.services, f"{desk.tenant}-other")
    await other.loose()
    await upsert(desk, kind, [Item("a", {"whose": "mine"})])
    assert await upsert(other, kind, [Item("a", {"whose": "theirs"})]) == Upserted(1, 0, 0)
    assert (await desk.records.find(desk.tenant, kind, "a")).data == {"whose": "mine"}


async def test_writers_at_once_make_no_doubles_and_wait_in_no_circle(desk: Any) -> None:
    kind = await desk.loose()
    totals: list[Upserted] = []

    async def writer(name: str, backwards: bool) -> None:
        for page in range(5):
            items = [Item(f"{number:03d}", {"by": name, "page": page}) for number in range(60)]
            totals.append(await upsert(desk, kind, items[::-1] if backwards else items))

    with anyio.fail_after(30):
        async with anyio.create_task_group() as group:
            for number in range(4):
                group.start_soon(writer, f"w{number}", bool(number % 2))
    assert sum(total.created for total in totals) == 60
    found = await desk.records.list(desk.tenant, ShardsQuery(type=kind, limit=1000))
    assert len({shard.externalId for shard in found.shards}) == found.total == 60
