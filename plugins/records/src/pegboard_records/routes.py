"""``/api/v1/shards``"""

from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import Response, StreamingResponse

from pegboard import Call, RouteSpec

from .exporting import MEDIA
from .matching import match_of, tagged
from .records import Records
from .shards import (
    Batch,
    BatchResult,
    ExportQuery,
    Shard,
    ShardDraft,
    ShardPatch,
    ShardQuery,
    ShardRemoval,
    Shards,
    ShardsQuery,
)

PREFIX = "/api/v1/shards"
SIZE = 1024 * 1024
BATCH_SIZE = 16 * 1024 * 1024
MATCHING = "With `If-Match` only if it still has that ETag."


def _records(call: Call[Any, Any]) -> Records:
    return call.services.get(Records)


def _source(call: Call[Any, Any]) -> str:
    return f"api:{call.caller.id}"


async def listed(call: Call[None, ShardsQuery]) -> Shards:
    return await _records(call).list(call.caller.tenant, call.query)


async def create(call: Call[ShardDraft, None]) -> Response:
    return tagged(await _records(call).create(call.caller.tenant, call.body, _source(call)), 201)


async def read(call: Call[None, ShardQuery]) -> Response:
    deleted = call.query.includeDeleted
    return tagged(await _records(call).get(call.caller.tenant, call.path["id"], deleted=deleted))


async def update(call: Call[ShardPatch, None]) -> Response:
    tenant, match = call.caller.tenant, match_of(call.request)
    return tagged(await _records(call).patch(tenant, call.path["id"], call.body.data, _source(call), match))


async def delete(call: Call[None, ShardRemoval]) -> None:
    tenant, match = call.caller.tenant, match_of(call.request)
    await _records(call).delete(tenant, call.path["id"], _source(call), purge=call.query.purge, match=match)


async def restore(call: Call[None, None]) -> Response:
    tenant, match = call.caller.tenant, match_of(call.request)
    return tagged(await _records(call).restore(tenant, call.path["id"], _source(call), match))


async def batch(call: Call[Batch, None]) -> BatchResult:
    return await _records(call).batch(call.caller.tenant, call.body, _source(call))


async def export(call: Call[None, ExportQuery]) -> Response:
    query = call.query
    parts = await _records(call).export(call.caller.tenant, query)
    first = await anext(parts, b"")  # what is wrong from the start is a problem, and no broken stream
    headers = {"Content-Disposition": f'attachment; filename="{query.type}.{query.format}"'}
    return StreamingResponse(_all(first, parts), media_type=MEDIA[query.format], headers=headers)


async def _all(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for part in rest:
        yield part


CHANGED = {412: "It was changed: its ETag is another than that of `If-Match`"}
READ: dict[str, Any] = {"scopes": ("shards:read",), "tags": ("shards",)}
WRITE: dict[str, Any] = {"scopes": ("shards:write",), "tags": ("shards",), "body_limit": SIZE}

ROUTES = (
    RouteSpec(
        "shards.list",
        PREFIX,
        listed,
        summary="List records",
        description="Of all types, or of one; newest first unless `sort` says otherwise.",
        query=ShardsQuery,
        result=Shards,
        answers={404: "No such shard type"},
        **READ,
    ),
    RouteSpec(
        "shards.create",
        PREFIX,
        create,
        ("POST",),
        "Make a record",
        body=ShardDraft,
        result=Shard,
        status=201,
        answers={404: "No such shard type", 409: "The external id is taken", 422: "Not as its type wants it"},
        **WRITE,
    ),
    RouteSpec(
        "shards.batch",
        f"{PREFIX}/batch",
        batch,
        ("POST",),
        "Make or replace up to 1,000 records by their external ids",
        description="What is good is written, in one transaction; each item has a result of its own. A soft-deleted "
        "record that comes again is there again.",
        body=Batch,
        result=BatchResult,
        answers={404: "No such shard type"},
        **WRITE | {"body_limit": BATCH_SIZE},
    ),
    RouteSpec(
        "shards.export",
        f"{PREFIX}/export",
        export,
        summary="All records of a type as JSON lines or CSV",
        description="Streamed, in the order of the external ids. In CSV, texts that a spreadsheet would take for "
        "formulas begin with an apostrophe.",
        query=ExportQuery,
        result=Any,
        media=tuple(MEDIA.values()),
        answers={404: "No such shard type"},
        **READ,
    ),
    RouteSpec("shards.read", f"{PREFIX}/{{id}}", read, summary="Read a record", query=ShardQuery, result=Shard, **READ),
    RouteSpec(
        "shards.update",
        f"{PREFIX}/{{id}}",
        update,
        ("PATCH",),
        "Change fields of a record",
        description=f"A merge patch (RFC 7396) of `data`. {MATCHING}",
        body=ShardPatch,
        result=Shard,
        answers=CHANGED | {422: "Not as its type wants it"},
        **WRITE,
    ),
    RouteSpec(
        "shards.delete",
        f"{PREFIX}/{{id}}",
        delete,
        ("DELETE",),
        "Delete a record",
        description=f"It is marked as deleted and can be restored, unless `purge` is true. {MATCHING}",
        query=ShardRemoval,
        status=204,
        answers=CHANGED,
        scopes=("shards:delete",),
        tags=("shards",),
    ),
    RouteSpec(
        "shards.restore",
        f"{PREFIX}/{{id}}/restore",
        restore,
        ("POST",),
        "Restore a deleted record",
        description=MATCHING,
        result=Shard,
        answers=CHANGED,
        scopes=("shards:write",),
        tags=("shards",),
    ),
)
