"""Who may read the page, in which format, and what it costs those who do not."""

import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from prometheus_client import Counter

import pegboard_metrics
import pegboard_openapi
from pegboard import ServiceRegistry, Services, Settings, hookimpl
from pegboard.testing import caller
from pegboard_metrics import Metrics
from pegboard_metrics.metrics import wants_openmetrics

pytestmark = pytest.mark.anyio

Serve = Callable[..., Awaitable[str]]
Scrape = Callable[..., Awaitable[Any]]

PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;"
    "q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
"""What Prometheus 3 sends."""


async def status(url: str, **headers: str) -> int:
    async with httpx.AsyncClient(base_url=url) as client:
        return (await client.get("/metrics", headers=headers)).status_code


async def test_only_callers_with_the_scope_may_read(serve: Serve) -> None:
    url = await serve()
    assert await status(url) == 401
    assert await status(url, **caller("widgets:read")) == 403
    assert await status(url, **caller("metrics:read")) == 200


async def test_a_public_page_is_for_everybody(serve: Serve) -> None:
    assert await status(await serve(metrics={"public": True})) == 200


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain;version=0.0.4", "text/plain; version=0.0.4; charset=utf-8"),
        ("application/openmetrics-text", "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        (PROMETHEUS, "application/openmetrics-text; version=1.0.0; charset=utf-8"),
    ],
)
async def test_the_format_is_the_one_that_is_asked_for(
    serve: Serve, scrape: Scrape, accept: str, media_type: str
) -> None:
    page = await scrape(await serve(), Accept=accept)
    assert page.answer.headers["content-type"] == media_type
    assert page.answer.headers["vary"] == "Accept"
    assert page("process_start_time_seconds") > 0


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("", False),
        ("application/openmetrics-text; version=1.0.0; q=0.9", True),
        ("text/html, Application/OpenMetrics-Text", True),
        ("application/openmetrics-text; version=0.0.1", False),
        ("application/openmetrics-text; version=x", False),
        ("application/openmetrics-textual", False),
        (";,;=,,", False),
    ],
)
def test_an_accept_header_of_any_kind_is_read(accept: str, wanted: bool) -> None:
    assert wants_openmetrics(accept) is wanted


async def test_apps_in_one_process_have_metrics_of_their_own(serve: Serve, scrape: Scrape) -> None:
    one, other = await serve(), await serve()
    for _ in range(3):
        await scrape(one)
    assert "pegboard_http_requests_total" not in (await scrape(other)).names


async def test_the_process_is_a_label_where_that_is_set(serve: Serve, scrape: Scrape) -> None:
    page = await scrape(await serve(metrics={"process_label": True}))
    assert len(page.samples) > 5
    assert {dict(labels).get("process") for _, labels in page.samples} == {str(os.getpid())}
    page = await scrape(await serve())
    assert {dict(labels).get("process") for _, labels in page.samples} == {None}


async def test_another_plugin_adds_metrics_of_its_own(serve: Serve, scrape: Scrape) -> None:
    class Pegs:
        @hookimpl
        def pegboard_services(self, registry: ServiceRegistry, settings: Settings) -> None:
            async def opened(services: Services) -> Counter:
                hung = Counter("pegs_hung", "Pegs that were hung.", registry=(await services.aget(Metrics)).registry)
                hung.inc(3)
                return hung

            registry.offer(Counter, opened, eager=True)

    assert (await scrape(await serve(pegs=Pegs())))("pegs_hung_total") == 3


async def test_the_document_of_the_api_lists_the_page(serve: Serve) -> None:
    url = await serve(openapi=pegboard_openapi)
    async with httpx.AsyncClient(base_url=url) as client:
        operation = (await client.get("/openapi.json")).json()["paths"]["/metrics"]["get"]
    assert (operation["operationId"], operation["x-required-scopes"]) == ("metrics.page", ["metrics:read"])


LAZY = """
import asyncio, sys
import pegboard_metrics
from pegboard import create_app
from pegboard.testing import client

async def main():
    app = create_app(plugins={"metrics": pegboard_metrics}, settings={"plugins": {"metrics": {"public": True}}},
                     installed=False, environ={})
    async with client(app) as api:
        assert (await api.get("/-/health")).status_code == 200
        print("prometheus_client" in sys.modules)
        assert (await api.get("/metrics")).status_code == 200
        print("prometheus_client" in sys.modules)

asyncio.run(main())
"""


def test_the_library_is_imported_by_the_first_reader_and_not_by_the_start() -> None:
    done = subprocess.run([sys.executable, "-c", LAZY], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.split()) == (0, ["False", "True"]), done.stderr


def test_the_public_names_are_these() -> None:
    assert pegboard_metrics.__all__ == ["Metrics", "MetricsSettings"]
