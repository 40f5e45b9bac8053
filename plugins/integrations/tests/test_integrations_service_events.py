"""Events that integrations receive, from the sender's signature to the record."""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

import pegboard_sandbox_process
import pegboard_sandbox_restricted
from pegboard import Registries, Secret
from pegboard.json import converter
from pegboard_webhooks import Message, WebhookScheme

pytestmark = pytest.mark.anyio

SECRET = "wh_secret_abc123"
FIELDS = [{"name": "name", "type": "text"}, {"name": "email", "type": "email"}]
PATIENCE = 20.0


def rule(event: str, action: str = "create_shard", **more: Any) -> dict[str, Any]:
    stores = {} if action in ("trigger_sync", "custom") else {"targetShardTypeId": "c_contact"}
    common = {"eventTypePath": "$.event_type", "eventTypeValue": event, "action": action, "dataPath": "$.data"}
    return {**common, **stores, **more}


NAME, EMAIL = {"source": "$.name", "target": "name"}, {"source": "$.email", "target": "email"}
CREATED = rule("contact.created", fieldMappings=[{"source": "$.id", "target": "externalId"}, NAME, EMAIL])
UPDATED = rule("contact.updated", "update_shard", identifierPath="$.data.id", fieldMappings=[NAME])
DELETED = rule("contact.deleted", "delete_shard", identifierPath="$.data.id", dataPath="$")


def hook_of(*rules: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    signature = {"header": "X-Signature", "algorithm": "hmac-sha256", "signaturePrefix": "sha256="}
    config = {"webhookSecret": SECRET, "signatureConfig": signature, "eventRouting": list(rules)}
    return {**config, "responseStatus": 200, "responseBody": '{"status": "received"}', **more}


class Hook:
    """An active integration that receives, and what its sender does."""

    def __init__(self, desk: Any, integration: Mapping[str, Any], url: str) -> None:
        self.desk = desk
        self.integration = integration
        self.path = urlsplit(url).path

    async def send(self, document: Any, secret: str = SECRET, **headers: str) -> Any:
        body = document if isinstance(document, bytes) else orjson.dumps(document)
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        sent = {"content-type": "application/json", "x-signature": f"sha256={signature}", **headers}
        return await self.desk.client.post(self.path, content=body, headers=sent)

    async def event(self, kind: str, **data: Any) -> None:
        got = await self.send({"event_type": kind, "data": data})
        assert (got.status_code, got.json()) == (200, {"status": "received"}), got.text

    async def events(self) -> list[dict[str, Any]]:
        query = {"hook": self.integration["id"]}
        got = await self.desk.call("GET", "/api/v1/webhook-events", params=query)
        return list(got.json()["events"])[::-1]

    async def states(self, *expected: str) -> list[dict[str, Any]]:
        end = time.monotonic() + PATIENCE
        while True:
            found = await self.events()
            if [one["state"] for one in found] == list(expected):
                return found
            assert time.monotonic() < end, found
            await asyncio.sleep(0.02)

    async def detail(self, event: Mapping[str, Any]) -> Any:
        return (await self.desk.call("GET", f"/api/v1/webhook-events/{event['id']}")).json()

    async def records(self) -> dict[str, Any]:
        return {one["externalId"]: one["data"] for one in await self.desk.shards()}


async def hooked(desk: Any, *rules: Mapping[str, Any], **more: Any) -> Hook:
    await desk.shard_type(fields=FIELDS)
    kind = more.pop("definition", {"integrationType": "webhook", "endpoints": []})
    made = await desk.active(webhookConfig=hook_of(*rules, **more), **kind)
    url = (await desk.call("GET", f"{made['id']}/webhook-url")).json()["webhookUrl"]
    return Hook(desk, made, url)


async def test_the_example_of_the_contract_makes_changes_and_deletes_records(each: Any) -> None:
    hook = await hooked(each, CREATED, UPDATED, DELETED)
    await hook.event("contact.created", id=7, name="Ada", email="ada@example.com")
    await hook.states("handled")
    assert await hook.records() == {"7": {"name": "Ada", "email": "ada@example.com"}}
    await hook.event("contact.updated", id=7, name="Ada L.")
    await hook.states("handled", "handled")
    assert await hook.records() == {"7": {"name": "Ada L.", "email": "ada@example.com"}}
    await hook.event("contact.deleted", id=7)
    events = await hook.states("handled", "handled", "handled")
    assert await hook.records() == {}
    assert [event["type"] for event in events] == ["contact.created", "contact.updated", "contact.deleted"]


async def test_a_wrong_signature_is_401_and_recorded_and_an_unmatched_event_is_kept(each: Any) -> None:
    hook = await hooked(each, CREATED)
    assert (await hook.send({"event_type": "contact.created"}, secret="another")).status_code == 401
    await hook.event("contact.merged")
    refused, unmatched = await hook.states("refused", "unmatched")
    assert (refused["size"], unmatched["type"]) == (0, "contact.merged")


async def test_an_older_event_never_overwrites_a_newer_one(each: Any) -> None:
    created = {**CREATED, "versionPath": "$.data.at"}
    deleted = {**DELETED, "versionPath": "$.data.at"}
    hook = await hooked(each, created, deleted)
    await hook.event("contact.created", id=1, name="new", at="2026-05-01T12:00:00Z")
    await hook.event("contact.created", id=1, name="old", at="2026-05-01T13:30:00+02:00")
    await hook.event("contact.deleted", id=2, at=9)
    await hook.event("contact.created", id=2, name="late", at=8.5)
    events = await hook.states(*["handled"] * 4)
    assert await hook.records() == {"1": {"name": "new"}}
    assert (await hook.detail(events[1]))["result"] == [{"action": "create_shard", "records": 0, "older": 1}]
    await hook.event("contact.created", id=2, name="again", at=10)
    await hook.states(*["handled"] * 5)
    assert (await hook.records())["2"] == {"name": "again"}


async def test_several_rules_may_share_an_event(each: Any) -> None:
    second = {**CREATED, "fieldMappings": [{"source": "$.parent", "target": "externalId"}, NAME]}
    other = {**rule("contact.created", "delete_shard", identifierPath="$.data.id"), "eventTypePath": "$.other"}
    hook = await hooked(each, CREATED, second, other)
    await hook.event("contact.created", id=1, parent=2, name="Ada")
    await hook.states("handled")
    assert await hook.records() == {"1": {"name": "Ada"}, "2": {"name": "Ada"}}


async def test_an_event_may_hold_several_records(each: Any) -> None:
    batch = {**CREATED, "identifierPath": "$.id", "fieldMappings": [NAME]}
    hook = await hooked(each, batch)
    data = [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}]
    answered = await hook.send({"event_type": "contact.created", "data": data})
    assert answered.status_code == 200
    await hook.states("handled")
    assert await hook.records() == {"1": {"name": "A"}, "2": {"name": "B"}}


