"""The routes of events that were received."""

from collections.abc import Iterator
from typing import Any

from pegboard import AuditEvent, Call, RouteSpec, record_event
from pegboard_store import Store

from .events import EventDetail, EventList, EventQuery, Events, ResendEvents, Resent
from .receive import RECEIVE

PREFIX = "/api/v1/webhook-events"
READ: dict[str, Any] = {"tags": ("webhooks",), "scopes": ("webhooks:read",)}
WRITE: dict[str, Any] = {"tags": ("webhooks",), "scopes": ("webhooks:write",)}
ADDRESSED = {404: "There is no such event in the caller's tenant"}


async def listed(call: Call[None, EventQuery]) -> EventList:
    return await call.services.get(Events).page(call.caller.tenant, call.query)


async def read(call: Call[None, None]) -> EventDetail:
    return await call.services.get(Events).get(call.caller.tenant, call.path["id"])


async def resend_one(call: Call[None, None]) -> None:
    identifier = call.path["id"]
    async with call.services.get(Store).begin() as session:
        await call.services.get(Events).resend_one(session, call.caller.tenant, identifier)
        await _audit(call, AuditEvent("webhooks.resend-event", "webhook-event", identifier), session)


async def resend(call: Call[ResendEvents, None]) -> Resent:
    async with call.services.get(Store).begin() as session:
        count = await call.services.get(Events).resend(session, call.caller.tenant, call.body)
        await _audit(call, AuditEvent("webhooks.resend-events", "webhook-event", detail=f"{count} events"), session)
    return Resent(count)


async def _audit(call: Call[Any, Any], event: AuditEvent, session: Any) -> None:
    await record_event(call.services, event, principal=call.caller, request=call.request, transaction=session)


def routes() -> Iterator[RouteSpec]:
    yield RECEIVE
    yield RouteSpec(
        "webhooks.events", PREFIX, listed, summary="List events that were received, the newest first",
        query=EventQuery, result=EventList, **READ,
    )  # fmt: skip
    yield RouteSpec(
        "webhooks.event", f"{PREFIX}/{{id}}", read, summary="Read an event, with its headers and body",
        result=EventDetail, answers=ADDRESSED, **READ,
    )  # fmt: skip
    yield RouteSpec(
        "webhooks.resend-events", f"{PREFIX}/resend", resend, ("POST",), "Handle several events again",
        description="Those of `ids`, or all that are in a `state`.", body=ResendEvents, result=Resent, **WRITE,
    )  # fmt: skip
    yield RouteSpec(
        "webhooks.resend-event", f"{PREFIX}/{{id}}/resend", resend_one, ("POST",), "Handle an event again",
        status=204, answers={**ADDRESSED, 409: "It waits, or was refused"}, **WRITE,
    )  # fmt: skip
