"""The routes of models: what goes in, what comes out, and who may."""

from importlib import import_module
from typing import Any

import anyio
import pytest

shop = import_module("models_shop")

pytestmark = pytest.mark.anyio


def pointers(response: Any) -> list[str]:
    return [error["pointer"] for error in response.json()["errors"]]


async def test_a_row_goes_in_and_comes_out(desk: Any) -> None:
    made = await desk.call("POST", "", json={"name": "Tea", "sku": "abc", "price": 9.99, "cost": 3, "tags": ["x"]})
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    document = made.json()
    assert made.headers["location"] == f"/api/v1/products/{document['id']}"
    assert document.items() >= {"sku": "ABC", "price": 9.99, "state": "draft", "sold": 0, "version": 1}.items()
    assert not {"cost", "margin", "tenant"} & document.keys()
    read = await desk.call("GET", f"/{document['id']}")
    assert (read.status_code, read.headers["etag"], read.json()) == (200, '"1"', document)
    async with desk.read() as reader:
        assert (await reader.read(shop.Product, document["id"])).data.cost == 3


async def test_what_a_caller_may_not_write_is_refused_by_name(desk: Any) -> None:
    document = await desk.post("ABC")
    names = ["id", "tenant", "version", "created_at", "updated_at", "deleted_at", "margin", "sold", "nonsense"]
    for name in names:
        body = {"name": "Tea", "sku": "ABD", "price": 1, name: 7}
        refused = await desk.call("POST", "", json=body)
        assert (refused.status_code, pointers(refused)) == (422, [f"/{name}"]), name
        refused = await desk.call("PATCH", f"/{document['id']}", json={name: 7})
        assert (refused.status_code, pointers(refused)) == (422, [f"/{name}"]), name
        refused = await desk.call("PUT", "", json=body)
        assert (refused.status_code, pointers(refused)) == (422, [f"/{name}"]), name
        for operation, item in (
            ("create", body),
            ("upsert", body),
            ("update", {"id": document["id"], "changes": {name: 7}}),
        ):
            done = (await desk.call("POST", f"/bulk/{operation}", json={"items": [item]})).json()
            error = done["results"][0]["error"]
            assert (done["failed"], [one["pointer"] for one in error["errors"]]) == (1, [f"/{name}"]), (operation, name)
    assert (await desk.call("GET", f"/{document['id']}")).json() == document


async def test_an_owner_is_who_calls(desk: Any) -> None:
    refused = await desk.call("POST", "/api/v1/orders", json={"buyer": "bob"})
    assert pointers(refused) == ["/buyer"]
    made = await desk.call("POST", "/api/v1/orders", json={"total": 5})
    assert made.json()["buyer"] == "ada"
    path = f"/api/v1/orders/{made.json()['id']}"
    bob = desk.other(id="bob")
    assert (await bob.call("GET", path, scopes="orders:read")).status_code == 404
    assert (await bob.call("GET", "/api/v1/orders", scopes="orders:read")).json()["items"] == []
    assert (await bob.call("GET", path, scopes="orders:admin")).json() == made.json()


async def test_a_patch_tells_null_from_what_is_not_given(desk: Any) -> None:
    document = await desk.post("ABC", note="x", size="s")
    after = await desk.call("PATCH", f"/{document['id']}", json={"note": None, "price": 5})
    assert (after.status_code, after.headers["etag"]) == (200, '"2"')
    assert after.json() == document | {
        "note": None,
        "price": 5.0,
        "version": 2,
        "updated_at": after.json()["updated_at"],
    }
    refused = await desk.call("PATCH", f"/{document['id']}", json={"name": None, "price": -1})
    assert (refused.status_code, pointers(refused)) == (422, ["/name"])
    refused = await desk.call("PATCH", f"/{document['id']}", json={"price": -1, "sku": "x"})
    assert (refused.status_code, sorted(pointers(refused))) == (422, ["/price", "/sku"])


