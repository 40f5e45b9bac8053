"""Syncs, over HTTP: what they write, what they say, and when they end."""

import asyncio
from typing import Any

import pytest

from pegboard.testing import answer

pytestmark = pytest.mark.anyio


async def test_a_sync_writes_all_pages_and_says_what_it_did(each: Any) -> None:
    made = await each.active()
    each.serve_contacts(25)
    ended = await each.sync(made)
    run = ended["run"]
    assert (run["status"], run["pages"], run["recordsIn"]) == ("succeeded", 3, 25)
    assert (run["created"], run["updated"], run["unchanged"], run["skipped"], run["failed"]) == (25, 0, 0, 0, 0)
    assert run["stop"]["rule"] == "has_more_field"
    assert (run["integrationId"], run["endpointId"], run["createdBy"]) == (made["id"], "contacts", "u1")
    assert [page["page"] for page in ended["trace"]] == [1, 2, 3]
    assert ended["trace"][0]["request"]["headers"]["x-api-key"] == "***"
    assert ended["trace"][0]["records"] == {"in": 10, "mapped": 10, "skipped": 0, "failed": 0}
    assert ended["trace"][0]["response"]["contentType"] == "application/json"
    assert ended["trace"][-1]["written"]["pages"][1] == 3
    found = await each.shards()
    assert len(found) == 25
    assert {one["externalId"]: one["data"] for one in found}["7"] == {"name": "Contact 7", "email": "c7@example.com"}
    assert found[0]["source"] == f"{made['id']}/{run['id']}"


async def test_a_second_sync_changes_only_what_changed(each: Any) -> None:
    made = await each.active()
    each.serve_contacts(5)
    await each.sync(made)
    items = [each.contact(1), each.contact(2) | {"mail": "new@example.com"}, each.contact(6)]
    each.upstream.on(f"/{each.root}/contacts", answer(json={"items": items, "more": False}))
    run = (await each.sync(made))["run"]
    assert (run["created"], run["updated"], run["unchanged"]) == (1, 1, 1)
    assert len(await each.shards()) == 6


async def test_only_active_integrations_sync(each: Any) -> None:
    made = await each.save()
    refused = await each.call("POST", f"{made['id']}/sync", json={"endpointId": "contacts"})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:pegboard:problem:integration-not-active")


async def test_one_sync_of_an_endpoint_at_a_time(each: Any) -> None:
    made = await each.active()
    gate = asyncio.Event()
    each.upstream.on(f"/{each.root}/contacts", answer(json={"items": [], "more": False}, until=gate))
    first = (await each.call("POST", f"{made['id']}/sync", json={"endpointId": "contacts"})).json()
    second = await each.call("POST", f"{made['id']}/sync", json={"endpointId": "contacts"})
    assert (second.status_code, second.json()["run"]) == (409, first["id"])
    gate.set()
    assert (await each.ended(made, first["id"]))["run"]["status"] == "succeeded"
    assert (await each.sync(made))["run"]["status"] == "succeeded"


async def test_a_record_that_cannot_be_stored_is_kept_with_its_reason_and_the_rest_goes_on(each: Any) -> None:
    made = await each.active()
    items = [each.contact(1), {"full_name": "No id"}, each.contact(3) | {"full_name": 3}, each.contact(4)]
    items += [{"id": "nul\u0000", "full_name": "x", "mail": "y"}]
    each.upstream.on(f"/{each.root}/contacts", answer(json={"items": items, "more": False}))
    ended = await each.sync(made)
    assert (ended["run"]["status"], ended["run"]["created"], ended["run"]["failed"]) == ("succeeded", 2, 3)
    assert ended["failuresKept"] == 3
    sources = str([one["source"] for one in ended["failures"]])
    assert "No id" in sources
    assert all(one["errors"][0]["detail"] for one in ended["failures"])
    assert {one["page"] for one in ended["failures"]} == {1}
    assert [one["externalId"] for one in await each.shards()] == ["1", "4"]


async def test_a_page_that_is_none_fails_the_run_and_keeps_what_was_written(each: Any) -> None:
    made = await each.active(retryConfig={"maxRetries": 0, "retryDelay": 1, "retryOn": []})
    pages = {"1": answer(json={"items": [each.contact(1)], "more": True}), "2": answer(text="<html>Sorry</html>")}
    each.upstream.on(f"/{each.root}/contacts", lambda received: pages[received.query["page"]])
    ended = await each.sync(made)
    run = ended["run"]
    assert (run["status"], run["pages"], run["created"]) == ("failed", 1, 1)
    assert "Sorry" in str(run["error"])
    assert run["stop"]["detail"]
    assert len(await each.shards()) == 1


async def test_refused_credentials_put_an_integration_into_error_until_a_test_goes_well(each: Any) -> None:
    made = await each.active()
    each.upstream.on(f"/{each.root}/contacts", answer(401, json={"error": "who are you?"}))
    assert (await each.sync(made))["run"]["status"] == "failed"
    assert (await each.call("GET", made["id"])).json()["status"] == "error"
    assert (await each.call("GET", "?status=error")).json()["total"] == 1
    refused = await each.call("POST", f"{made['id']}/sync", json={"endpointId": "contacts"})
    assert refused.status_code == 409
    each.serve_contacts(1)
    assert (await each.call("POST", f"{made['id']}/test/contacts", json={})).json()["success"]
    assert (await each.call("GET", made["id"])).json()["status"] == "active"


