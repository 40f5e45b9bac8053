"""From a delivery to what is done about it."""

import asyncio
import gzip
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from pegboard import Meters
from pegboard.testing import client
from pegboard_store import Migrations
from pegboard_store.testing import check_migrations
from pegboard_webhooks.pump import Pump
from pegboard_webhooks.tables import events, metadata

from .conftest import ADMIN, STRANGER, TOKEN, App, Desk, app_on, body_of, hmac_header

pytestmark = pytest.mark.anyio

SECRET = "wh_secret_abc123"


def listen(app: App, **config: object) -> None:
    app.desk.receives(app.scheme("hmac"), SECRET, header="X-Signature", **config)


async def test_the_migrations_make_the_tables(database_url: str) -> None:
    line = Migrations("webhooks", "Webhooks", package="pegboard_webhooks.migrations")
    await check_migrations(database_url, line, metadata)


async def test_an_event_is_stored_answered_and_handled_once(app: App) -> None:
    listen(app, status=202, body='{"status": "received"}')
    body = body_of(type="contact.created", id=7)
    answer = await app.deliver(body, x_signature=hmac_header(SECRET, body))
    assert (answer.status_code, answer.json()) == (202, {"status": "received"})
    assert answer.headers["content-type"] == "application/json"
    [event] = await app.states("handled")
    assert (event["type"], event["attempts"], event["hook"], event["error"]) == ("contact.created", 1, "one", "")
    assert app.desk.handled == [{"type": "contact.created", "id": 7}]
    detail = (await app.http.get(f"/api/v1/webhook-events/{event['id']}", headers=ADMIN)).json()
    assert (detail["body"], detail["bodyEncoding"]) == (body.decode(), "text")
    assert detail["result"] == {"seen": {"type": "contact.created", "id": 7}}
    assert ["x-signature", hmac_header(SECRET, body)] in detail["headers"]


async def test_a_wrong_signature_is_refused_and_recorded_without_its_body(app: App) -> None:
    listen(app)
    answer = await app.deliver(b'{"type": "x"}', x_signature="0" * 64)
    assert answer.status_code == 401
    assert (answer.json()["type"], answer.json()["reason"]) == (
        "urn:pegboard:problem:webhook-refused",
        "wrong-signature",
    )
    assert (await app.deliver(b"{}")).json()["reason"] == "missing-header"
    events = await app.states("refused", "refused")
    assert "does not fit" in events[0]["error"]
    assert [event["size"] for event in events] == [0, 0]
    assert app.desk.handled == []


async def test_an_unknown_address_receives_nothing(light: App) -> None:
    listen(light)
    for name, token in (("two", "the-token-of-the-address"), ("one", "another")):
        answer = await light.deliver(b"{}", name=name, token=token)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:pegboard:problem:webhook-not-found")
    assert (await light.http.post("/api/v1/webhooks/nobody/one/x", content=b"{}")).status_code == 404


async def test_another_tenant_sees_nothing(light: App) -> None:
    listen(light)
    body = body_of(type="t")
    await light.deliver(body, x_signature=hmac_header(SECRET, body))
    [event] = await light.states("handled")
    assert (await light.http.get("/api/v1/webhook-events", headers=STRANGER)).json()["total"] == 0
    for path, method in ((event["id"], "GET"), (f"{event['id']}/resend", "POST")):
        answer = await light.http.request(method, f"/api/v1/webhook-events/{path}", headers=STRANGER)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:pegboard:problem:event-not-found")


async def test_32_equal_deliveries_at_once_have_one_effect(app: App) -> None:
    listen(app)
    body = body_of(type="t", id=1)
    answers = await asyncio.gather(*(app.deliver(body, x_signature=hmac_header(SECRET, body)) for _ in range(32)))
    assert {answer.status_code for answer in answers} == {200}
    await app.states("handled")
    assert app.desk.handled == [{"type": "t", "id": 1}]


async def test_an_id_in_the_body_tells_events_apart(app: App) -> None:
    listen(app, event_id=lambda document: str(document["id"]))
    for number, text in ((1, "a"), (1, "b"), (2, "a")):
        body = body_of(type="t", id=number, text=text)
        assert (await app.deliver(body, x_signature=hmac_header(SECRET, body))).status_code == 200
    await app.states("handled", "handled")
    assert [document["text"] for document in app.desk.handled] == ["a", "a"]


