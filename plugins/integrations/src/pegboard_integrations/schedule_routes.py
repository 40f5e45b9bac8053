"""``/api/v1/custom-integrations/{id}/schedules``"""

from collections.abc import Sequence
from typing import Any

from pegboard import Call, RouteSpec

from .actors import Actor
from .schedules import Schedule, Schedules, TimeTable

ALL = "/api/v1/custom-integrations/{id}/schedules"
ONE = f"{ALL}/{{endpoint_id}}"
TAGS = ("custom integrations",)


async def list_schedules(call: Call[None, None]) -> Sequence[Schedule]:
    return await call.services.get(Schedules).list(call.caller.tenant, call.path["id"])


async def put_schedule(call: Call[TimeTable, None]) -> Schedule:
    path = call.path
    return await call.services.get(Schedules).put(Actor.of(call), path["id"], path["endpoint_id"], call.body)


async def remove_schedule(call: Call[None, None]) -> None:
    await call.services.get(Schedules).remove(Actor.of(call), call.path["id"], call.path["endpoint_id"])


WRITE: dict[str, Any] = {"tags": TAGS, "scopes": ("integrations:write",)}

SCHEDULE_ROUTES = (
    RouteSpec(
        "integrations.schedules",
        ALL,
        list_schedules,
        summary="When endpoints are synced by the clock",
        tags=TAGS,
        scopes=("integrations:read",),
        result=Sequence[Schedule],
        answers={404: "There is no such integration in the caller's tenant"},
    ),
    RouteSpec(
        "integrations.schedule",
        ONE,
        put_schedule,
        ("PUT",),
        "Sync an endpoint by the clock",
        description="One time table for each endpoint. A sync that is under way when the next is due is left alone.",
        body=TimeTable,
        result=Schedule,
        answers={404: "There is no such integration or endpoint", 422: "`cron` or `timezone` are none"},
        **WRITE,
    ),
    RouteSpec(
        "integrations.unschedule",
        ONE,
        remove_schedule,
        ("DELETE",),
        "Sync it by the clock no more",
        status=204,
        answers={404: "There is no such integration, or it has no time table for this endpoint"},
        **WRITE,
    ),
)
