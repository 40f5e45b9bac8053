"""Saved integrations: the rows of the contract about them, over HTTP, for two tenants."""

from typing import Any

import pytest
from sqlalchemy import text

from pegboard_store import Store
from pegboard_vault.testing import check_sealed

pytestmark = pytest.mark.anyio

NEW = "another-s3cret-key"


def pointers(answer: Any) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


async def test_a_definition_is_saved_inactive_and_read_back(each: Any) -> None:
    created = await each.call("POST", json=each.definition(name="crm", status="active", description="Our CRM"))
    assert created.status_code == 201, created.text
    made = created.json()
    assert (made["name"], made["status"], made["revision"]) == ("crm", "inactive", 1)
    assert (made["tenantId"], made["createdBy"], made["updatedBy"]) == (each.tenant, "u1", "u1")
    assert made["lastTestedAt"] is None
    assert made["lastTestResult"] is None
    assert (await each.call("GET", made["id"])).json() == made


async def test_the_list_is_filtered_and_paged(each: Any) -> None:
    for name in ("a", "b", "c"):
        await each.save(name=name)
    await each.save(name="hook", integrationType="webhook", endpoints=[], webhookConfig=webhook())
    await each.active(name="live")
    all_ = (await each.call("GET")).json()
    assert (all_["total"], all_["limit"], all_["offset"], len(all_["integrations"])) == (5, 50, 0, 5)
    assert [one["name"] for one in all_["integrations"]] == ["live", "hook", "c", "b", "a"]
    part = (await each.call("GET", "?limit=2&offset=1")).json()
    assert ([one["name"] for one in part["integrations"]], part["total"]) == (["hook", "c"], 5)
    assert [one["name"] for one in (await each.call("GET", "?status=active")).json()["integrations"]] == ["live"]
    assert [one["name"] for one in (await each.call("GET", "?type=webhook")).json()["integrations"]] == ["hook"]
    assert (await each.call("GET", "?type=rest")).json()["total"] == 4
    assert (await each.call("GET", "?type=soap")).status_code == 422


async def test_another_tenant_finds_nothing(each: Any) -> None:
    made, other = await each.active(), each.of("somebody-else")
    run = (await each.call("POST", f"{made['id']}/sync", json={"endpointId": "contacts"})).json()["id"]
    assert (await other.call("GET")).json()["total"] == 0
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"description": "mine"}),
        ("DELETE", "", None),
        ("POST", "/test", None),
        ("POST", "/test/contacts", {}),
        ("POST", "/preview", {"endpointId": "contacts", "sample": {}}),
        ("POST", "/execute/contacts", {}),
        ("POST", "/sync", {"endpointId": "contacts"}),
        ("GET", "/runs", None),
        ("GET", f"/runs/{run}", None),
        ("POST", f"/runs/{run}/cancel", None),
        ("GET", "/webhook-url", None),
        ("POST", "/regenerate-secret", None),
        ("GET", "/oauth/authorize", None),
    ):
        more = {} if body is None else {"json": body}
        answer = await other.call(method, made["id"] + path, **more)
        assert answer.status_code == 404, f"{method} {path}: {answer.text}"
    same = await other.call("POST", json=each.definition(name=made["name"]))
    assert same.status_code == 201
    assert (await each.call("GET", made["id"])).json()["revision"] == made["revision"]


async def test_a_name_is_taken_once_within_a_tenant(each: Any) -> None:
    await each.save(name="crm")
    again = await each.call("POST", json=each.definition(name="crm"))
    assert (again.status_code, again.json()["type"]) == (409, "urn:pegboard:problem:name-taken")
    other = await each.save(name="erp")
    renamed = await each.call("PATCH", other["id"], json={"name": "crm"})
    assert (renamed.status_code, pointers(renamed)) == (409, ["/name"])