async def test_an_event_starts_a_sync(each: Any) -> None:
    each.serve_contacts(3)
    trigger = rule("all.changed", "trigger_sync", endpointId="contacts")
    hook = await hooked(each, trigger, definition={})
    await hook.event("all.changed")
    [event] = await hook.states("handled")
    [done] = (await hook.detail(event))["result"]
    run = await each.ended(hook.integration, done["run"])
    assert (run["run"]["status"], run["run"]["createdBy"]) == ("succeeded", "webhooks")


async def test_what_does_not_fit_is_a_dead_letter_that_is_handled_when_it_does(app_with: Any) -> None:
    async with app_with({"webhooks": {"handle_schedule": [0.01]}}) as desk:
        hook = await hooked(desk, CREATED, UPDATED)
        await hook.event("contact.updated", id=7, name="Ada L.")
        [dead] = await hook.states("dead")
        assert "7" in dead["error"]
        await hook.event("contact.created", id=8, name="Bo", email="no address")
        events = await hook.states("dead", "dead")
        assert "email" in events[1]["error"]
        await hook.event("contact.created", id=7, name="Ada")
        await hook.states("dead", "dead", "handled")
        again = await desk.call("POST", f"/api/v1/webhook-events/{dead['id']}/resend")
        assert again.status_code == 204
        await hook.states("handled", "dead", "handled")
        assert await hook.records() == {"7": {"name": "Ada L."}}


CODE = """
def handle(event, context):
    contact = event['data']
    if contact['name'] == 'stop':
        raise ValueError('not this one')
    make = {'action': 'create_shard', 'type': 'c_contact', 'externalId': str(contact['id'])}
    make['data'] = {'name': contact['name'].upper()}
    return {'actions': [make], 'by': context['headers']['x-by']}
"""


async def test_a_function_of_the_users_says_what_is_to_be_done(app_with: Any) -> None:
    sandboxes = {"sandbox-process": pegboard_sandbox_process, "sandbox-restricted": pegboard_sandbox_restricted}
    async with app_with({"webhooks": {"handle_schedule": [0.01]}}, plugins=sandboxes) as desk:
        hook = await hooked(desk, rule("contact.created", "custom", code=CODE))
        for number, name in enumerate(("Ada", "stop")):
            sent = {"event_type": "contact.created", "data": {"id": number, "name": name}}
            assert (await hook.send(sent, **{"x-by": "crm"})).status_code == 200
        done, failed = await hook.states("handled", "dead")
        assert await hook.records() == {"0": {"name": "ADA"}}
        assert (await hook.detail(done))["result"][1]["result"]["by"] == "crm"
        assert "not this one" in failed["error"]
        refused = await desk.call(
            "PATCH", hook.integration["id"], json={"webhookConfig": hook_of(rule("x", "custom", code="import os"))}
        )
        assert refused.status_code == 422
        assert any(error["pointer"] == "/webhookConfig/eventRouting/0/code" for error in refused.json()["errors"])


