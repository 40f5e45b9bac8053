"""Finding many records at once, and the laws of upserts and lookups."""

from typing import Any

import pytest
from sqlalchemy import Select, text
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Problem
from pegboard_records import Item
from pegboard_records.lookups import statement_of

pytestmark = pytest.mark.anyio


@pytest.fixture
async def people(desk: Any) -> Any:
    await desk.type()
    await desk.shard("1", name="Ada", age=36, active=True)
    await desk.shard("2", name="Bob", age=20, email=None)
    await desk.shard("3", name="Bob", age=20)
    await desk.call("DELETE", f"/{(await desk.shard('4', name='Gone'))['id']}")
    return desk


@pytest.mark.parametrize(
    ("by", "values", "give", "found"),
    [
        ("externalId", ["1", "2", "no", "4"], "name", {"1": "Ada", "2": "Bob"}),
        ("externalId", [1, 2.5, True, None], "name", {1: "Ada"}),
        ("name", ["Bob", "Ada", "Gone"], "externalId", {"Bob": "2", "Ada": "1"}),
        ("age", [20, 36.0, "36", 10**400], "externalId", {20: "2", 36.0: "1"}),
        ("active", [True], "externalId", {True: "1"}),
        ("externalId", ["1", "2"], "email", {"2": None}),
        ("externalId", [], None, {}),
        ("externalId", ["a\0"], None, {}),
    ],
)
async def test_values_are_found(people: Any, by: str, values: list[Any], give: str, found: Any) -> None:
    assert await people.records.lookup(people.tenant, "c_contact", by, values, give) == found


async def test_the_id_is_given_where_nothing_else_is_asked_for(people: Any) -> None:
    shard = await people.records.find(people.tenant, "c_contact", "1")
    assert await people.records.lookup(people.tenant, "c_contact", "externalId", ["1"]) == {"1": shard.id}


async def test_unknown_fields_are_refused_with_the_nearest(people: Any) -> None:
    for by, give in (("nam", None), ("mixed", None)):
        with pytest.raises(Problem) as caught:
            await people.records.lookup(people.tenant, "c_contact", by, ["x"], give)
        assert caught.value.code == "unknown-field"
    assert (await people.call("PATCH", "/api/v1/shard-types/c_contact", json={"strict": True})).status_code == 200
    with pytest.raises(Problem, match='did you mean "name"'):
        await people.records.lookup(people.tenant, "c_contact", "externalId", ["1"], "nme")


async def test_a_thousand_values_are_one_query(desk: Any) -> None:
    kind = await desk.loose()
    async with desk.store.begin() as session:
        items = [Item(str(number), {"n": number}) for number in range(1500)]
        await desk.records.upsert(session, desk.tenant, kind, items, "test")
    found = await desk.records.lookup(desk.tenant, kind, "externalId", [str(n) for n in range(3000)], "n")
    assert found == {str(number): number for number in range(1500)}


async def explained(session: AsyncSession, statement: Select[Any]) -> str:
    """PostgreSQL's plan of a statement that is prepared, as those of the driver are."""
    compiled: Any = statement.compile(dialect=(await session.connection()).dialect)
    given = ", ".join(repr(compiled.params[name]) for name in compiled.positiontup)
    connection = await session.connection()
    await connection.exec_driver_sql(f"PREPARE looked AS {compiled}")
    plan = await connection.exec_driver_sql(f"EXPLAIN EXECUTE looked ({given.replace('[', 'ARRAY[')})")
    lines = "\n".join(plan.scalars())
    await connection.exec_driver_sql("DEALLOCATE looked")
    return lines


@pytest.mark.parametrize("count", [1000, 5000, 20_000])
@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_postgresql_has_one_plan_for_a_table_of_which_it_knows_nothing(desk: Any, count: int, mode: str) -> None:
    if desk.store.dialect != "postgresql":
        pytest.skip("SQLite plans without statistics")
    kind = (await desk.type(), await desk.records.type(desk.tenant, "c_contact"))[1]
    values = [str(number) for number in range(1000)]
    async with desk.store.begin() as session:
        await session.execute(text(f"SET LOCAL plan_cache_mode = {mode}"))
        items = [Item(str(number), {"name": f"n{number}"}) for number in range(count)]
        await desk.records.upsert(session, desk.tenant, kind.id, items, "test")
        plans = {}
        for by in ("externalId", "name"):
            statement = statement_of(desk.tenant, kind, by, values, "name", "postgresql")
            plans[by] = await explained(session, statement)
    assert "uq_records_shards_tenant_type_external_id" in plans["externalId"], plans["externalId"]
    assert ".key))" in plans["externalId"], plans["externalId"]
    assert ("'c_contact'" in plans["externalId"]) == (mode == "force_custom_plan")
    assert "hashed SubPlan" in plans["name"], plans["name"]