async def test_a_definition_is_refused_with_the_place_of_each_error(desk: Any) -> None:
    bad = desk.definition(timeout=10, auth={"type": "bearrer", "token": "x"})
    bad["endpoints"][0]["pagination"] = {"type": "page", "pageParm": "page"}
    refused = await desk.call("POST", json=bad)
    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:pegboard:problem:invalid-integration"
    assert any(pointer.startswith("/timeout") for pointer in pointers(refused))
    nameless = await desk.call("POST", json={"integrationType": "rest_api"})
    assert nameless.status_code == 422
    assert "/name" in pointers(nameless)


async def test_an_address_that_no_request_may_go_to_is_refused_when_it_is_saved(desk: Any) -> None:
    refused = await desk.call("POST", json=desk.definition(baseUrl="http://169.254.169.254/latest"))
    assert (refused.status_code, pointers(refused)) == (422, ["/baseUrl"])


async def test_both_spellings_of_auth_are_read_and_one_is_written(desk: Any) -> None:
    given = desk.definition(integrationType="rest", authType="bearer", authConfig={"token": "abc"})
    del given["auth"]
    made = (await desk.call("POST", json=given)).json()
    assert made["auth"] == {"type": "bearer", "token": "***"}
    assert made["integrationType"] == "rest_api"
    assert "authType" not in made
    changed = await desk.call("PATCH", made["id"], json={"authType": "basic", "authConfig": credentials()})
    assert changed.json()["auth"] == {"type": "basic", "username": "u", "password": "***"}


def credentials() -> dict[str, str]:
    return {"username": "u", "password": "p"}


async def test_a_patch_is_merged_and_null_takes_out(desk: Any) -> None:
    made = await desk.save(description="old", defaultHeaders={"A": "1", "B": "2"})
    patch = {"description": None, "defaultHeaders": {"A": None, "C": "3"}, "timeout": 5000}
    after = (await desk.call("PATCH", made["id"], json=patch)).json()
    assert after["defaultHeaders"] == {"B": "2", "C": "3"}
    assert after["timeout"] == 5000
    assert "description" not in after
    assert after["revision"] == 2
    assert after["endpoints"] == made["endpoints"]


async def test_what_was_read_can_be_written_back(desk: Any) -> None:
    made = await desk.save(defaultHeaders={"X-Session-Token": "t0ken"})
    assert made["defaultHeaders"] == {"X-Session-Token": "***"}
    again = await desk.call("PATCH", made["id"], json=made)
    assert again.status_code == 200, again.text
    desk.serve_contacts(1)
    assert (await desk.call("POST", f"{made['id']}/test/contacts", json={})).json()["success"]
    sent = desk.upstream.requests[-1].headers
    assert sent["x-session-token"] == "t0ken"
    assert sent["x-api-key"] == "s3cret-key-of-the-api"


async def test_the_mask_keeps_a_credential_and_a_value_replaces_it(each: Any) -> None:
    made = await each.save()
    each.serve_contacts(1)
    for patch, expected in (
        ({"auth": {"keyValue": "***"}}, "s3cret-key-of-the-api"),
        ({"description": "x"}, "s3cret-key-of-the-api"),
        ({"auth": {"keyValue": NEW}}, NEW),
    ):
        changed = await each.call("PATCH", made["id"], json=patch)
        assert changed.json()["auth"]["keyValue"] == "***"
        assert (await each.call("POST", f"{made['id']}/test/contacts", json={})).json()["success"]
        assert each.upstream.requests[-1].headers["x-api-key"] == expected


async def test_the_mask_of_nothing_is_refused(desk: Any) -> None:
    given = desk.definition()
    given["auth"]["keyValue"] = "***"
    refused = await desk.call("POST", json=given)
    assert (refused.status_code, pointers(refused)) == (422, ["/auth/keyValue"])


