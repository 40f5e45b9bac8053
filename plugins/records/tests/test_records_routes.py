"""The routes of shard types and shards, as a client sees them."""

import csv
import io
from typing import Any

import orjson
import pytest

pytestmark = pytest.mark.anyio

TYPES = "/api/v1/shard-types"


def pointers(answer: Any) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


async def test_a_type_is_made_read_changed_and_deleted(desk: Any) -> None:
    made = await desk.type()
    assert (made["id"], made["revision"], made["strict"]) == ("c_contact", 1, False)
    path = f"{TYPES}/c_contact"
    assert (await desk.call("GET", path)).json() == made
    changed = await desk.call("PATCH", path, json={"displayName": "Person", "fields": None})
    assert (changed.json()["displayName"], changed.json()["fields"], changed.headers["etag"]) == ("Person", [], '"2"')
    assert (await desk.call("DELETE", path)).status_code == 204
    assert (await desk.call("GET", path)).status_code == 404


async def test_an_id_is_taken_once_in_a_tenant(desk: Any) -> None:
    await desk.type()
    again = await desk.call("POST", TYPES, json={"id": "c_contact"})
    assert (again.status_code, again.json()["type"]) == (409, "urn:pegboard:problem:shard-type-exists")


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({"id": "7"}, "/id"),
        ({"id": "a", "fields": [{"name": "a", "type": "txt"}]}, "/fields/0/type"),
        ({"id": "a", "fields": [{"name": "a b", "type": "text"}]}, "/fields/0/name"),
        ({"id": "a", "fields": [{"name": "a", "type": "text", "min": 1}]}, "/fields/0"),
        ({"id": "a", "fields": [{"name": "a", "type": "select"}]}, "/fields/0"),
        ({"id": "a", "fields": [{"name": "a", "type": "text"}, {"name": "a", "type": "text"}]}, "/fields"),
    ],
)
async def test_a_type_that_cannot_be_is_refused_at_its_place(desk: Any, document: Any, pointer: str) -> None:
    refused = await desk.call("POST", TYPES, json=document)
    assert refused.status_code == 422
    assert pointers(refused)[0].startswith(pointer)


async def test_types_are_listed_in_parts(desk: Any) -> None:
    for name in ("b", "a", "c"):
        await desk.type({"id": name})
    found = (await desk.call("GET", f"{TYPES}?limit=2&offset=1")).json()
    assert [kind["id"] for kind in found["shardTypes"]] == ["b", "c"]
    assert (found["total"], found["limit"], found["offset"]) == (3, 2, 1)


async def test_a_type_in_use_is_deleted_only_with_its_records(desk: Any) -> None:
    await desk.type()
    shard = await desk.shard("1")
    await desk.call("DELETE", f"/{shard['id']}")
    path = f"{TYPES}/c_contact"
    refused = await desk.call("DELETE", path)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:pegboard:problem:shard-type-in-use")
    scopeless = await desk.call("DELETE", f"{path}?records=delete", scopes="shard-types:write")
    assert scopeless.status_code == 403
    assert (await desk.call("DELETE", f"{path}?records=delete")).status_code == 204
    assert await desk.listed(includeDeleted=True) == []


async def test_a_record_is_made_read_patched_deleted_and_restored(desk: Any) -> None:
    await desk.type()
    made = await desk.shard("1", age=3, tags=["a"])
    path = f"/{made['id']}"
    assert (await desk.call("GET", path)).json() == made
    patched = (await desk.call("PATCH", path, json={"data": {"age": None, "score": 1.5}})).json()
    assert patched["data"] == {"name": "Ada", "tags": ["a"], "score": 1.5}
    assert (patched["revision"], patched["source"]) == (2, "api:ada")
    assert (await desk.call("DELETE", path)).status_code == 204
    assert (await desk.call("GET", path)).status_code == 404
    assert (await desk.call("GET", f"{path}?includeDeleted=true")).json()["deletedAt"]
    restored = (await desk.call("POST", f"{path}/restore")).json()
    assert (restored["deletedAt"], restored["data"]) == (None, patched["data"])
    assert (await desk.call("DELETE", f"{path}?purge=true")).status_code == 204
    assert (await desk.call("GET", f"{path}?includeDeleted=true")).status_code == 404


async def test_a_change_by_another_is_noticed(desk: Any) -> None:
    await desk.type()
    shard = await desk.shard("1")
    path, stale = f"/{shard['id']}", {"If-Match": '"7"'}
    for method, url, body in (
        ("PATCH", path, {"data": {}}),
        ("DELETE", path, None),
        ("DELETE", f"{path}?purge=true", None),
        ("PATCH", f"{TYPES}/c_contact", {"strict": True}),
        ("DELETE", f"{TYPES}/c_contact", None),
    ):
        refused = await desk.call(method, url, headers=stale, **({"json": body} if body is not None else {}))
        assert (refused.status_code, refused.headers["etag"]) == (412, '"1"'), url
    fresh = await desk.call("PATCH", path, json={"data": {"age": 1}}, headers={"If-Match": '"1"'})
    assert (fresh.status_code, fresh.headers["etag"]) == (200, '"2"')


