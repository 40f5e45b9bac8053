"""``GET /api/v1/audit`` and its export, for those who may, on both databases."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from pegboard import AuditEvent, Principal
from pegboard_audit import EntryFilter
from pegboard_audit.tables import entries
from pegboard_store import Store

pytestmark = pytest.mark.anyio

ANN = Principal("ann", "acme", username="Ann", credential="key_1")
BOB = Principal("bob", "acme")
EVE = Principal("eve", "other")


@pytest.fixture
async def filled(desk: Any) -> Any:
    """Seven entries of one tenant and one of another."""
    for number in range(5):
        event = AuditEvent("things.make", "thing", f"t{number}", after={"n": number})
        await desk.log.record(event, principal=ANN)
    await desk.log.record(AuditEvent("things.break", "thing", "t1", outcome="failure"), principal=BOB)
    await desk.log.record(AuditEvent("thingsx.make", "other", "t1", detail="50 %"), principal=BOB)
    await desk.log.record(AuditEvent("things.make", "thing", "t1"), principal=EVE)
    return desk


def ids(found: list[Any]) -> list[str]:
    return [f"{entry['action']} {entry['object']['id']}" for entry in found]


async def test_an_entry_says_who_did_what_to_what_and_when(filled: Any) -> None:
    entry = (await filled.entries("?objectId=t3"))[0]
    at = datetime.fromisoformat(entry.pop("at"))
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert entry.pop("id").startswith("audit_")
    assert entry == {
        "tenant": "acme",
        "actor": {"id": "ann", "username": "Ann", "credential": "key_1"},
        "address": "",
        "requestId": "",
        "action": "things.make",
        "object": {"type": "thing", "id": "t3"},
        "outcome": "success",
        "detail": "",
        "changes": [{"pointer": "/n", "after": 3}],
    }


async def test_the_newest_come_first_page_by_page(filled: Any) -> None:
    first = (await filled.call("GET", "/api/v1/audit?limit=3")).json()
    second = (await filled.call("GET", "/api/v1/audit?limit=3&offset=3")).json()
    assert {name: first[name] for name in ("total", "limit", "offset")} == {"total": 7, "limit": 3, "offset": 0}
    assert ids(first["entries"]) == ["thingsx.make t1", "things.break t1", "things.make t4"]
    assert (second["offset"], ids(second["entries"])) == (3, ["things.make t3", "things.make t2", "things.make t1"])


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("actor=ann", 5),
        ("actor=eve", 0),
        ("action=things.make", 5),
        ("action=things.*", 6),
        ("action=thing%25.*", 0),
        ("objectType=thing&objectId=t1", 2),
        ("outcome=failure", 1),
        ("requestId=none-such", 0),
        ("since=2000-01-01T00:00:00Z&until=2100-01-01T00:00:00Z", 7),
        ("until=2000-01-01T00:00:00Z", 0),
        ("since=2100-01-01", 0),
        ("actor=bob&action=things.break", 1),
    ],
)
async def test_filters_choose(filled: Any, query: str, count: int) -> None:
    answer = (await filled.call("GET", f"/api/v1/audit?{query}")).json()
    assert (answer["total"], len(answer["entries"])) == (count, count)
    export = await filled.call("GET", f"/api/v1/audit/export?{query}")
    assert [json.loads(line) for line in export.text.splitlines()] == answer["entries"]


async def test_a_time_range_holds_its_start_and_not_its_end(filled: Any) -> None:
    newest = await filled.entries()
    start, end = newest[4]["at"], newest[1]["at"]
    found = await filled.entries(f"?since={start.replace('+', '%2B')}&until={end.replace('+', '%2B')}")
    assert found == newest[2:5]


async def test_another_tenant_sees_its_own_alone(filled: Any) -> None:
    assert ids(await filled.of("other").entries()) == ["things.make t1"]
    export = await filled.of("other").call("GET", "/api/v1/audit/export")
    assert [json.loads(line)["actor"]["id"] for line in export.text.splitlines()] == ["eve"]
    assert await filled.of("nobody").entries() == []


@pytest.mark.parametrize("path", ["/api/v1/audit", "/api/v1/audit/export"])
async def test_it_is_for_those_who_hold_the_scope(filled: Any, path: str) -> None:
    assert (await filled.call("GET", path, "widgets:admin keys:admin")).status_code == 403
    assert (await filled.call("GET", path, "audit:read")).status_code == 200
    assert (await filled.client.get(path)).status_code == 401


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "offset=-1", "since=today", "colour=red", "actor=a%00"])
async def test_what_cannot_be_asked_is_refused_with_its_place(filled: Any, query: str) -> None:
    refused = await filled.call("GET", f"/api/v1/audit?{query}")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == f"/{query.split('=')[0]}"


async def test_an_export_is_streamed_in_steps_and_leaves_out_what_comes_meanwhile(
    filled: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("pegboard_audit.log.STEP", 3)
    sizes = []
    async for step in filled.log.walk("acme", EntryFilter()):
        sizes.append(len(step))
        await filled.log.record(AuditEvent("things.make", "thing", "late"), principal=ANN)
    assert sizes == [3, 3, 1]
    answer = await filled.call("GET", "/api/v1/audit/export?objectId=late")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit.jsonl"'
    assert len(answer.text.splitlines()) == 3


async def test_entries_of_one_instant_are_exported_once(desk: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("pegboard_audit.log.STEP", 3)
    row = desk.log.row(AuditEvent("things.make"), ANN)
    async with desk.services.get(Store).begin() as session:
        await session.execute(insert(entries), [row | {"object": str(number)} for number in range(10)])
    found = [entry.object.id async for step in desk.log.walk("acme", EntryFilter()) for entry in step]
    assert found == [str(number) for number in reversed(range(10))]


async def test_whatever_an_object_holds_an_entry_of_it_can_be_stored(desk: Any) -> None:
    odd = {"nul\0": "a\0b\ud800", "number": float("inf"), "big": 2**90, "ü": ["½", "🚀"], "none": None}
    await desk.log.record(AuditEvent("things.make", "thing\0", "t\ud800", after=odd), principal=ANN)
    [entry] = await desk.entries()
    assert entry["object"] == {"type": "thing\ufffd", "id": "t?"}
    assert {change["pointer"]: change["after"] for change in entry["changes"]} == {
        "/nul\ufffd": "a\ufffdb?",
        "/number": "inf",
        "/big": str(2**90),
        "/ü": ["½", "🚀"],
        "/none": None,
    }


async def test_one_entry_is_read_by_its_id_within_its_tenant(filled: Any) -> None:
    entry = (await filled.entries("?objectId=t3"))[0]
    assert (await filled.call("GET", f"/api/v1/audit/{entry['id']}")).json() == entry
    other = await filled.of("other").call("GET", f"/api/v1/audit/{entry['id']}")
    assert (other.status_code, other.json()["type"]) == (404, "urn:pegboard:problem:audit-entry-not-found")
