"""``/api/v1/audit``"""

from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import Response, StreamingResponse

from pegboard import Call, RouteSpec
from pegboard.json import dumps

from .entries import Entry, EntryFilter, EntryPage, EntryQuery
from .log import AuditLog

JSON_LINES = "application/x-ndjson"


async def list_entries(call: Call[None, EntryQuery]) -> EntryPage:
    return await call.services.get(AuditLog).page(call.caller.tenant, call.query)


async def read_entry(call: Call[None, None]) -> Entry:
    return await call.services.get(AuditLog).get(call.caller.tenant, call.path["id"])


async def export_entries(call: Call[None, EntryFilter]) -> Response:
    lines = json_lines(call.services.get(AuditLog), call.caller.tenant, call.query)
    headers = {"Content-Disposition": 'attachment; filename="audit.jsonl"'}
    return StreamingResponse(lines, media_type=JSON_LINES, headers=headers)


async def json_lines(log: AuditLog, tenant: str, wanted: EntryFilter) -> AsyncIterator[bytes]:
    """The entries that fit, one JSON document a line, newest first; some hundred lines at a time."""
    async for found in log.walk(tenant, wanted):
        yield b"".join(dumps(entry) + b"\n" for entry in found)


ROUTES = (
    RouteSpec(
        "audit.list",
        "/api/v1/audit",
        list_entries,
        summary="Who did what",
        description="The operations in the caller's tenant, newest first, with what each changed; no secret is shown.",
        tags=("audit",),
        scopes=("audit:read",),
        query=EntryQuery,
        result=EntryPage,
    ),
    RouteSpec(
        "audit.export",
        "/api/v1/audit/export",
        export_entries,
        summary="Who did what, as JSON lines",
        description="All entries that fit, newest first, as application/x-ndjson: the entries of the list, one a line.",
        tags=("audit",),
        scopes=("audit:read",),
        query=EntryFilter,
        result=Any,
        media=(JSON_LINES,),
    ),
    RouteSpec(
        "audit.read",
        "/api/v1/audit/{id}",
        read_entry,
        summary="One entry",
        tags=("audit",),
        scopes=("audit:read",),
        result=Entry,
        answers={404: "No such entry in the caller's tenant"},
    ),
)
