"""Events that are sent: to whom, signed how, in which order, and what becomes of those that do not arrive."""

import base64
from typing import Any

import orjson
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from pegboard import Principal, Problem, Secret
from pegboard.testing import Upstream, answer, caller
from pegboard_egress import Egress, EgressBlocked
from pegboard_events import EventSink, Happened
from pegboard_jobs import Jobs, Submission
from pegboard_vault.testing import check_sealed
from pegboard_webhooks import OutgoingEvent, Sender
from pegboard_webhooks.tables import messages

from .conftest import ADMIN, STRANGER, App

pytestmark = pytest.mark.anyio

SUBSCRIPTIONS, DELIVERIES = "/api/v1/webhook-subscriptions", "/api/v1/webhook-deliveries"
ANN = Principal("ann", "acme")


def allow(app: App, api: Upstream) -> None:
    app.services.get(Egress).allow_origin(api.url)


async def subscribe(app: App, api: Upstream, *events: str, path: str = "/hook", **more: Any) -> dict[str, Any]:
    allow(app, api)
    draft = {"url": f"{api.url}{path}", "events": list(events) or ["*"], **more}
    made = await app.http.post(SUBSCRIPTIONS, json=draft, headers=ADMIN)
    assert made.status_code == 201, made.text
    return dict(made.json())


async def happen(app: App, *kinds: str, tenant: str = "acme") -> None:
    async with app.store.begin() as session:
        events = [Happened(kind, f"s{number}", {"n": number}) for number, kind in enumerate(kinds)]
        await app.services.get(EventSink).keep(session, tenant, events)


async def deliveries(app: App, *states: str, **query: Any) -> list[dict[str, Any]]:
    """The deliveries, the oldest first, once their states are these."""

    async def there() -> list[dict[str, Any]]:
        got = (await app.http.get(DELIVERIES, params={"limit": 500, **query}, headers=ADMIN)).json()["deliveries"]
        found = [one for one in reversed(got)]
        return found if tuple(one["state"] for one in found) == states else []

    return list(await app.until(there)) if states else []


async def test_an_event_arrives_as_standard_webhooks_says(app: App, upstream_server: Upstream) -> None:
    upstream_server.on("/hook", answer(status=204), method="POST")
    made = await subscribe(app, upstream_server, "record.*")
    await happen(app, "record.created", "job.finished")
    [delivery] = await deliveries(app, "delivered")
    [got] = upstream_server.requests
    verified = Webhook(made["secret"]).verify(got.body, dict(got.headers))
    assert (verified["type"], verified["data"]) == ("record.created", {"n": 0})
    assert got.headers["webhook-id"] == delivery["message"]
    assert (delivery["status"], delivery["attempts"], delivery["subject"]) == (204, 1, "s0")
    detail = (await app.http.get(f"{DELIVERIES}/{delivery['id']}", headers=ADMIN)).json()
    assert [(one["number"], one["status"], one["error"]) for one in detail["attempts"]] == [(1, 204, "")]
    assert orjson.loads(detail["data"]) == {"n": 0}


async def test_what_is_rolled_back_is_not_sent(app: App, upstream_server: Upstream) -> None:
    upstream_server.on("/hook", answer(), method="POST")
    await subscribe(app, upstream_server)
    sink = app.services.get(EventSink)

    async def fail() -> None:
        async with app.store.begin() as session:
            await sink.keep(session, "acme", [Happened("a.b", "x", {})])
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    await happen(app, "c.d")
    [delivery] = await deliveries(app, "delivered")
    assert delivery["type"] == "c.d"


async def test_only_those_who_want_an_event_cost_a_row(app: App, upstream_server: Upstream) -> None:
    sink = app.services.get(EventSink)
    assert not await sink.wants("acme", "record.created")
    await subscribe(app, upstream_server, "job.failed")
    assert await sink.wants("acme", "record.created", "job.failed")
    assert not await sink.wants("acme", "record.created")
    assert not await sink.wants("other", "job.failed")
    await happen(app, "record.created")
    async with app.store.read() as session:
        assert (await session.execute(select(messages.c.id))).all() == []