async def test_a_run_is_cancelled(app_with: Any) -> None:
    async with app_with({"integrations": {"lease_seconds": 0.3}}) as desk:
        made = await desk.active()
        gate = asyncio.Event()
        more = answer(json={"items": [desk.contact(2)], "more": True}, until=gate)
        pages = {"1": answer(json={"items": [desk.contact(1)], "more": True})}
        desk.upstream.on(f"/{desk.root}/contacts", lambda received: pages.get(received.query["page"], more))
        run = (await desk.call("POST", f"{made['id']}/sync", json={"endpointId": "contacts"})).json()["id"]
        await desk.upstream.wait_for(2, f"/{desk.root}/contacts")
        assert (await desk.call("POST", f"{made['id']}/runs/{run}/cancel")).status_code == 202
        ended = await desk.ended(made, run)
        assert (ended["run"]["status"], ended["run"]["stop"]["rule"]) == ("cancelled", "cancelled")
        gate.set()
        assert (await desk.call("POST", f"{made['id']}/runs/{run}/cancel")).json()["status"] == "cancelled"


async def test_deactivating_ends_what_runs(app_with: Any) -> None:
    async with app_with({"integrations": {"lease_seconds": 0.3}}) as desk:
        made = await desk.active()
        gate = asyncio.Event()
        desk.upstream.on(f"/{desk.root}/contacts", answer(json={"items": []}, until=gate))
        run = (await desk.call("POST", f"{made['id']}/sync", json={"endpointId": "contacts"})).json()["id"]
        await desk.upstream.wait_for(1, f"/{desk.root}/contacts")
        await desk.call("PATCH", made["id"], json={"status": "inactive"})
        assert (await desk.ended(made, run))["run"]["status"] == "cancelled"
        gate.set()


async def test_a_cap_ends_a_run_and_says_which(app_with: Any) -> None:
    async with app_with({"integrations": {"max_pages": 2}}) as desk:
        made = await desk.active()
        desk.serve_contacts(100)
        run = (await desk.sync(made))["run"]
        assert (run["status"], run["pages"], run["recordsIn"]) == ("stopped", 2, 20)
        assert "page" in run["stop"]["rule"]


async def test_runs_are_listed_newest_first_and_old_ones_forgotten(app_with: Any) -> None:
    async with app_with({"integrations": {"kept_runs": 2}}) as desk:
        made = await desk.active()
        desk.serve_contacts(1)
        ids = [(await desk.sync(made))["run"]["id"] for _ in range(4)]
        listed = (await desk.call("GET", f"{made['id']}/runs")).json()
        assert [run["id"] for run in listed["runs"]] == ids[:0:-1]
        assert (listed["total"], listed["limit"], listed["offset"]) == (3, 50, 0)
        assert (await desk.call("GET", f"{made['id']}/runs?status=failed")).json()["total"] == 0
        assert (await desk.call("GET", f"{made['id']}/runs/{ids[0]}")).status_code == 404


async def test_an_incremental_sync_asks_only_for_what_changed(each: Any) -> None:
    endpoint = each.contacts(
        pagination=None,
        incremental={"cursorPath": "$.changed", "param": "since", "lookbackSeconds": 60},
    )
    made = await each.active(endpoints=[endpoint])
    items = [
        each.contact(1) | {"changed": "2024-05-01T10:00:00Z"},
        each.contact(2) | {"changed": "2024-05-01T12:00:00Z"},
    ]
    each.upstream.on(f"/{each.root}/contacts", answer(json={"items": items}))
    path = f"/{each.root}/contacts"
    assert (await each.sync(made))["run"]["status"] == "succeeded"
    assert "since" not in each.upstream.received(path)[-1].query
    each.upstream.on(path, answer(500), answer(json={"items": items}))
    await each.call("PATCH", made["id"], json={"retryConfig": {"maxRetries": 0, "retryDelay": 1, "retryOn": []}})
    assert (await each.sync(made))["run"]["status"] == "failed"
    assert each.upstream.received(path)[-1].query["since"].startswith("2024-05-01T11:59:00")
    assert (await each.sync(made))["run"]["status"] == "succeeded"
    assert each.upstream.received(path)[-1].query["since"].startswith("2024-05-01T11:59:00")
    await each.sync(made, full=True)
    assert "since" not in each.upstream.received(path)[-1].query


async def test_children_are_synced_for_each_record_of_their_parents(each: Any) -> None:
    """Orders of users, as document 002 has them."""
    users = each.contacts(id="users", path="/users")
    orders = {
        "id": "orders",
        "method": "GET",
        "path": "/users/{userId}/orders",
        "pathParams": [
            {"name": "userId", "required": True, "type": "string", "valueSource": "variable", "value": "user.id"}
        ],
        "forEach": {"endpointId": "users", "alias": "user"},
        "responseMapping": {
            "dataPath": "$.orders",
            "identifierField": "$.id",
            "targetShardTypeId": "c_order",
            "fieldMappings": [{"source": "$.total", "target": "total"}],
        },
    }
    await each.shard_type("c_order", fields=[{"name": "total", "type": "number"}])
    made = await each.active(endpoints=[users, orders])
    each.serve_contacts(12, size=5, path="users")

    def orders_of(received: Any) -> Any:
        user = received.path_params["user"]
        return answer(json={"orders": [{"id": f"{user}-{n}", "total": n} for n in range(2)]})

    each.upstream.on(f"/{each.root}/users/{{user}}/orders", orders_of)
    ended = await each.sync(made, "orders")
    assert (ended["run"]["status"], ended["run"]["created"]) == ("succeeded", 24), ended["run"]
    assert len(await each.shards("c_order")) == 24
    assert await each.shards() == []


async def test_an_endpoint_without_a_shard_type_has_nothing_to_sync_into(desk: Any) -> None:
    mapping = {"dataPath": "$.items", "identifierField": "$.id", "fieldMappings": []}
    made = await desk.active(endpoints=[desk.contacts(responseMapping=mapping)])
    refused = await desk.call("POST", f"{made['id']}/sync", json={"endpointId": "contacts"})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:pegboard:problem:no-target")