async def test_an_upsert_tells_whether_it_made_the_row(desk: Any) -> None:
    body = {"sku": "ABC", "name": "Tea", "price": 1, "stock": 4}
    made = await desk.call("PUT", "", json=body)
    assert (made.status_code, made.headers["location"]) == (201, f"/api/v1/products/{made.json()['id']}")
    again = await desk.call("PUT", "", json={"sku": "abc", "price": 2})
    assert (again.status_code, again.json()["id"], again.json()["stock"]) == (200, made.json()["id"], 4)
    assert pointers(await desk.call("PUT", "", json={"price": 2})) == ["/sku"]


async def test_a_stale_etag_changes_nothing(desk: Any) -> None:
    document = await desk.post("ABC")
    path = f"/{document['id']}"
    await desk.call("PATCH", path, json={"stock": 1})
    for method, url, body in (("PATCH", path, {"stock": 2}), ("DELETE", path, None)):
        for tag in ('"1"', 'W/"2"', '"x"', '"1", "9"', ""):
            more = {} if body is None else {"json": body}
            refused = await desk.call(method, url, headers={"If-Match": tag}, **more)
            assert (refused.status_code, refused.headers["etag"]) == (412, '"2"'), (method, tag)
    for stock, tag in enumerate(('"2"', '"9", "3"', "*"), 10):
        fresh = await desk.call("PATCH", path, json={"stock": stock}, headers={"If-Match": tag})
        assert fresh.status_code == 200, tag


async def test_a_model_may_want_an_etag_for_every_change(desk: Any) -> None:
    made = await desk.call("POST", "/api/v1/orders", json={})
    path = f"/api/v1/orders/{made.json()['id']}"
    for method, more in (("PATCH", {"json": {"total": 1}}), ("DELETE", {})):
        refused = await desk.call(method, path, **more)
        assert (refused.status_code, refused.json()["type"]) == (428, "urn:pegboard:problem:precondition-required")
    done = await desk.call("DELETE", path, headers={"If-Match": made.headers["etag"]})
    assert (done.status_code, done.content) == (204, b"")


async def test_of_many_who_change_what_they_read_one_wins(desk: Any) -> None:
    document = await desk.post("ABC")
    statuses: list[int] = []

    async def change(number: int) -> None:
        answer = await desk.call("PATCH", f"/{document['id']}", json={"stock": number}, headers={"If-Match": '"1"'})
        statuses.append(answer.status_code)

    async with anyio.create_task_group() as group:
        for number in range(1, 33):
            group.start_soon(change, number)
    assert sorted(statuses) == [200] + [412] * 31
    assert (await desk.call("GET", f"/{document['id']}")).json()["version"] == 2


async def test_a_deleted_row_can_be_restored_unless_its_place_is_taken(desk: Any) -> None:
    document = await desk.post("ABC")
    path = f"/{document['id']}"
    assert (await desk.call("DELETE", path)).status_code == 204
    assert (await desk.call("GET", path)).status_code == 404
    other = await desk.post("ABC")
    refused = await desk.call("POST", f"{path}/restore")
    assert (refused.status_code, pointers(refused)) == (409, ["/sku"])
    assert (await desk.call("DELETE", f"/{other['id']}?purge=true")).status_code == 204
    back = await desk.call("POST", f"{path}/restore")
    assert (back.status_code, back.headers["etag"], back.json()["deleted_at"]) == (200, '"3"', None)


async def test_deleted_rows_are_seen_by_those_who_may_write(desk: Any) -> None:
    await desk.call("DELETE", f"/{(await desk.post('ABC'))['id']}")
    seen = (await desk.call("GET", "?deleted=only", scopes="products:write")).json()["items"]
    assert [row["sku"] for row in seen] == ["ABC"]
    for path in ("?deleted=only", "/count?deleted=include", "/export?deleted=only"):
        assert (await desk.call("GET", path, scopes="products:read")).status_code == 403