@pytest.mark.parametrize("mode", ["cloudevents", "cloudevents-binary"])
async def test_cloud_events_are_read_by_their_own_library(light: App, upstream_server: Upstream, mode: str) -> None:
    upstream_server.on("/hook", answer(), method="POST")
    made = await subscribe(light, upstream_server, format=mode)
    await happen(light, "record.created")
    [delivery] = await deliveries(light, "delivered")
    [got] = upstream_server.requests
    event = from_http_event(HTTPMessage(dict(got.headers), got.body))
    assert (event.get_type(), event.get_subject(), event.get_data()) == ("record.created", "s0", {"n": 0})
    assert (event.get_id(), event.get_source()) == (delivery["message"], "/tenants/acme")
    assert Webhook(made["secret"]).verify(got.body, dict(got.headers)) is not None


async def test_a_receiver_that_was_down_gets_all_of_its_events_in_order(app: App, upstream_server: Upstream) -> None:
    down = [answer(status=503)] * 3
    upstream_server.on("/hook", *down, answer(), method="POST")
    await subscribe(app, upstream_server, ordered=True)
    for number in range(6):
        await happen(app, f"a.e{number}")
    done = await deliveries(app, *["delivered"] * 6)
    kinds = [got.json()["type"] for got in upstream_server.requests]
    assert kinds == ["a.e0", "a.e0", "a.e0", "a.e0", "a.e1", "a.e2", "a.e3", "a.e4", "a.e5"]
    assert [one["attempts"] for one in done] == [4, 1, 1, 1, 1, 1]


async def test_without_an_order_one_that_fails_holds_up_no_other(app_with: Any, upstream_server: Upstream) -> None:
    def hook(got: Any) -> Any:
        return answer(status=500 if got.json()["type"] == "a.bad" else 200)

    upstream_server.on("/hook", hook, method="POST")
    async with app_with(send_schedule=[0.02]) as app:
        await subscribe(app, upstream_server)
        await happen(app, "a.bad", "a.good", "a.fine")
        found = await deliveries(app, "dead", "delivered", "delivered")
        assert found[0]["error"] == "the receiver answered 500"


async def test_dead_letters_are_sent_again_one_or_all(app_with: Any, upstream_server: Upstream) -> None:
    failing = [answer(status=500)] * 4
    upstream_server.on("/hook", *failing, answer(), method="POST")
    async with app_with(send_schedule=[0.01]) as app:
        await subscribe(app, upstream_server, ordered=True)
        await happen(app, "a.one", "a.two")
        one, _ = await deliveries(app, "dead", "dead")
        assert (await app.http.post(f"{DELIVERIES}/{one['id']}/resend", headers=ADMIN)).status_code == 204
        await deliveries(app, "delivered", "dead")
        answered = await app.http.post(f"{DELIVERIES}/resend", json={"state": "dead"}, headers=ADMIN)
        assert answered.json() == {"resent": 1}
        await deliveries(app, "delivered", "delivered")
        detail = (await app.http.get(f"{DELIVERIES}/{one['id']}", headers=ADMIN)).json()
        assert [each["number"] for each in detail["attempts"]] == [1, 2, 3]


async def test_a_receiver_that_asks_to_wait_is_left_alone(light: App, upstream_server: Upstream) -> None:
    upstream_server.on("/hook", answer(status=429, headers={"Retry-After": "1"}), answer(), method="POST")
    await subscribe(light, upstream_server)
    await happen(light, "a.one")
    await light.until(lambda: _requests(upstream_server, 1))
    await happen(light, "a.two")
    await deliveries(light, "delivered", "delivered")
    detail = (await light.http.get(DELIVERIES, headers=ADMIN)).json()["deliveries"]
    attempts = [(await light.http.get(f"{DELIVERIES}/{one['id']}", headers=ADMIN)).json()["attempts"] for one in detail]
    times = sorted(each["at"] for tried in attempts for each in tried)
    assert times[1] > times[0]
    assert len(upstream_server.requests) == 3


async def _requests(api: Upstream, count: int) -> bool:
    return len(api.requests) >= count


async def test_410_ends_a_subscription_and_the_others_are_told(app: App, upstream_server: Upstream) -> None:
    upstream_server.on("/hook", answer(status=410), method="POST")
    upstream_server.on("/other", answer(), method="POST")
    gone = await subscribe(app, upstream_server, "a.*")
    await subscribe(app, upstream_server, "webhook.disabled", path="/other")
    await happen(app, "a.one")
    await deliveries(app, "dead", "delivered")
    shown = (await app.http.get(f"{SUBSCRIPTIONS}/{gone['subscription']['id']}", headers=ADMIN)).json()
    assert (shown["status"], shown["reason"]) == ("disabled", "the receiver answered 410: it wants no more events")
    assert upstream_server.requests[-1].json()["data"]["id"] == gone["subscription"]["id"]
    await happen(app, "a.two")
    test = await app.http.post(f"{SUBSCRIPTIONS}/{shown['id']}/test", headers=ADMIN)
    assert (test.status_code, test.json()["type"]) == (409, "urn:pegboard:problem:subscription-disabled")
    one = (await app.http.get(DELIVERIES, params={"state": "dead"}, headers=ADMIN)).json()["deliveries"][0]
    again = await app.http.post(f"{DELIVERIES}/{one['id']}/resend", headers=ADMIN)
    assert (again.status_code, again.json()["type"]) == (409, "urn:pegboard:problem:delivery-not-resendable")


