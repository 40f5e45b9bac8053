"""Endpoints whose logic this sandbox runs, over HTTP."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import pegboard_egress
import pegboard_endpoints
import pegboard_sandbox_monty
import pegboard_sandbox_process
import pegboard_sandbox_restricted
import pegboard_store
import pegboard_vault
from pegboard import create_app
from pegboard.testing import answer, callers, client, upstream
from pegboard.testing.callers import caller

pytestmark = pytest.mark.anyio

PLUGINS = {
    "callers": callers,
    "egress": pegboard_egress,
    "endpoints": pegboard_endpoints,
    "sandbox-monty": pegboard_sandbox_monty,
    "sandbox-process": pegboard_sandbox_process,
    "sandbox-restricted": pegboard_sandbox_restricted,
    "store": pegboard_store,
    "vault": pegboard_vault,
}
LOGIC = """
def process_data(widget_data, request, user):
    region = request.path_params.get('region') or request.query_params.get('region', 'all')
    rows = [sale for sale in widget_data['sales'] if region in ('all', sale['region'])]
    return {'region': region, 'total': sum(sale['amount'] for sale in rows), 'by': user.username}
"""
SALES = {"sales": [{"region": "north", "amount": 2.5}, {"region": "south", "amount": 4}]}


class Desk:
    """A caller of an app, and its upstream."""

    def __init__(self, api: Any, url: str) -> None:
        self._api = api
        self._url = url

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        known = caller("*", tenant="acme", id="u1", username="ada")
        response: httpx.Response = await self._api.request(method, path, headers=known, **more)
        return response

    async def save(self, logic: str, **data: Any) -> httpx.Response:
        endpoint_data = {"logic": logic, **data}
        widget = {"name": "Sales", "project_id": "p1", "endpoint": self._url, "endpoint_data": endpoint_data}
        return await self.call("POST", "/public/widgets", json=widget)


@asynccontextmanager
async def opened(folder: Path, endpoints: dict[str, Any], **monty: Any) -> AsyncIterator[Desk]:
    async with upstream() as stand_in:
        stand_in.on("/sales", answer(json=SALES))
        sections = {
            "egress": {"allow_origins": [stand_in.url]},
            "endpoints": endpoints,
            "sandbox-monty": {"workers": 1, **monty},
        }
        settings = {"data": str(folder), "plugins": sections}
        app = create_app(settings=settings, plugins=PLUGINS, environ={}, installed=False)
        async with client(app, timeout=30) as api:
            yield Desk(api, f"{stand_in.url}/sales")


async def test_an_endpoint_names_the_sandbox(tmp_path: Path) -> None:
    async with opened(tmp_path, {"sandboxes": ["monty"]}, allow_weak_isolation=True) as desk:
        saved = await desk.save(LOGIC, sandbox="monty")
        assert saved.status_code == 201, saved.text
        executed = await desk.call("GET", f"{saved.json()['execute_url']}?region=north")
        assert executed.json() == {"region": "north", "total": 2.5, "by": "ada"}
        assert (executed.headers["X-Sandbox"], executed.headers["X-Isolation"]) == ("monty", "L1")


async def test_the_sandbox_is_the_default_and_says_at_once_what_it_lacks(tmp_path: Path) -> None:
    async with opened(tmp_path, {"sandbox": "monty"}, allow_weak_isolation=True) as desk:
        refused = await desk.save("import statistics\nclass A(dict): pass\ndef process_data(d, r, u):\n    del d")
        assert refused.status_code == 422
        body = refused.json()
        assert (body["error_code"], body["forbidden_modules"]) == ("FORBIDDEN_MODULE", ["statistics"])
        found = [(one["code"], one["line"], bool(one["hint"])) for one in body["violations"]]
        assert found == [("FORBIDDEN_MODULE", 1, True), ("UNSUPPORTED", 2, True), ("UNSUPPORTED", 4, True)]
        saved = await desk.save("def process_data(d, r, u):\n    return d['nothing']")
        failed = await desk.call("GET", saved.json()["execute_url"])
        told = failed.json()
        assert (failed.status_code, told["error_code"], told["error_type"], told["line"]) == (
            422, "EXECUTION_ERROR", "KeyError", 2,
        )  # fmt: skip


async def test_without_leave_its_endpoints_are_closed(tmp_path: Path) -> None:
    async with opened(tmp_path, {"sandboxes": ["monty"]}) as desk:
        refused = await desk.save(LOGIC, sandbox="monty")
        assert refused.status_code == 503
        assert "allow_weak_isolation" in json.dumps(refused.json())