async def test_what_is_public_of_a_tenantless_model_needs_no_caller(desk: Any) -> None:
    code = {"code": "LK", "name": "Sri Lanka"}
    assert (await desk.call("PUT", "/api/v1/countries", json=code)).status_code in (200, 201)
    listed = await desk.client.get("/api/v1/countries")
    assert [row["code"] for row in listed.json()["items"]] == ["LK"]
    one = await desk.client.get(f"/api/v1/countries/{listed.json()['items'][0]['id']}")
    assert one.json()["name"] == "Sri Lanka"
    assert (await desk.client.put("/api/v1/countries", json=code)).status_code == 401
    for wrong in ("1", "x", "00000000-0000-0000-0000-000000000000", "%00"):
        assert (await desk.client.get(f"/api/v1/countries/{wrong}")).status_code == 404, wrong


async def test_of_rows_of_tenants_nobody_sees_those_of_the_public_one(desk: Any) -> None:
    public = desk.other(tenant="public")
    for owner, text in ((public, "for all"), (desk, "for us")):
        assert (await owner.call("POST", "/api/v1/notices", json={"text": text})).status_code == 201
    assert {row["text"] for row in (await desk.client.get("/api/v1/notices")).json()["items"]} == {"for all"}
    assert [row["text"] for row in (await desk.call("GET", "/api/v1/notices")).json()["items"]] == ["for us"]
    assert (await desk.client.get("/api/v1/notices/count")).status_code == 401
    assert (await desk.client.get("/api/v1/notices?deleted=only")).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "", "products:read"),
        ("GET", "/1", "products:read"),
        ("GET", "/count", "products:read"),
        ("GET", "/export", "products:read"),
        ("POST", "", "products:write"),
        ("PUT", "", "products:write"),
        ("PATCH", "/1", "products:write"),
        ("POST", "/1/restore", "products:write"),
        ("DELETE", "/1", "products:delete"),
        ("POST", "/bulk/create", "products:write"),
        ("POST", "/bulk/update", "products:write"),
        ("POST", "/bulk/upsert", "products:write"),
        ("POST", "/bulk/delete", "products:delete"),
    ],
)
async def test_a_route_needs_its_scope(desk: Any, method: str, path: str, scope: str) -> None:
    level = scope.rpartition(":")[2]
    lower = {"read": [], "write": ["products:read"], "delete": ["products:write"]}[level]
    refused = await desk.call(method, path, scopes=" ".join(["categories:*", *lower]))
    assert refused.status_code == 403
    assert (await desk.call(method, path, scopes=scope)).status_code != 403


async def test_another_tenants_rows_are_not_there(desk: Any) -> None:
    document = await desk.post("ABC")
    stranger, path = desk.other(tenant="stranger"), f"/{document['id']}"
    for method, url, body in (
        ("GET", path, None),
        ("PATCH", path, {"stock": 1}),
        ("DELETE", path, None),
        ("DELETE", f"{path}?purge=true", None),
        ("POST", f"{path}/restore", None),
    ):
        answer = await stranger.call(method, url, **({} if body is None else {"json": body}))
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:pegboard:problem:row-not-found"), url
    done = (await stranger.call("POST", "/bulk/delete", json={"items": [document["id"]]})).json()
    assert done["results"][0]["error"]["status"] == 404
    item = {"id": document["id"], "changes": {"stock": 1}}
    done = (await stranger.call("POST", "/bulk/update", json={"items": [item]})).json()
    assert done["results"][0]["error"]["status"] == 404
    assert (await stranger.call("GET", "")).json()["items"] == []
    assert (await desk.call("GET", path)).json() == document


async def test_what_is_done_is_recorded_and_secrets_are_not(desk: Any) -> None:
    document = await desk.post("ABC", cost=3)
    await desk.call("PATCH", f"/{document['id']}", json={"price": 5, "cost": 4})
    await desk.call("DELETE", f"/{document['id']}")
    entries = (await desk.call("GET", "/api/v1/audit?objectType=shop.product")).json()["entries"]
    assert {entry["action"] for entry in entries} == {f"shop.product.{one}" for one in ("create", "update", "delete")}
    changes = next(entry["changes"] for entry in entries if entry["action"] == "shop.product.update")
    by_place = {change["pointer"]: change for change in changes}
    assert (by_place["/price"]["before"], by_place["/price"]["after"]) == ("9.99", "5")
    assert by_place["/cost"]["masked"] is True
