"""The routes of the history."""

from typing import Any

from pegboard import Call, RouteSpec
from pegboard_store import Page

from .call_documents import CallQuery, CallRecord, MinuteQuery, Minutes, StateQuery, States
from .endpoints import Endpoints
from .errors import widget_problem

READ: dict[str, Any] = {"scopes": ("widgets:read",), "render": widget_problem, "tags": ("widgets",)}


async def calls(call: Call[None, CallQuery]) -> Page[CallRecord]:
    endpoints = call.services.get(Endpoints)
    widget = await endpoints.widgets.get(call.path["id"], call.caller.tenant)
    await endpoints.history.flush()
    return await endpoints.history.calls.page(widget.tenant, widget.id, call.query)


async def minutes(call: Call[None, MinuteQuery]) -> Minutes:
    endpoints = call.services.get(Endpoints)
    widget = await endpoints.widgets.get(call.path["id"], call.caller.tenant)
    await endpoints.history.flush()
    return Minutes(await endpoints.history.calls.minutes(widget.tenant, widget.id, call.query.hours))


async def states(call: Call[None, StateQuery]) -> States:
    history = call.services.get(Endpoints).history
    await history.flush()
    return States(await history.calls.states(call.caller.tenant, call.query.ids.split(",")))


def call_routes(prefix: str) -> tuple[RouteSpec, ...]:
    """Below `prefix`, the address of the widgets."""
    return (
        RouteSpec(
            "widgets.states",
            f"{prefix}/states",
            states,
            summary="How endpoints do: the last call, and what the last day came to",
            description="Endpoints that were not called lately are left out.",
            query=StateQuery,
            result=States,
            **READ,
        ),
        RouteSpec(
            "widgets.calls",
            f"{prefix}/{{id}}/calls",
            calls,
            summary="The last calls of a widget, newest first",
            description="Of many calls within a second only the last are here; all of them are in the minutes.",
            query=CallQuery,
            result=Page[CallRecord],
            **READ,
        ),
        RouteSpec(
            "widgets.minutes",
            f"{prefix}/{{id}}/calls/minutes",
            minutes,
            summary="Calls of a widget by minutes",
            query=MinuteQuery,
            result=Minutes,
            **READ,
        ),
    )
