"""Mistakes in the code of a definition are found when it is saved, wherever that code runs."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pegboard import create_app

pytestmark = pytest.mark.anyio

KEY = "key-of-the-integrations-test-0123456789"
MAPPING = {"dataPath": "$.items", "identifierField": "$.id"}
WRONG = {
    "JavaScript that ends too early": {"expression": "value +"},
    "JavaScript that closes its bracket": {"expression": "1); while (true) {} (2"},
    "Python that ends too early": {"expression": "value +", "language": "python"},
    "Python that reaches out": {"expression": "__import__('os')", "language": "python"},
}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(environ={"PEGBOARD_DATA": str(tmp_path), "API_KEY": KEY})
    transport = httpx.ASGITransport(app)
    headers = {"X-API-Key": KEY}
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://app", headers=headers, timeout=60) as client,
    ):
        yield client


async def saved(client: httpx.AsyncClient, **endpoint: Any) -> httpx.Response:
    whole = {"id": "list", "method": "POST", "path": "/x", "responseMapping": MAPPING, **endpoint}
    document = {"name": "crm", "baseUrl": "https://api.example.com", "auth": {"type": "none"}, "endpoints": [whole]}
    return await client.post("/api/v1/custom-integrations", json={"integrationType": "rest_api", **document})


def mapping(config: dict[str, Any]) -> dict[str, Any]:
    fields = [{"source": "$.a", "target": "a", "transform": {"type": "expression", "config": config}}]
    return {**MAPPING, "fieldMappings": fields}


async def test_wrong_expressions_of_a_mapping_are_refused_with_their_place(client: httpx.AsyncClient) -> None:
    for name, config in WRONG.items():
        answer = await saved(client, responseMapping=mapping(config))
        assert answer.status_code == 422, name
        [error] = answer.json()["errors"]
        assert error["pointer"] == "/endpoints/0/responseMapping/fieldMappings/0/transform/config/expression", name
        assert error["detail"].startswith("line 1, column "), name


async def test_wrong_expressions_of_parameters_and_bodies_are_refused_with_their_place(
    client: httpx.AsyncClient,
) -> None:
    params = [{"name": "q", "type": "string", "valueSource": "expression", "value": "1 +"}]
    properties = {
        "a": {"type": "object", "properties": {"b": {"type": "number", "source": "expression", "value": "("}}}
    }
    body = {"bodyType": "schema", "schema": {"type": "object", "properties": properties}}
    answer = await saved(client, queryParams=params, body=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [
        "/endpoints/0/queryParams/0/value",
        "/endpoints/0/body/schema/properties/a/properties/b/value",
    ]


async def test_good_expressions_are_saved_and_mapped(client: httpx.AsyncClient) -> None:
    answer = await saved(client, responseMapping=mapping({"expression": "value * 2 + record.b"}))
    assert answer.status_code == 201
    sample = {"items": [{"id": 1, "a": 2, "b": 3}, {"id": 2, "a": "x"}]}
    place = f"/api/v1/custom-integrations/{answer.json()['id']}/preview"
    preview = (await client.post(place, json={"endpointId": "list", "sample": sample})).json()
    assert [one["data"] for one in preview["mapped"]] == [{"a": 7}]
    assert [one["index"] for one in preview["failed"]] == [1]