async def test_an_id_in_a_header_counts_where_the_hook_says_so(app: App) -> None:
    listen(app, id_header="X-Id")
    body = body_of(type="t")
    for identifier in ("1", "1", "2"):
        await app.deliver(body, x_signature=hmac_header(SECRET, body), x_id=identifier)
    assert len(await app.states("handled", "handled")) == 2


async def test_both_secrets_count_while_one_is_replaced(light: App) -> None:
    light.desk.receives(light.scheme("hmac"), "new", "old", header="X-Signature")
    for number, secret in enumerate(("new", "old")):
        body = body_of(type="t", id=number)
        assert (await light.deliver(body, x_signature=hmac_header(secret, body))).status_code == 200
    await light.states("handled", "handled")


async def test_what_fails_is_tried_again_and_then_a_dead_letter_that_can_be_sent_again(app: App) -> None:
    listen(app)
    app.desk.failures = 1
    body = body_of(type="t")
    await app.deliver(body, x_signature=hmac_header(SECRET, body))
    [event] = await app.states("handled")
    assert event["attempts"] == 2
    app.desk.failures = 3
    other = body_of(type="t", id=2)
    await app.deliver(other, x_signature=hmac_header(SECRET, other))
    _, dead = await app.states("handled", "dead")
    assert (dead["attempts"], dead["error"]) == (3, "it is not the time for that")
    detail = (await app.http.get(f"/api/v1/webhook-events/{dead['id']}", headers=ADMIN)).json()
    assert detail["body"] == other.decode()
    assert len(app.desk.handled) == 1
    assert (await app.http.post(f"/api/v1/webhook-events/{dead['id']}/resend", headers=ADMIN)).status_code == 204
    await app.states("handled", "handled")
    assert app.desk.handled[1] == {"type": "t", "id": 2}


async def test_an_error_within_the_app_tells_nothing_but_where_the_log_has_it(light: App) -> None:
    listen(light)
    body = body_of(type="broken")
    await light.deliver(body, x_signature=hmac_header(SECRET, body))
    [dead] = await light.states("dead")
    assert "its log says more" in dead["error"]
    assert "secret" not in dead["error"]


async def test_one_that_fails_holds_up_no_other(light: App) -> None:
    listen(light)
    for kind in ("broken", "fine"):
        body = body_of(type=kind)
        await light.deliver(body, x_signature=hmac_header(SECRET, body))
    await light.states("dead", "handled")


async def test_an_event_that_no_rule_is_for_is_kept_as_such_and_can_be_sent_again(app: App) -> None:
    listen(app)
    body = body_of(type="unknown")
    assert (await app.deliver(body, x_signature=hmac_header(SECRET, body))).status_code == 200
    [event] = await app.states("unmatched")
    assert event["type"] == "unknown"
    answer = await app.http.post("/api/v1/webhook-events/resend", json={"state": "unmatched"}, headers=ADMIN)
    assert answer.json() == {"resent": 1}
    empty = await app.http.post("/api/v1/webhook-events/resend", json={}, headers=ADMIN)
    assert empty.status_code == 422
    await app.states("unmatched")