async def test_one_that_fails_for_long_is_disabled(app_with: Any, upstream_server: Upstream) -> None:
    upstream_server.on("/hook", answer(status=500), method="POST")
    async with app_with(disable_hours=0.0001) as app:
        made = await subscribe(app, upstream_server)
        await happen(app, "a.one")
        await deliveries(app, "dead")
        path = f"{SUBSCRIPTIONS}/{made['subscription']['id']}"
        shown = (await app.http.get(path, headers=ADMIN)).json()
        assert (shown["status"], "the receiver answered 500" in shown["reason"]) == ("disabled", True)
        back = (await app.http.patch(path, json={"status": "active"}, headers=ADMIN)).json()
        assert (back["status"], back["reason"], back["failingSince"]) == ("active", "", None)


async def test_internal_addresses_are_refused_when_saved_and_when_sent(app: App, upstream_server: Upstream) -> None:
    draft = {"url": f"{upstream_server.url}/hook", "events": ["*"]}
    refused = await app.http.post(SUBSCRIPTIONS, json=draft, headers=ADMIN)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:pegboard:problem:invalid-subscription")
    assert refused.json()["errors"][0]["pointer"] == "/url"
    event = OutgoingEvent("execute.finished", b"{}")
    async with app.store.begin() as session:
        with pytest.raises(EgressBlocked):
            await app.services.get(Sender).send(session, ANN, "http://169.254.169.254/", _secret(), event)
    resolved = {"url": "http://localhost.:80/hook", "events": ["*"]}
    made = await app.http.post(SUBSCRIPTIONS, json=resolved, headers=ADMIN)
    if made.status_code == 201:
        await happen(app, "a.b")
        [dead] = await deliveries(app, "dead")
        assert dead["attempts"] == 1, "no further attempt would be better"


def _secret() -> Secret:
    return Secret(f"whsec_{base64.b64encode(b'k' * 24).decode()}")


async def test_a_sender_sends_a_body_as_it_is_with_its_own_secret(app: App, upstream_server: Upstream) -> None:
    upstream_server.on("/result", answer(status=500), answer(), method="POST")
    allow(app, upstream_server)
    body = b'{"code":200, "id": "x"}'
    async with app.store.begin() as session:
        event = OutgoingEvent("execute.finished", body, "job_1")
        identifier = await app.services.get(Sender).send(
            session, ANN, f"{upstream_server.url}/result", _secret(), event
        )
    [delivery] = await deliveries(app, "delivered")
    assert (delivery["id"], delivery["url"], delivery["attempts"]) == (identifier, f"{upstream_server.url}/result", 2)
    got = upstream_server.requests[-1]
    assert got.body == body
    Webhook(_secret().reveal()).verify(got.body, dict(got.headers))
    assert upstream_server.requests[0].headers["webhook-id"] == got.headers["webhook-id"]
    async with app.store.begin() as session:
        with pytest.raises(Problem, match="base64"):
            await app.services.get(Sender).send(session, ANN, f"{upstream_server.url}/x", Secret("%"), event)


async def test_two_secrets_sign_while_one_is_replaced(light: App, upstream_server: Upstream) -> None:
    upstream_server.on("/hook", answer(), method="POST")
    made = await subscribe(light, upstream_server)
    path = f"{SUBSCRIPTIONS}/{made['subscription']['id']}"
    renewed = (await light.http.post(f"{path}/regenerate-secret", headers=ADMIN)).json()
    await happen(light, "a.b")
    await deliveries(light, "delivered")
    [got] = upstream_server.requests
    for secret in (made["secret"], renewed["secret"]):
        Webhook(secret).verify(got.body, dict(got.headers))
    assert made["secret"] not in (await light.http.get(path, headers=ADMIN)).text


