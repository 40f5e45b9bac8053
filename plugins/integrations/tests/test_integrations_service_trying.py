"""Tests, previews and single calls, over HTTP: what they answer, and what they leave behind."""

from typing import Any

import pytest

from pegboard.testing import answer

pytestmark = pytest.mark.anyio


async def test_the_connection_is_a_plain_get_of_the_base_url(each: Any) -> None:
    made = await each.save()
    each.upstream.on(f"/{each.root}", answer(text="hello"))
    result = (await each.call("POST", f"{made['id']}/test")).json()
    assert result["success"], result
    assert (result["request"]["method"], result["request"]["url"]) == ("GET", f"{each.upstream.url}/{each.root}")
    assert result["request"]["headers"]["x-api-key"] == "***"
    assert result["response"]["statusCode"] == 200
    assert result["response"]["latencyMs"] > 0
    after = (await each.call("GET", made["id"])).json()
    assert after["lastTestResult"] == "success"
    assert after["lastTestedAt"] is not None
    assert after["revision"] == made["revision"]


async def test_a_connection_that_fails_says_why(desk: Any) -> None:
    made = await desk.save()
    desk.upstream.on(f"/{desk.root}", answer(403, text="no entry"))
    result = (await desk.call("POST", f"{made['id']}/test")).json()
    assert not result["success"]
    assert "403" in result["error"]
    assert result["response"]["statusCode"] == 403
    assert (await desk.call("GET", made["id"])).json()["lastTestResult"] == "failure"


async def test_an_endpoint_is_tested_with_a_preview_of_its_mapping(each: Any) -> None:
    made = await each.save()
    each.serve_contacts(25)
    config = {
        "testParams": {},
        "expectations": {
            "statusCode": 200,
            "bodyContains": ["Contact 1"],
            "jsonPath": [{"path": "$.items[0].id", "value": 1}],
        },
    }
    result = (await each.call("POST", f"{made['id']}/test/contacts", json=config)).json()
    assert result["success"], result
    assert result["mappingPreview"]["rawData"][0] == {"id": 1, "full_name": "Contact 1", "mail": "c1@example.com"}
    assert result["mappingPreview"]["mappedData"][0] == {"name": "Contact 1", "email": "c1@example.com"}
    assert len(result["mappingPreview"]["mappedData"]) == 10
    assert all(one["ok"] for one in result["expectations"])
    assert result["response"]["body"]["more"] is True
    assert result["trace"]["stop"]["rule"]
    assert len(each.upstream.received(f"/{each.root}/contacts")) == 1


async def test_an_expectation_that_does_not_hold_fails_the_test(desk: Any) -> None:
    made = await desk.save()
    desk.serve_contacts(1)
    config = {"expectations": {"jsonPath": [{"path": "$.items[0].id", "value": 7}]}}
    result = (await desk.call("POST", f"{made['id']}/test/contacts", json=config)).json()
    assert not result["success"]
    [wrong] = [one for one in result["expectations"] if not one["ok"]]
    assert (wrong["expected"], wrong["actual"]) == (7, 1)


async def test_a_status_that_was_expected_is_a_success(desk: Any) -> None:
    made = await desk.save()
    desk.upstream.on(f"/{desk.root}/contacts", answer(404, json={"error": "none"}))
    config = {"expectations": {"statusCode": 404}}
    result = (await desk.call("POST", f"{made['id']}/test/contacts", json=config)).json()
    assert result["success"], result


async def test_html_with_200_is_no_empty_page(desk: Any) -> None:
    made = await desk.save()
    html = answer(body=b"<html>Log in</html>", headers={"Content-Type": "text/html"})
    desk.upstream.on(f"/{desk.root}/contacts", html)
    result = (await desk.call("POST", f"{made['id']}/test/contacts", json={})).json()
    assert not result["success"]
    assert "html" in result["error"].lower()
    assert "Log in" in result["response"]["body"]


async def test_a_sample_is_mapped_without_a_request(desk: Any) -> None:
    made = await desk.save()
    before = len(desk.upstream.requests)
    sample = {"items": [{"id": 1, "full_name": "Ada", "mail": "a@x.org"}]}
    stored = (
        await desk.call("POST", f"{made['id']}/preview", json={"endpointId": "contacts", "sample": sample})
    ).json()
    assert stored["records"] == [{"name": "Ada", "email": "a@x.org"}]
    assert stored["mapped"][0]["externalId"] == "1"
    mapping = {
        "dataPath": "$.items",
        "identifierField": "$.id",
        "fieldMappings": [{"source": "$.full_name", "target": "n", "transform": {"type": "number"}}],
    }
    asked = {"endpointId": "contacts", "sample": sample, "responseMapping": mapping}
    tried = (await desk.call("POST", f"{made['id']}/preview", json=asked)).json()
    assert tried["records"] == []
    [failed] = tried["failed"]
    assert (failed["index"], failed["errors"][0]["field"]) == (0, "n")
    assert len(desk.upstream.requests) == before


