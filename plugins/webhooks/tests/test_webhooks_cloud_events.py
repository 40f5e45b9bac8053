"""CloudEvents 1.0 that come in, in either mode, one rule for both."""

from typing import Any

import pytest

from pegboard import Problem
from pegboard_webhooks import cloud_events
from pegboard_webhooks.receiving.content import document_of

from .conftest import App, body_of, hmac_header

pytestmark = pytest.mark.anyio

EVENT = {"specversion": "1.0", "id": "7", "source": "/crm", "type": "contact.created"}
STRUCTURED = [("content-type", "application/cloudevents+json; charset=utf-8")]


def binary(**more: str) -> list[tuple[str, str]]:
    attributes = {**EVENT, **more}
    return [("content-type", "application/json"), *((f"ce-{name}", value) for name, value in attributes.items())]


async def test_both_modes_are_the_same_to_a_rule() -> None:
    data = {"name": "Ada"}
    whole = document_of(STRUCTURED, body_of(**EVENT, data=data), 1000)
    apart = document_of(binary(subject="a%20b"), body_of(**data), 1000)
    assert whole == {**EVENT, "data": data}
    assert apart == {**EVENT, "subject": "a b", "datacontenttype": "application/json", "data": data}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"id": ""}, "id is missing"),
        ({"specversion": "0.2"}, "specversion"),
        ({"time": "yesterday"}, "time"),
        ({"Bad-Name": "x"}, "Bad-Name"),
    ],
    ids=["id", "version", "time", "name"],
)
async def test_what_is_no_cloud_event_is_refused_with_the_reason(change: dict[str, Any], told: str) -> None:
    with pytest.raises(Problem, match=told) as refused:
        document_of(STRUCTURED, body_of(**{**EVENT, **change}), 1000)
    assert (refused.value.status, refused.value.code) == (400, "invalid-cloudevent")


async def test_an_attribute_that_is_there_twice_is_refused() -> None:
    with pytest.raises(Problem, match="twice"):
        cloud_events.binary([*binary(), ("ce-id", "8")], {})


async def test_a_cloud_event_is_received_and_handled(light: App) -> None:
    light.desk.receives(light.scheme("hmac"), "secret", header="X-Signature")
    body = body_of(n=1)
    headers = {name.replace("-", "_"): value for name, value in binary()[1:]}
    sent = await light.deliver(body, x_signature=hmac_header("secret", body), **headers)
    assert sent.status_code == 200
    [event] = await light.states("handled")
    assert event["type"] == "contact.created"
    assert light.desk.handled[0]["data"] == {"n": 1}
