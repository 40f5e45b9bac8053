"""Nobody changes an entry: neither by the API, which has no way to, nor by SQL, which the database refuses."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

import pegboard_audit
from pegboard import AuditEvent, Principal, record_event
from pegboard_audit import prune
from pegboard_audit.tables import entries, metadata
from pegboard_store import Store
from pegboard_store.testing import check_migrations

pytestmark = pytest.mark.anyio

ANN = Principal("ann", "acme", username="Ann")
OPERATOR = Principal("operator", "default")
CHANGES = (
    "UPDATE audit_entries SET actor = 'nobody'",
    "UPDATE audit_entries SET seq = seq + 100",
    "DELETE FROM audit_entries",
    "DELETE FROM audit_entries WHERE actor = 'ann'",
)
OF_SQLITE = (
    "INSERT OR REPLACE INTO audit_entries SELECT seq, id, at, tenant, 'nobody', username, credential, address, "
    "request_id, action, kind, object, outcome, detail, changes, NULL FROM audit_entries",
    "REPLACE INTO audit_entries SELECT * FROM audit_entries",
)
OF_POSTGRESQL = (
    "TRUNCATE audit_entries",
    "INSERT INTO audit_entries SELECT * FROM audit_entries ON CONFLICT (seq) DO UPDATE SET actor = 'nobody'",
)


async def write(desk: Any, *actions: str, principal: Principal = ANN, days_ago: float = 0) -> None:
    """Entries, as they would have been written some days ago."""
    async with desk.services.get(Store).begin() as session:
        for action in actions:
            row = desk.log.row(AuditEvent(action, "thing", "t1"), principal)
            row["at"] -= timedelta(days=days_ago)
            await session.execute(insert(entries).values(row))


async def refused(desk: Any, statement: str, before: Sequence[Any]) -> None:
    with pytest.raises(IntegrityError, match="append-only"):
        await desk.sql(statement)
    assert await desk.rows() == before, statement


async def test_the_migrations_make_the_tables(database_url: str) -> None:
    await check_migrations(database_url, pegboard_audit.pegboard_migrations(), metadata)


async def test_the_database_refuses_to_change_or_delete_an_entry(desk: Any) -> None:
    await write(desk, "things.make", "things.break")
    before = await desk.rows()
    assert len(before) == 2
    sqlite = desk.services.get(Store).dialect == "sqlite"
    for statement in (*CHANGES, *(OF_SQLITE if sqlite else OF_POSTGRESQL)):
        await refused(desk, statement, before)


async def in_one(desk: Any, *statements: str) -> None:
    """Statements of one transaction."""
    async with desk.services.get(Store).begin() as session:
        for statement in statements:
            await (await session.connection()).exec_driver_sql(statement)


async def test_postgresql_refuses_in_a_session_that_calls_itself_a_replica_or_hides_the_table(desk: Any) -> None:
    if desk.services.get(Store).dialect != "postgresql":
        pytest.skip("SQLite has neither")
    await write(desk, "things.make")
    for disguise in (
        "SET LOCAL session_replication_role = replica",
        "CREATE TEMP TABLE audit_entries ON COMMIT DROP AS "
        "SELECT tenant, now() + interval '1 day' AS pruned_before FROM public.audit_entries",
    ):
        with pytest.raises(IntegrityError, match="append-only"):
            await in_one(desk, disguise, "DELETE FROM public.audit_entries")
        assert len(await desk.rows()) == 1


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
async def test_no_route_changes_or_deletes(desk: Any, method: str) -> None:
    await write(desk, "things.make")
    [entry] = await desk.entries()
    assert (await desk.call(method, "/api/v1/audit")).status_code == 405
    assert (await desk.call(method, f"/api/v1/audit/{entry['id']}")).status_code == 405
    assert await desk.entries() == [entry]


async def test_what_is_rolled_back_leaves_no_entry(desk: Any) -> None:
    async def change_mind() -> None:
        async with desk.services.get(Store).begin() as session:
            event = AuditEvent("things.make", "thing", "t1", after={"a": 1})
            await record_event(desk.services, event, principal=ANN, transaction=session)
            assert await session.scalar(text("SELECT count(*) FROM audit_entries")) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change_mind()
    assert await desk.rows() == []


async def test_without_a_transaction_an_entry_is_written_at_once(desk: Any) -> None:
    await record_event(desk.services, AuditEvent("things.make"), principal=ANN)
    assert [row.action for row in await desk.rows()] == ["things.make"]


async def test_another_transaction_than_the_stores_is_refused(desk: Any) -> None:
    with pytest.raises(TypeError, match=r"Store\.begin"):
        await record_event(desk.services, AuditEvent("things.make"), principal=ANN, transaction="mine")
    assert await desk.rows() == []


async def test_pruning_deletes_what_is_old_and_says_so_in_each_tenants_log(desk: Any) -> None:
    bob = Principal("bob", "other")
    await write(desk, "things.old", "things.older", days_ago=40)
    await write(desk, "things.new", days_ago=10)
    await write(desk, "things.old", principal=bob, days_ago=40)
    await write(desk, "things.new", principal=Principal("eve", "third"))
    cutoff = datetime.now(UTC) - timedelta(days=30)
    counts = await prune(desk.services.get(Store), desk.log, cutoff, OPERATOR)
    assert counts == {"acme": 2, "other": 1}
    mine, theirs, third = [await desk.of(tenant).entries() for tenant in ("acme", "other", "third")]
    assert [entry["action"] for entry in mine] == ["audit.prune", "things.new"]
    assert [entry["action"] for entry in theirs] == ["audit.prune"]
    assert [entry["action"] for entry in third] == ["things.new"]
    assert mine[0]["detail"] == f"2 entries from before {cutoff.isoformat()}"
    assert (mine[0]["actor"]["id"], mine[0]["tenant"]) == ("operator", "acme")


async def test_pruning_again_finds_nothing_and_a_later_one_takes_the_older_notes_with_it(desk: Any) -> None:
    store = desk.services.get(Store)
    await write(desk, "things.old", days_ago=40)
    cutoff = datetime.now(UTC) - timedelta(days=30)
    assert await prune(store, desk.log, cutoff, OPERATOR) == {"acme": 1}
    assert await prune(store, desk.log, cutoff, OPERATOR) == {}
    assert await prune(store, desk.log, datetime.now(UTC), OPERATOR) == {"acme": 1}
    assert [entry["detail"].split()[0] for entry in await desk.entries()] == ["1"]


async def test_only_the_tenants_that_are_named_are_pruned_and_in_steps(desk: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("pegboard_audit.pruning.STEP", 4)
    await write(desk, *["things.old"] * 10, days_ago=40)
    await write(desk, "things.old", principal=Principal("bob", "other"), days_ago=40)
    cutoff = datetime.now(UTC) - timedelta(days=30)
    assert await prune(desk.services.get(Store), desk.log, cutoff, OPERATOR, ["acme"]) == {"acme": 10}
    assert [(row.tenant, row.action) for row in await desk.rows()] == [
        ("other", "things.old"),
        ("acme", "audit.prune"),
    ]


async def test_after_pruning_the_rest_is_as_safe_as_before(desk: Any) -> None:
    await write(desk, "things.old", days_ago=40)
    await write(desk, "things.old", principal=Principal("bob", "other"), days_ago=40)
    await write(desk, "things.new")
    await prune(desk.services.get(Store), desk.log, datetime.now(UTC) - timedelta(days=30), OPERATOR, ["acme"])
    before = await desk.rows()
    assert len(before) == 3
    for tenant in ("acme", "other"):
        await refused(desk, f"DELETE FROM audit_entries WHERE tenant = '{tenant}'", before)


async def test_the_permission_to_prune_cannot_be_had_under_another_name(desk: Any) -> None:
    row = desk.log.row(AuditEvent("things.make"), ANN)
    for wrong in ({"pruned_before": row["at"]}, {"action": "audit.prune", "pruned_before": row["at"] + timedelta(1)}):
        with pytest.raises(IntegrityError, match="pruned_before"):
            async with desk.services.get(Store).begin() as session:
                await session.execute(insert(entries).values(row | wrong))


async def test_what_is_to_come_is_not_pruned(desk: Any) -> None:
    with pytest.raises(ValueError, match="not in the past"):
        await prune(desk.services.get(Store), desk.log, datetime.now(UTC) + timedelta(days=1), OPERATOR)
