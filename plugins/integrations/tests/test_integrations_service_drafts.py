"""Definitions that are not saved: what can be known and tried of them, and that nothing of it stays."""

from datetime import datetime
from typing import Any

import pytest

from pegboard.testing import answer

pytestmark = pytest.mark.anyio
DRAFTS = "/api/v1/custom-integration-drafts"


async def asked(desk: Any, what: str, body: Any, status: int = 200) -> Any:
    answered = await desk.call("POST", f"{DRAFTS}/{what}", json=body)
    assert answered.status_code == status, answered.text
    return answered.json()


async def test_a_draft_is_checked_and_not_saved(desk: Any) -> None:
    good = desk.definition()
    assert await asked(desk, "check", {"definition": good}) == {"errors": []}
    wrong = {**good, "auth": {"type": "barer"}}
    [error] = (await asked(desk, "check", {"definition": wrong}))["errors"]
    assert error["pointer"] == "/auth/type"
    assert "bearer" in error["detail"]
    assert (await desk.call("GET")).json()["total"] == 0


async def test_a_mask_stands_for_what_is_stored_and_only_for_the_same_origin(desk: Any) -> None:
    made = await desk.save()
    assert await asked(desk, "check", {"definition": made, "id": made["id"]}) == {"errors": []}
    moved = {**made, "baseUrl": "https://elsewhere.example"}
    [error] = (await asked(desk, "check", {"definition": moved, "id": made["id"]}))["errors"]
    assert error["pointer"] == "/auth/keyValue"
    refused = await asked(desk, "test", {"definition": moved, "id": made["id"]}, 422)
    assert refused["type"].endswith("credential-needed")


async def test_a_draft_of_another_tenant_is_404(desk: Any) -> None:
    made = await desk.save()
    await asked(desk.of("other"), "check", {"definition": made, "id": made["id"]}, 404)


async def test_an_endpoint_is_tested_however_unfinished_the_others_are(desk: Any) -> None:
    desk.serve_contacts(3)
    draft = desk.definition(name="")
    draft["endpoints"].append({"id": "later", "method": "NOTHING", "responseMapping": {"dataPath": "["}})
    tried = await asked(desk, "test", {"definition": draft, "endpointId": "contacts"})
    assert tried["result"]["success"], tried
    assert tried["result"]["mappingPreview"]["mappedData"][0]["name"] == "Contact 1"
    refused = await asked(desk, "test", {"definition": draft, "endpointId": "later"}, 422)
    assert {one["pointer"].split("/")[2] for one in refused["errors"]} == {"1"}


async def test_pages_are_tested_one_after_another(desk: Any) -> None:
    desk.serve_contacts(25)
    draft = {"definition": desk.definition(), "endpointId": "contacts"}
    first = await asked(desk, "test", draft)
    second = await asked(desk, "test", {**draft, "after": first["after"]})
    firsts = [one["result"]["mappingPreview"]["rawData"][0]["id"] for one in (first, second)]
    assert firsts[0] < firsts[1]
    last = second
    for _ in range(9):
        if last["after"] is None:
            break
        last = await asked(desk, "test", {**draft, "after": last["after"]})
    assert last["after"] is None
    assert last["result"]["trace"]["finished"] is True


async def test_the_place_of_a_page_is_of_use_to_its_tenant_alone(desk: Any) -> None:
    desk.serve_contacts(25)
    draft = {"definition": desk.definition(), "endpointId": "contacts"}
    first = await asked(desk, "test", draft)
    refused = await desk.of("other").call("POST", f"{DRAFTS}/test", json={**draft, "after": first["after"]})
    assert refused.status_code >= 400


async def test_the_connection_of_a_draft_is_tested_with_what_is_stored(desk: Any) -> None:
    made = await desk.save()
    desk.upstream.on(f"/{desk.root}", answer(text="hello"))
    tried = await asked(desk, "test", {"definition": {**made, "displayName": "Other"}, "id": made["id"]})
    assert tried["result"]["success"], tried
    assert desk.upstream.requests[-1].headers["x-api-key"] == "s3cret-key-of-the-api"
    assert (await desk.call("GET", made["id"])).json()["lastTestResult"] is None


async def test_the_test_of_a_draft_that_says_what_is_saved_is_the_integrations_own(desk: Any) -> None:
    made = await desk.save()
    desk.upstream.on(f"/{desk.root}", answer(text="hello"))
    await asked(desk, "test", {"definition": made, "id": made["id"]})
    assert (await desk.call("GET", made["id"])).json()["lastTestResult"] == "success"


async def test_a_sample_shows_what_becomes_of_each_field(desk: Any) -> None:
    await desk.shard_type(fields=[{"name": "age", "type": "integer"}, {"name": "name", "type": "text"}])
    mapping = {
        "dataPath": "$.items",
        "identifierField": "$.id",
        "targetShardTypeId": "c_contact",
        "fieldMappings": [
            {"source": "$.age", "target": "age"},
            {"source": "$.name", "target": "name"},
            {"source": "$.score", "target": "score", "transform": {"type": "number"}},
            {"source": "$.[", "target": "broken"},
        ],
    }
    sample = {"items": [{"id": 1, "age": "old", "name": "Ada", "score": "much"}, {"id": 2, "age": 7, "score": "1"}]}
    made = await asked(desk, "preview", {"responseMapping": mapping, "sample": sample})
    assert [one["pointer"] for one in made["errors"]] == ["/fieldMappings/3/source"]
    first, second = made["records"]
    assert first["data"] == {"age": "old", "name": "Ada"}
    assert {one["field"] for one in first["errors"]} == {"age", "score"}
    assert (second["externalId"], second["data"], second["errors"]) == ("2", {"age": 7, "score": 1}, [])
    assert made["count"] == 2