async def test_filters_choose_events(app: App) -> None:
    listen(app)
    for kind in ("a", "b", "unknown"):
        body = body_of(type=kind)
        await app.deliver(body, x_signature=hmac_header(SECRET, body))
    await app.states("handled", "handled", "unmatched")
    assert [event["type"] for event in await app.events(state="handled")] == ["b", "a"]
    assert [event["type"] for event in await app.events(type="a")] == ["a"]
    assert len(await app.events(limit=1, offset=1)) == 1
    assert await app.events(hook="none") == []


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"no json", {}, 400, "invalid-json"),
        (b"", {}, 400, "invalid-json"),
        (b"\x80", {"content_type": "application/x-www-form-urlencoded"}, 400, "invalid-form"),
        (b"<a/>", {"content_type": "text/xml"}, 415, "unsupported-media-type"),
        (b"{}", {"content_encoding": "br"}, 415, "unsupported-media-type"),
        (b"{}", {"content_encoding": "gzip"}, 400, "invalid-json"),
        (gzip.compress(b'{"a": 1}')[:-9], {"content_encoding": "gzip"}, 400, "invalid-json"),
        (gzip.compress(b"0" * 50_000_000), {"content_encoding": "gzip"}, 413, "body-too-large"),
        (b" " * (10 * 1024 * 1024), {}, 413, "body-too-large"),
        (b"{}", {"content_type": "application/cloudevents+json"}, 400, "invalid-cloudevent"),
    ],
    ids=["text", "empty", "form", "xml", "brotli", "no-gzip", "cut-gzip", "bomb", "ten-mib", "no-cloudevent"],
)
async def test_what_cannot_be_understood_is_refused_with_the_reason(
    light: App, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    listen(light)
    answer = await light.deliver(body, x_signature=hmac_header(SECRET, body), **headers)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:pegboard:problem:{code}")
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (gzip.compress(b'{"type": "t"}'), {"content_encoding": "gzip"}, {"type": "t"}),
        (zlib.compress(b'{"type": "t"}'), {"content_encoding": "deflate"}, {"type": "t"}),
        (b"type=t&a=1&a=2", {"content_type": "application/x-www-form-urlencoded"}, {"type": "t", "a": ["1", "2"]}),
        (b"payload=%7B%22type%22%3A1%7D", {"content_type": "application/x-www-form-urlencoded"}, {"type": 1}),
        (b"payload=x", {"content_type": "application/x-www-form-urlencoded"}, {"payload": "x"}),
        (b'{"type": "t"}', {"content_type": "application/vnd.acme.v1+json"}, {"type": "t"}),
    ],
    ids=["gzip", "deflate", "form", "form-of-json", "form-of-text", "vendor"],
)
async def test_what_is_sent_is_understood(light: App, body: bytes, headers: dict[str, str], expected: object) -> None:
    listen(light)
    assert (await light.deliver(body, x_signature=hmac_header(SECRET, body), **headers)).status_code == 200
    await light.states("handled")
    assert light.desk.handled == [expected]


async def test_a_flood_of_refused_events_is_only_counted(app_with: Any) -> None:
    async with app_with(refused_per_minute=3) as app:
        listen(app)
        for _ in range(10):
            assert (await app.deliver(b"{}", x_signature="0")).status_code == 401
        assert len(await app.events()) <= 6, "a minute may end meanwhile"
        [counted] = [one for one in await app.services.get(Meters).read() if one.name == "webhook_events"]
        assert counted.values[("refused",)] == 10


async def test_the_secret_of_the_address_is_in_no_log(tmp_path: Path) -> None:
    desk = Desk()
    app = app_on(f"sqlite:///{tmp_path / 'logged.db'}", tmp_path, desk, log={"access": True})
    with capture_logs() as found:
        async with client(app) as http:
            made = App(http, desk)
            listen(made)
            for name in ("one", "two"):
                assert (await made.deliver(b"{}", name=name, x_signature="0")).status_code in (401, 404)
    told = [entry["path"] for entry in found if entry["event"] == "request"]
    assert told == ["/api/v1/webhooks/desk/one/***", "/api/v1/webhooks/desk/two/***"]
    assert TOKEN not in str(found)


async def test_what_is_old_is_forgotten(app: App) -> None:
    listen(app)
    body = body_of(type="t", id=1)
    for _ in range(2):
        await app.deliver(body, x_signature=hmac_header(SECRET, body))
    [event] = await app.states("handled")
    days = {"old": 31, "known": 2}
    pump = app.services.get(Pump)
    for age, left in ((days["known"], 1), (days["old"], 0)):
        async with app.store.begin() as session:
            then = datetime.now(UTC) - timedelta(days=age)
            await session.execute(update(events).where(events.c.id == event["id"]).values(received_at=then))
        await pump.forget()
        assert len(await app.events()) == left
    assert (await app.deliver(body, x_signature=hmac_header(SECRET, body))).status_code == 200
    await app.states("handled")
    assert len(app.desk.handled) == 2, "behind the window it is another event"