async def test_another_origin_needs_the_credentials_again(desk: Any) -> None:
    made = await desk.save()
    moved = {"baseUrl": "https://example.com/v1"}
    refused = await desk.call("PATCH", made["id"], json=moved)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:pegboard:problem:credential-needed")
    assert pointers(refused) == ["/auth/keyValue"]
    assert (await desk.call("PATCH", made["id"], json={**moved, "auth": {"keyValue": NEW}})).status_code == 200


async def test_another_token_url_needs_the_credentials_again(desk: Any) -> None:
    oauth = {
        "type": "oauth2",
        "grantType": "client_credentials",
        "tokenUrl": "https://auth.example.com/token",
        "clientId": "me",
        "clientSecret": "hush-hush",
    }
    made = await desk.save(auth=oauth)
    assert made["auth"]["clientSecret"] == "***"
    refused = await desk.call("PATCH", made["id"], json={"auth": {"tokenUrl": "https://evil.example.org/token"}})
    assert (refused.status_code, pointers(refused)) == (422, ["/auth/clientSecret"])


async def test_an_endpoint_keeps_its_credentials_in_another_order(desk: Any) -> None:
    first = desk.definition()["endpoints"][0] | {"headers": {"X-Auth-Token": "one"}}
    second = first | {"id": "second", "headers": {"X-Auth-Token": "two"}}
    made = await desk.save(endpoints=[first, second])
    swapped = await desk.call("PATCH", made["id"], json={"endpoints": made["endpoints"][::-1]})
    assert swapped.status_code == 200, swapped.text
    desk.serve_contacts(1)
    for endpoint, expected in (("contacts", "one"), ("second", "two")):
        await desk.call("POST", f"{made['id']}/test/{endpoint}", json={})
        assert desk.upstream.requests[-1].headers["x-auth-token"] == expected


async def test_activation_wants_something_to_do_and_shard_types_that_are_there(each: Any) -> None:
    empty = await each.save(endpoints=[])
    idle = await each.call("PATCH", empty["id"], json={"status": "active"})
    assert (idle.status_code, pointers(idle)) == (422, ["/endpoints"])
    made = await each.save()
    lacking = await each.call("PATCH", made["id"], json={"status": "active"})
    assert lacking.status_code == 422
    assert pointers(lacking) == ["/endpoints/0/responseMapping/targetShardTypeId"]
    await each.shard_type()
    assert (await each.call("PATCH", made["id"], json={"status": "active"})).json()["status"] == "active"
    wrong = await each.call("PATCH", made["id"], json={"status": "asleep"})
    assert (wrong.status_code, pointers(wrong)) == (422, ["/status"])


async def test_a_deleted_integration_is_gone_with_its_runs_but_not_its_records(each: Any) -> None:
    made = await each.active()
    each.serve_contacts(3)
    ended = await each.sync(made)
    assert (await each.call("DELETE", made["id"])).status_code == 204
    for path in (made["id"], f"{made['id']}/runs/{ended['run']['id']}"):
        assert (await each.call("GET", path)).status_code == 404
    assert len(await each.shards()) == 3


async def test_scopes_are_a_ladder(desk: Any) -> None:
    made = await desk.save()
    assert (await desk.call("GET", made["id"], scopes="integrations:read")).status_code == 200
    assert (await desk.call("PATCH", made["id"], scopes="integrations:read", json={})).status_code == 403
    assert (await desk.call("DELETE", made["id"], scopes="integrations:write")).status_code == 403
    assert (await desk.call("GET", f"{made['id']}/webhook-url", scopes="integrations:read")).status_code == 403


def webhook(**more: Any) -> dict[str, Any]:
    return {
        "webhookSecret": "wh_secret_abc123",
        "signatureConfig": {"header": "X-Signature", "algorithm": "hmac-sha256", "signaturePrefix": "sha256="},
        "eventRouting": [],
        **more,
    }