@pytest.mark.parametrize("path", ["$.[", "$.nothing"])
async def test_a_path_without_records_is_told_at_its_place(desk: Any, path: str) -> None:
    asking = {"responseMapping": {"dataPath": path}, "sample": {"items": []}}
    made = await asked(desk, "preview", asking)
    assert (made["records"], [one["pointer"] for one in made["errors"]]) == ([], ["/dataPath"])


async def test_an_export_comes_back_with_the_places_of_its_credentials(desk: Any) -> None:
    made = await desk.save()
    found = await asked(desk, "import", made)
    assert found["source"] == "definition"
    assert found["credentials"] == ["/auth/keyValue"]
    assert not {"id", "status", "revision", "lastRun"} & found["definition"].keys()
    assert found["definition"]["endpoints"] == made["endpoints"]


async def test_an_openapi_document_becomes_a_draft(desk: Any) -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Pet store"},
        "servers": [{"url": "https://pets.example/v1"}],
        "paths": {"/pets": {"get": {"operationId": "pets"}}},
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }
    found = await asked(desk, "import", document)
    assert (found["source"], found["definition"]["name"], found["credentials"]) == (
        "openapi",
        "pet-store",
        ["/auth/token"],
    )
    assert found["definition"]["auth"] == {"type": "bearer", "token": ""}


async def test_a_list_tells_the_last_run_and_the_next(desk: Any) -> None:
    made = await desk.active()
    desk.serve_contacts(3)
    [before] = (await desk.call("GET")).json()["integrations"]
    assert (before["lastRun"], before["nextSyncAt"]) == (None, None)
    run = (await desk.sync(made))["run"]
    table = {"cron": "0 6 * * *", "timezone": "Europe/Madrid"}
    assert (await desk.call("PUT", f"{made['id']}/schedules/contacts", json=table)).status_code == 200
    [after] = (await desk.call("GET")).json()["integrations"]
    assert (after["lastRun"]["id"], after["lastRun"]["status"], after["lastRun"]["recordsIn"]) == (
        run["id"],
        "succeeded",
        3,
    )
    assert after["nextSyncAt"].endswith("Z") or "+" in after["nextSyncAt"]
    times = await desk.call("GET", f"{DRAFTS}/times", params={**table, "count": 3})
    found = [datetime.fromisoformat(one) for one in times.json()["times"]]
    assert found == sorted(found)
    assert len(found) == 3
    assert found[0] == datetime.fromisoformat(after["nextSyncAt"])


async def test_times_of_no_time_table_are_refused_at_their_field(desk: Any) -> None:
    answered = await desk.call("GET", f"{DRAFTS}/times?cron=soon")
    assert answered.status_code == 422
    assert answered.json()["errors"][0]["pointer"] == "/cron"


async def test_whoever_read_an_older_revision_changes_nothing(desk: Any) -> None:
    made = await desk.save()
    read = await desk.call("GET", made["id"])
    mine = {"If-Match": read.headers["etag"]}
    first = await desk.call("PATCH", made["id"], json={"displayName": "One"}, headers=mine)
    assert first.status_code == 200
    second = await desk.call("PATCH", made["id"], json={"displayName": "Two"}, headers=mine)
    assert second.status_code == 412
    assert second.headers["etag"] == first.headers["etag"]
    assert (await desk.call("GET", made["id"])).json()["displayName"] == "One"


async def test_a_field_has_as_many_transforms_as_it_takes(desk: Any) -> None:
    steps = [
        {"type": "split", "config": {"separator": " ", "index": 1}},
        {"type": "number"},
        {"type": "map", "config": {"mapping": {"7": "seven"}, "default": "many"}},
    ]
    field = {"source": "$.text", "target": "n", "transform": {"type": "direct"}, "then": steps}
    mapping = {"dataPath": "$", "fieldMappings": [field]}
    sample = [{"text": "x 8"}, {"text": "x y"}]
    first, second = (await asked(desk, "preview", {"responseMapping": mapping, "sample": sample}))["records"]
    assert first["data"] == {"n": "many"}
    assert second["errors"][0]["field"] == "n"
    steps[1]["config"] = {"round": "much"}
    steps[2]["type"] = "mpa"
    [wrong] = (await asked(desk, "preview", {"responseMapping": mapping, "sample": sample}))["errors"]
    assert (wrong["pointer"], "map" in wrong["detail"]) == ("/fieldMappings/0/then/2/type", True)
    steps[2]["type"] = "map"
    [wrong] = (await asked(desk, "preview", {"responseMapping": mapping, "sample": sample}))["errors"]
    assert wrong["pointer"].startswith("/fieldMappings/0/then/1/config")


async def test_integrations_are_found_by_a_part_of_their_names(desk: Any) -> None:
    await desk.save(name="Shop_one")
    await desk.save(name="crm")
    for search, names in (("shop", ["Shop_one"]), ("P_O", ["Shop_one"]), ("hopXone", []), ("%", [])):
        found = (await desk.call("GET", f"?search={search.replace('%', '%25')}")).json()
        assert ([one["name"] for one in found["integrations"]], found["total"]) == (names, len(names))