async def test_another_tenants_objects_are_not_there(desk: Any) -> None:
    await desk.type()
    shard = await desk.shard("1")
    stranger = type(desk)(desk.client, desk.services, "stranger")
    for method, path, body in (
        ("GET", f"/{shard['id']}", None),
        ("PATCH", f"/{shard['id']}", {"data": {}}),
        ("DELETE", f"/{shard['id']}?purge=true", None),
        ("POST", f"/{shard['id']}/restore", None),
        ("GET", f"{TYPES}/c_contact", None),
        ("DELETE", f"{TYPES}/c_contact?records=delete", None),
        ("GET", "?type=c_contact", None),
        ("GET", "/export?type=c_contact", None),
        ("POST", "/batch", {"type": "c_contact", "items": [{"externalId": "1", "data": {}}]}),
    ):
        answer = await stranger.call(method, path, **({"json": body} if body is not None else {}))
        assert answer.status_code == 404, path
    assert await stranger.listed() == []


async def test_mistakes_of_a_record_are_told_at_their_places(desk: Any) -> None:
    await desk.type(strict=True)
    data = {"email": "ada", "age": "3", "score": True, "tags": [1], "nme": "Ada"}
    refused = await desk.call("POST", "", json={"type": "c_contact", "data": data})
    assert refused.status_code == 422
    assert pointers(refused) == ["/data/name", "/data/email", "/data/age", "/data/score", "/data/tags", "/data/nme"]
    assert 'did you mean "name"?' in refused.json()["errors"][-1]["detail"]


async def test_an_external_id_is_taken_once(desk: Any) -> None:
    await desk.type()
    await desk.shard("1")
    again = await desk.call("POST", "", json={"type": "c_contact", "externalId": "1", "data": {"name": "B"}})
    assert (again.status_code, again.json()["type"]) == (409, "urn:pegboard:problem:shard-exists")
    own = await desk.shard()
    assert own["externalId"] == own["id"]


async def test_each_item_of_a_batch_has_a_result(desk: Any) -> None:
    await desk.type()
    await desk.shard("same")
    await desk.shard("other")
    names = {"same": "Ada", "other": "Bob", "new": "Cid"}
    items = [{"externalId": key, "data": {"name": name}} for key, name in names.items()]
    items = [{"externalId": "new", "data": {"name": "first"}}, {"externalId": "bad", "data": {}}, *items]
    result = (await desk.call("POST", "/batch", json={"type": "c_contact", "items": items})).json()
    statuses = [one["status"] for one in result["results"]]
    assert statuses == ["superseded", "failed", "unchanged", "updated", "created"]
    assert result["results"][1]["errors"] == [{"detail": "is missing", "pointer": "/items/1/data/name"}]
    assert all(result[status] == 1 for status in statuses)
    shard = await desk.call("GET", f"/{result['results'][4]['id']}")
    assert shard.json()["data"] == {"name": "Cid"}


async def test_a_batch_has_at_most_a_thousand_items(desk: Any) -> None:
    await desk.type()
    items = [{"externalId": str(number), "data": {"name": "x"}} for number in range(1001)]
    refused = await desk.call("POST", "/batch", json={"type": "c_contact", "items": items})
    assert (refused.status_code, pointers(refused)) == (422, ["/items"])
    result = await desk.call("POST", "/batch", json={"type": "c_contact", "items": items[:1000]})
    assert result.json()["created"] == 1000


async def test_an_export_has_every_record_once(desk: Any) -> None:
    await desk.type()
    for start in (0, 1000, 2000):
        items = [{"externalId": f"{n:04d}", "data": {"name": f"n{n}", "age": n}} for n in range(start, start + 1000)]
        await desk.call("POST", "/batch", json={"type": "c_contact", "items": items})
    answer = await desk.call("GET", '/export?type=c_contact&filter={"age":{"lt":2500}}')
    assert answer.headers["content-type"] == "application/x-ndjson"
    lines = [orjson.loads(line) for line in answer.content.splitlines()]
    assert [line["externalId"] for line in lines] == [f"{n:04d}" for n in range(2500)]
    assert lines[7]["data"] == {"name": "n7", "age": 7}
    assert lines[7]["createdAt"].endswith("Z")


async def test_csv_has_a_column_for_each_field_and_no_formula(desk: Any) -> None:
    await desk.type()
    await desk.shard("=1", name='@a,"b"\nc', score=-1.5, active=True, tags=["x"], more="+1")
    answer = await desk.call("GET", "/export?type=c_contact&format=csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="c_contact.csv"'
    [row] = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert (row["externalId"], row["name"], row["score"], row["active"]) == ("'=1", '\'@a,"b"\nc', "-1.5", "true")
    assert (row["tags"], row["age"], row["(other)"]) == ('["x"]', "", '{"more":"+1"}')


async def test_an_export_that_cannot_be_is_a_problem(desk: Any) -> None:
    await desk.type()
    for path, status in (("/export", 422), ("/export?type=no", 404), ("/export?type=c_contact&filter=7", 422)):
        assert (await desk.call("GET", path)).status_code == status


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "", "shards:read"),
        ("GET", "/export?type=c_contact", "shards:read"),
        ("POST", "/batch", "shards:write"),
        ("DELETE", "/x", "shards:delete"),
        ("GET", TYPES, "shard-types:read"),
        ("POST", TYPES, "shard-types:write"),
        ("DELETE", f"{TYPES}/x", "shard-types:write"),
    ],
)
async def test_a_route_needs_its_scope(desk: Any, method: str, path: str, scope: str) -> None:
    resource, _, level = scope.partition(":")
    lower = {"read": [], "write": [f"{resource}:read"], "delete": [f"{resource}:write"]}[level]
    other = "shards:*" if resource == "shard-types" else "shard-types:*"
    refused = await desk.call(method, path, scopes=" ".join([other, *lower]))
    assert refused.status_code == 403
    assert (await desk.call(method, path, scopes=scope)).status_code != 403