async def test_a_renewed_secret_loses_no_event(each: Any) -> None:
    hook = await hooked(each, CREATED)
    renewed = (await each.call("POST", f"{hook.integration['id']}/regenerate-secret")).json()
    after = Hook(each, hook.integration, renewed["webhookUrl"])
    document = {"event_type": "contact.created", "data": {"id": 1, "name": "Ada"}}
    assert (await hook.send(document)).status_code == 200, "the old address and the old secret"
    assert (await after.send({**document, "n": 1}, secret=renewed["webhookSecret"])).status_code == 200
    assert (await after.send({**document, "n": 2}, secret="another")).status_code == 401
    await hook.states("handled", "handled", "refused")


async def test_only_active_integrations_receive_and_other_addresses_are_none(each: Any) -> None:
    hook = await hooked(each, CREATED)
    wrong = Hook(each, hook.integration, hook.path[:-1] + ("A" if hook.path[-1] != "A" else "B"))
    assert (await wrong.send({})).status_code == 404
    await each.call("PATCH", hook.integration["id"], json={"status": "inactive"})
    refused = await hook.send({"event_type": "contact.created"})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:pegboard:problem:webhook-inactive")


async def test_unsigned_events_are_taken_where_that_is_said(each: Any) -> None:
    await each.shard_type(fields=FIELDS)
    hook = hook_of(CREATED, signatureConfig={"algorithm": "none"})
    refused = await each.call("POST", json=each.definition(webhookConfig=hook))
    assert refused.status_code == 422
    assert "allowUnsigned" in refused.text
    open_ = await hooked(each, CREATED, signatureConfig={"algorithm": "none", "allowUnsigned": True})
    sent = orjson.dumps({"event_type": "contact.created", "data": {"id": 3, "name": "Cy"}})
    got = await each.client.post(open_.path, content=sent, headers={"content-type": "application/json"})
    assert got.status_code == 200
    await open_.states("handled")


SCHEMES: dict[str, tuple[str, dict[str, Any]]] = {
    "hmac": ("any text", {"header": "X-Sig", "algorithm": "hmac-sha1", "encoding": "base64"}),
    "standard": (f"whsec_{base64.b64encode(b'0' * 32).decode()}", {}),
    "stripe": ("whsec_stripe", {}),
    "github": ("hub", {}),
    "slack": ("slacks", {}),
    "shopify": ("shop", {}),
    "twilio": ("twil", {}),
    "basic": ("pass", {"username": "ann"}),
    "http-message-signature": ("shared secret of some length", {}),
    "none": ("", {"allowUnsigned": True}),
}


@pytest.mark.parametrize("name", SCHEMES)
async def test_each_scheme_from_the_senders_signature_to_the_record(each: Any, name: str) -> None:
    secret, config = SCHEMES[name]
    hook = await hooked(each, CREATED, webhookSecret=secret, signatureConfig={"scheme": name, **config})
    scheme: WebhookScheme = each.client.app.state.board.services.get(Registries)[WebhookScheme].get(name)
    body = orjson.dumps({"event_type": "contact.created", "data": {"id": 5, "name": "Eve"}})
    url = f"{str(each.client.base_url).rstrip('/')}{hook.path}"
    made = converter.structure(config, scheme.config)
    signed = scheme.sign(made, Secret(secret), Message("evt_1", int(time.time()), body, url))
    headers = {"content-type": "application/json", **signed.headers}
    for _ in range(2):
        got = await each.client.post(signed.url, content=body, headers=headers)
        assert got.status_code == 200, got.text
    await hook.states("handled")
    assert await hook.records() == {"5": {"name": "Eve"}}
    if name != "none":
        bare = await each.client.post(url, content=body, headers={"content-type": "application/json"})
        assert bare.status_code == 401


async def test_another_tenants_events_are_not_there(each: Any) -> None:
    hook = await hooked(each, CREATED)
    await hook.event("contact.created", id=1, name="Ada")
    [event] = await hook.states("handled")
    other = each.of("elsewhere")
    assert (await other.call("GET", f"/api/v1/webhook-events/{event['id']}")).status_code == 404
