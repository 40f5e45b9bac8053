"""The OpenAPI document says what the routes take and give."""

from typing import Any

import pytest

import pegboard_openapi
import pegboard_records
import pegboard_store
from pegboard.testing import caller, callers

pytestmark = pytest.mark.anyio

PLUGINS = {
    "callers": callers,
    "openapi": pegboard_openapi,
    "records": pegboard_records,
    "store": pegboard_store,
}


async def test_every_route_is_described_with_its_result(make_client: Any) -> None:
    api = await make_client(plugins=PLUGINS)
    document = (await api.get("/openapi.json", headers=caller("*"))).json()
    paths = document["paths"]
    assert {path for path in paths if "/shard" in path} == {
        "/api/v1/shard-types",
        "/api/v1/shard-types/{id}",
        "/api/v1/shards",
        "/api/v1/shards/batch",
        "/api/v1/shards/export",
        "/api/v1/shards/{id}",
        "/api/v1/shards/{id}/restore",
    }
    listed = paths["/api/v1/shards"]["get"]
    schema = listed["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema["$ref"].endswith("/Shards")
    assert document["components"]["schemas"]["Shards"]["required"] == ["shards", "total", "limit", "offset"]
    named = {parameter["name"] for parameter in listed["parameters"]}
    filters = {"type", "externalId", "updatedSince", "filter", "search", "includeDeleted"}
    assert named == {*filters, "limit", "offset", "sort"}
    assert "412" in paths["/api/v1/shards/{id}"]["patch"]["responses"]
