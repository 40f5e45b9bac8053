"""``/api/schedules``"""

from collections.abc import Sequence
from typing import Any

import attrs

from pegboard import AuditEvent, Call, Rate, RouteSpec, record_event
from pegboard_store import Store

from .schedules import Schedule, ScheduleChange, ScheduleDraft, Schedules, Times, TimesQuery

TAGS = ("schedules",)


@attrs.frozen
class SchedulesQuery:
    """``?script_name=`` leaves those of one script."""

    script_name: str = ""


async def create_schedule(call: Call[ScheduleDraft, None]) -> Schedule:
    async with call.services.get(Store).begin() as session:
        made = await call.services.get(Schedules).create(call.caller, call.body, session)
        await _record(call, AuditEvent("schedules.create", "schedule", made.id, after=made), session)
    return made


async def list_schedules(call: Call[None, SchedulesQuery]) -> Sequence[Schedule]:
    return await call.services.get(Schedules).list(call.caller, call.query.script_name)


async def times(call: Call[None, TimesQuery]) -> Times:
    return Times.of(call.query)


async def change_schedule(call: Call[ScheduleChange, None]) -> Schedule:
    async with call.services.get(Store).begin() as session:
        changed = await call.services.get(Schedules).change(call.caller, call.path["id"], call.body, session)
        await _record(call, AuditEvent("schedules.update", "schedule", changed.id, after=changed), session)
    return changed


async def remove_schedule(call: Call[None, None]) -> None:
    async with call.services.get(Store).begin() as session:
        gone = await call.services.get(Schedules).remove(call.caller, call.path["id"], session)
        await _record(call, AuditEvent("schedules.delete", "schedule", gone.id, before=gone), session)


async def _record(call: Call[Any, Any], event: AuditEvent, session: Any) -> None:
    await record_event(call.services, event, principal=call.caller, request=call.request, transaction=session)


SCHEDULE_ROUTES = (
    RouteSpec(
        "schedules.create",
        "/api/schedules",
        create_schedule,
        ("POST",),
        "Run a script by the clock",
        tags=TAGS,
        scopes=("scripts:write",),
        body=ScheduleDraft,
        result=Schedule,
        status=201,
        answers={
            400: "Parameters are not what the script takes",
            404: "There is no such script",
            422: "`cron` or `timezone` are none",
            429: "Too many calls, or too many schedules",
        },
        rate=Rate(60, 60),
    ),
    RouteSpec(
        "schedules.list",
        "/api/schedules",
        list_schedules,
        summary="The caller's schedules",
        tags=TAGS,
        scopes=("scripts:read",),
        query=SchedulesQuery,
        result=Sequence[Schedule],
    ),
    RouteSpec(
        "schedules.times",
        "/api/schedules/times",
        times,
        summary="The next times of a time table",
        tags=TAGS,
        scopes=("scripts:read",),
        query=TimesQuery,
        result=Times,
        answers={422: "`cron` or `timezone` are none"},
    ),
    RouteSpec(
        "schedules.update",
        "/api/schedules/{id}",
        change_schedule,
        ("PATCH",),
        "Pause or resume a schedule",
        tags=TAGS,
        scopes=("scripts:write",),
        body=ScheduleChange,
        result=Schedule,
        answers={404: "The caller has no such schedule"},
    ),
    RouteSpec(
        "schedules.delete",
        "/api/schedules/{id}",
        remove_schedule,
        ("DELETE",),
        "Remove a schedule",
        tags=TAGS,
        scopes=("scripts:write",),
        status=204,
        answers={404: "The caller has no such schedule"},
    ),
)
