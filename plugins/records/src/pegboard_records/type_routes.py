"""``/api/v1/shard-types``"""

from typing import Any

from starlette.responses import Response

from pegboard import Call, Problem, RouteSpec
from pegboard.auth import grants

from .catalog import Catalog
from .matching import match_of, tagged
from .records import Records
from .shard_types import ShardType, ShardTypeDraft, ShardTypes, TypeRemoval, TypesQuery

PREFIX = "/api/v1/shard-types"
DELETE_RECORDS = "shards:delete"


def _types(call: Call[Any, Any]) -> Catalog:
    return call.services.get(Records).types


async def listed(call: Call[None, TypesQuery]) -> ShardTypes:
    return await _types(call).page(call.caller.tenant, call.query)


async def create(call: Call[ShardTypeDraft, None]) -> Response:
    return tagged(await _types(call).create(call.caller.tenant, call.body), 201)


async def read(call: Call[None, None]) -> Response:
    return tagged(await _types(call).get(call.caller.tenant, call.path["id"]))


async def update(call: Call[dict[str, Any], None]) -> Response:
    match = match_of(call.request)
    return tagged(await _types(call).patch(call.caller.tenant, call.path["id"], call.body, match))


async def delete(call: Call[None, TypeRemoval]) -> None:
    records = call.query.records == "delete"
    if records and not grants(call.caller.scopes, DELETE_RECORDS):
        raise Problem(403, "forbidden", f"to delete a type with its records needs the scope {DELETE_RECORDS} too")
    await _types(call).delete(call.caller.tenant, call.path["id"], records, match_of(call.request))


CHANGED = {412: "It was changed: its ETag is another than that of `If-Match`"}
READ: dict[str, Any] = {"scopes": ("shard-types:read",), "tags": ("shard-types",)}
WRITE: dict[str, Any] = {"scopes": ("shard-types:write",), "tags": ("shard-types",)}

ROUTES = (
    RouteSpec(
        "shard-types.list", PREFIX, listed, summary="List shard types", query=TypesQuery, result=ShardTypes, **READ
    ),
    RouteSpec(
        "shard-types.create",
        PREFIX,
        create,
        ("POST",),
        "Make a shard type",
        body=ShardTypeDraft,
        result=ShardType,
        status=201,
        answers={409: "The id is taken", 422: "Not a shard type that could be made"},
        **WRITE,
    ),
    RouteSpec("shard-types.read", f"{PREFIX}/{{id}}", read, summary="Read a shard type", result=ShardType, **READ),
    RouteSpec(
        "shard-types.update",
        f"{PREFIX}/{{id}}",
        update,
        ("PATCH",),
        "Change a shard type",
        description="A merge patch (RFC 7396) of what `POST` takes, but for the id; `fields` are replaced whole. "
        "Records that are there are not checked anew. With `If-Match` only if it still has that ETag.",
        body=dict[str, Any],
        result=ShardType,
        answers=CHANGED | {422: "Not a shard type that could be"},
        **WRITE,
    ),
    RouteSpec(
        "shard-types.delete",
        f"{PREFIX}/{{id}}",
        delete,
        ("DELETE",),
        "Delete a shard type",
        description="Refused while there are records, unless `records=delete` takes them too, for which "
        "`shards:delete` is needed as well. With `If-Match` only if it still has that ETag.",
        query=TypeRemoval,
        status=204,
        answers=CHANGED | {409: "There are records of it"},
        **WRITE,
    ),
)