async def test_a_single_call_answers_with_mapped_records_and_stores_none(each: Any) -> None:
    await each.shard_type()
    made = await each.save()
    each.serve_contacts(3)
    result = (await each.call("POST", f"{made['id']}/execute/contacts", json={})).json()
    assert [one["name"] for one in result["records"]] == ["Contact 1", "Contact 2", "Contact 3"]
    assert result["shards"] is None
    assert await each.shards() == []


async def test_a_single_call_stores_records_where_it_is_asked_to(each: Any) -> None:
    await each.shard_type()
    made = await each.save()
    each.serve_contacts(3)
    for created, unchanged in ((3, 0), (0, 3)):
        result = (await each.call("POST", f"{made['id']}/execute/contacts", json={"createShards": True})).json()
        assert (result["shards"]["created"], result["shards"]["unchanged"]) == (created, unchanged)
    assert [one["externalId"] for one in await each.shards()] == ["1", "2", "3"]


async def test_a_call_sends_what_it_is_given(desk: Any) -> None:
    """The endpoint with path parameters, and the body template, of document 002."""
    order = {
        "id": "order",
        "method": "GET",
        "path": "/users/{userId}/orders/{orderId}",
        "pathParams": [
            {"name": "userId", "required": True, "type": "string"},
            {"name": "orderId", "required": True, "type": "string"},
        ],
        "responseMapping": {"dataPath": "$", "identifierField": "$.id", "fieldMappings": []},
    }
    lead = {
        "id": "lead",
        "method": "POST",
        "path": "/leads",
        "body": {
            "contentType": "application/json",
            "bodyType": "template",
            "template": '{"name": "{{contact.name}}", "age": "{{contact.age}}", "source": "castiel"}',
        },
        "responseMapping": {"dataPath": "$", "identifierField": "$.id", "fieldMappings": []},
    }
    made = await desk.save(endpoints=[order, lead])
    desk.upstream.on(f"/{desk.root}/users/{{user}}/orders/{{order}}", lambda r: answer(json={"id": r.path}))
    desk.upstream.on(f"/{desk.root}/leads", answer(201, json={"id": 9}), method="POST")
    params = {"params": {"userId": "7", "orderId": "A 1"}}
    called = await desk.call("POST", f"{made['id']}/execute/order", json=params)
    assert called.status_code == 200, called.text
    assert desk.upstream.requests[-1].path_params == {"user": "7", "order": "A 1"}
    variables = {"params": {"contact": {"name": "Ada", "age": 36}}}
    assert (await desk.call("POST", f"{made['id']}/execute/lead", json=variables)).status_code == 200
    assert desk.upstream.requests[-1].json() == {"name": "Ada", "age": 36, "source": "castiel"}
    missing = await desk.call("POST", f"{made['id']}/execute/order", json={"params": {"userId": "7"}})
    assert missing.status_code == 422
    assert "orderId" in missing.text


async def test_a_call_that_fails_brings_the_evidence(desk: Any) -> None:
    made = await desk.save(retryConfig={"maxRetries": 0, "retryDelay": 1, "retryOn": []})
    desk.upstream.on(f"/{desk.root}/contacts", answer(500, text="broken pipe"))
    failed = await desk.call("POST", f"{made['id']}/execute/contacts", json={})
    assert failed.status_code == 502
    assert failed.json()["response"]["status"] == 500
    assert "s3cret" not in failed.text


async def test_what_the_api_says_of_the_credentials_is_masked(desk: Any) -> None:
    """An API that echoes what it was sent."""
    made = await desk.active(endpoints=[desk.contacts(responseMapping=echoing())])
    echo = {"items": [{"id": 1, "full_name": "key s3cret-key-of-the-api"}], "more": False}
    desk.upstream.on(f"/{desk.root}/contacts", answer(json=echo, headers={"X-Echo": "s3cret-key-of-the-api"}))
    tested = await desk.call("POST", f"{made['id']}/test/contacts", json={})
    called = await desk.call("POST", f"{made['id']}/execute/contacts", json={})
    for answered in (tested, called):
        assert answered.status_code == 200
        assert "s3cret-key-of-the-api" not in answered.text


def echoing() -> dict[str, Any]:
    return {
        "dataPath": "$.items",
        "identifierField": "$.id",
        "targetShardTypeId": "c_contact",
        "fieldMappings": [{"source": "$.full_name", "target": "name"}],
    }


async def test_an_unknown_endpoint_is_404_with_the_nearest(desk: Any) -> None:
    made = await desk.save()
    answer = await desk.call("POST", f"{made['id']}/test/contact", json={})
    assert answer.status_code == 404
    assert "contacts" in answer.text


async def test_a_test_that_says_nothing_is_the_endpoints_own(desk: Any) -> None:
    own = {"testParams": {"access_token": "hush"}, "expectations": {"statusCode": 418}}
    made = await desk.save(endpoints=[desk.contacts(test=own, variables=[{"name": "access_token"}])])
    assert made["endpoints"][0]["test"]["testParams"] == {"access_token": "***"}
    desk.serve_contacts(3)
    ours = (await desk.call("POST", f"{made['id']}/test/contacts", json={})).json()
    assert not ours["success"]
    assert ours["expectations"][0]["expected"] == 418
    theirs = {"expectations": {"statusCode": 200}}
    assert (await desk.call("POST", f"{made['id']}/test/contacts", json=theirs)).json()["success"]