async def test_a_test_event_goes_to_one_subscription(light: App, upstream_server: Upstream) -> None:
    upstream_server.on("/hook", answer(), method="POST")
    upstream_server.on("/other", answer(), method="POST")
    made = await subscribe(light, upstream_server, "record.created")
    await subscribe(light, upstream_server, "*", path="/other")
    answered = await light.http.post(f"{SUBSCRIPTIONS}/{made['subscription']['id']}/test", headers=ADMIN)
    assert answered.status_code == 202
    [delivery] = await deliveries(light, "delivered")
    assert (delivery["id"], delivery["type"]) == (answered.json()["delivery"], "webhook.test")
    assert [got.path for got in upstream_server.requests] == ["/hook"]


async def test_jobs_that_end_are_events(app: App, upstream_server: Upstream) -> None:
    upstream_server.on("/hook", answer(), method="POST")
    await subscribe(app, upstream_server, "job.*")
    await app.services.get(Jobs).submit(ANN, Submission("desk.does", "well"))
    await app.services.get(Jobs).submit(ANN, Submission("desk.does", "badly"))
    found = await deliveries(app, "delivered", "delivered")
    assert sorted(one["type"] for one in found) == ["job.failed", "job.finished"]
    failed = next(got.json()["data"] for got in upstream_server.requests if got.json()["type"] == "job.failed")
    assert (failed["kind"], failed["owner"], failed["error"]) == ("desk.does", "ann", "badly")


async def test_a_deleted_subscription_gets_nothing_more(app: App, upstream_server: Upstream) -> None:
    upstream_server.on("/hook", answer(status=500), method="POST")
    made = await subscribe(app, upstream_server)
    await happen(app, "a.b")
    await app.until(lambda: _requests(upstream_server, 1))
    gone = await app.http.delete(f"{SUBSCRIPTIONS}/{made['subscription']['id']}", headers=ADMIN)
    assert gone.status_code == 204
    [dead] = await deliveries(app, "dead")
    assert "deleted" in dead["error"]
    assert not await app.services.get(EventSink).wants("acme", "a.b")


async def test_another_tenant_sees_nothing(light: App, upstream_server: Upstream) -> None:
    upstream_server.on("/hook", answer(), method="POST")
    made = await subscribe(light, upstream_server)
    await happen(light, "a.b")
    await happen(light, "a.b", tenant="other")
    [delivery] = await deliveries(light, "delivered")
    for method, path in (
        ("GET", f"{SUBSCRIPTIONS}/{made['subscription']['id']}"),
        ("DELETE", f"{SUBSCRIPTIONS}/{made['subscription']['id']}"),
        ("POST", f"{SUBSCRIPTIONS}/{made['subscription']['id']}/test"),
        ("POST", f"{SUBSCRIPTIONS}/{made['subscription']['id']}/regenerate-secret"),
        ("GET", f"{DELIVERIES}/{delivery['id']}"),
        ("POST", f"{DELIVERIES}/{delivery['id']}/resend"),
    ):
        assert (await light.http.request(method, path, headers=STRANGER)).status_code == 404
    assert (await light.http.get(SUBSCRIPTIONS, headers=STRANGER)).json()["total"] == 0
    assert (await light.http.get(SUBSCRIPTIONS, headers=caller("jobs:read"))).status_code == 403


@pytest.mark.parametrize(
    ("draft", "pointer"),
    [
        ({"url": "ftp://x", "events": ["*"]}, "/url"),
        ({"url": "https://example.com", "events": []}, "/events"),
        ({"url": "https://example.com", "events": ["Record"]}, "/events"),
        ({"url": "https://example.com", "events": ["*"], "secret": "no base64!"}, "/secret"),
        ({"url": "https://example.com", "events": ["*"], "format": "xml"}, "/format"),
    ],
    ids=["scheme", "nothing", "pattern", "secret", "format"],
)
async def test_a_bad_draft_says_where(light: App, draft: dict[str, Any], pointer: str) -> None:
    refused = await light.http.post(SUBSCRIPTIONS, json=draft, headers=ADMIN)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"].startswith(pointer)


async def test_sealed_secrets_can_be_rotated(app: App, upstream_server: Upstream) -> None:
    upstream_server.on("/hook", answer(), method="POST")
    await subscribe(app, upstream_server)
    async with app.store.begin() as session:
        event = OutgoingEvent("execute.finished", b"{}")
        await app.services.get(Sender).send(session, ANN, f"{upstream_server.url}/hook", _secret(), event)
    for name in ("webhook-subscriptions", "webhook-deliveries"):
        await check_sealed(app.services, name)