async def test_a_webhook_has_an_address_and_its_secret_is_renewed(each: Any) -> None:
    made = await each.save(webhookConfig=webhook())
    assert made["webhookConfig"]["webhookSecret"] == "***"
    first = (await each.call("GET", f"{made['id']}/webhook-url")).json()["webhookUrl"]
    assert f"/api/v1/webhooks/custom/{made['id']}/" in first
    renewed = (await each.call("POST", f"{made['id']}/regenerate-secret")).json()
    assert renewed["webhookUrl"] != first
    assert renewed["webhookSecret"].startswith("whsec_")
    assert renewed["previousValidUntil"] is not None
    assert (await each.call("GET", f"{made['id']}/webhook-url")).json()["webhookUrl"] == renewed["webhookUrl"]
    assert renewed["webhookSecret"] not in (await each.call("GET", made["id"])).text
    await valid_secrets(each, made["id"], ["wh_secret_abc123", renewed["webhookSecret"]])


async def valid_secrets(desk: Any, integration: str, expected: list[str]) -> None:
    from pegboard_integrations import Integrations

    saved = desk.client.app.state.board.services.get(Integrations)
    found = saved.webhooks.valid(await saved.get(desk.tenant, integration))
    assert sorted(one.signing for one in found) == sorted(expected)
    assert len({one.token for one in found}) == len(expected)


async def test_a_renewed_secret_ends_with_the_grace_time(app_with: Any) -> None:
    async with app_with({"integrations": {"grace_seconds": 0}}) as desk:
        made = await desk.save(webhookConfig=webhook())
        renewed = (await desk.call("POST", f"{made['id']}/regenerate-secret")).json()
        await valid_secrets(desk, made["id"], [renewed["webhookSecret"]])


async def test_without_a_webhook_there_is_no_address(desk: Any) -> None:
    made = await desk.save()
    for method, path in (("GET", "webhook-url"), ("POST", "regenerate-secret")):
        answer = await desk.call(method, f"{made['id']}/{path}")
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:pegboard:problem:no-webhook")


async def test_what_is_sealed_is_found_by_the_vault_and_nothing_lies_in_the_clear(app_with: Any) -> None:
    async with app_with() as desk:
        made = await desk.save(webhookConfig=webhook(), defaultHeaders={"X-Session-Token": "t0ken-in-a-header"})
        services = desk.client.app.state.board.services
        await check_sealed(services, "integrations")
        await check_sealed(services, "integration-webhooks")
        async with services.get(Store).read() as session:
            rows = str((await session.execute(text("SELECT * FROM integrations_integrations"))).all())
        for secret in ("s3cret-key-of-the-api", "t0ken-in-a-header", "wh_secret_abc123"):
            assert secret not in rows
        desk.serve_contacts(1)
        assert (await desk.call("POST", f"{made['id']}/test/contacts", json={})).json()["success"]


async def test_a_login_goes_to_the_authorization_server(desk: Any) -> None:
    oauth = {
        "type": "oauth2",
        "grantType": "authorization_code",
        "tokenUrl": f"{desk.upstream.url}/token",
        "authorizationUrl": f"{desk.upstream.url}/login",
        "redirectUri": "https://app.example.com/oauth/callback",
        "clientId": "me",
        "clientSecret": "hush-hush",
    }
    made = await desk.save(auth=oauth)
    sent = await desk.call("GET", f"{made['id']}/oauth/authorize?returnTo=/console", follow_redirects=False)
    assert sent.status_code == 303, sent.text
    assert sent.headers["location"].startswith(f"{desk.upstream.url}/login?")
    assert "code_challenge=" in sent.headers["location"]
    assert "HttpOnly" in sent.headers["set-cookie"]
    plain = await desk.save()
    assert (await desk.call("GET", f"{plain['id']}/oauth/authorize")).status_code == 422


async def test_without_the_oauth_plugin_a_login_is_closed(app_with: Any) -> None:
    async with app_with(plugins={"auth-oauth2": None}) as desk:
        made = await desk.save()
        answer = await desk.call("GET", f"{made['id']}/oauth/authorize")
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:pegboard:problem:provider-missing")
