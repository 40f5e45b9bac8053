"""What the page says of requests."""

from collections.abc import Awaitable, Callable, Sequence
from itertools import accumulate
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard import Call, Problem, RouteSpec, RouteTable, hookimpl
from pegboard_metrics.requests import BUCKETS, Durations, Requests

pytestmark = pytest.mark.anyio

Serve = Callable[..., Awaitable[str]]
Scrape = Callable[..., Awaitable[Any]]


async def ok(call: Call[None, None]) -> dict[str, bool]:
    return {"ok": True}


async def refuse(call: Call[None, None]) -> None:
    raise Problem(409, "taken", "it is taken")


def pegs() -> Any:
    """A plugin with fixed routes, and a route made at run time at two addresses."""

    @hookimpl
    def pegboard_routes(settings: Any) -> Any:
        yield RouteSpec("pegs.list", "/pegs", ok, anonymous=True)
        yield RouteSpec("pegs.add", "/pegs", refuse, ("POST",), anonymous=True)

    @hookimpl
    def pegboard_services(registry: Any, settings: Any) -> None:
        def opened(services: Any) -> str:
            made = RouteSpec("pegs.made", "/made", ok, anonymous=True)
            for path in ("/made/a", "/made/b"):
                services.get(RouteTable).add(made, "pegs", path=path)
            return "made"

        registry.offer(str, opened, eager=True)

    return SimpleNamespace(pegboard_routes=pegboard_routes, pegboard_services=pegboard_services)


async def ask(url: str, *requests: str) -> None:
    async with httpx.AsyncClient(base_url=url) as client:
        for request in requests:
            await client.request(*request.split())


async def test_requests_are_counted_by_plugin_route_method_and_status(serve: Serve, scrape: Scrape) -> None:
    url = await serve(pegs=pegs())
    await ask(url, "GET /pegs", "GET /pegs", "HEAD /pegs", "POST /pegs", "GET /made/a", "GET /made/b", "GET /none")
    page = await scrape(url)

    def count(**labels: str) -> float:
        return page("pegboard_http_requests_total", **labels)  # type: ignore[no-any-return]

    assert count(plugin="pegs", route="pegs.list", method="GET", status="2xx") == 2
    assert count(plugin="pegs", route="pegs.list", method="HEAD", status="2xx") == 1
    assert count(plugin="pegs", route="pegs.add", method="POST", status="4xx") == 1
    assert count(plugin="pegs", route="pegs.made", method="GET", status="2xx") == 2
    assert count(plugin="", route="", method="GET", status="4xx") == 1
    assert page("pegboard_http_request_duration_seconds_count", plugin="pegs", route="pegs.list") == 3
    assert 0 < page("pegboard_http_request_duration_seconds_sum", plugin="pegs", route="pegs.list") < 60


async def test_a_scrape_is_counted_by_the_next_one(serve: Serve, scrape: Scrape) -> None:
    url = await serve()
    assert "pegboard_http_requests_total" not in (await scrape(url)).names
    labels = {"plugin": "metrics", "route": "metrics.page", "method": "GET", "status": "2xx"}
    assert (await scrape(url))("pegboard_http_requests_total", **labels) == 1


async def test_unusual_methods_are_one_series(serve: Serve, scrape: Scrape) -> None:
    url = await serve(pegs=pegs())
    await ask(url, "PROPFIND /pegs", "MKCOL /pegs", "REPORT /pegs")
    methods = {
        dict(labels)["method"] for name, labels in (await scrape(url)).samples if name.endswith("requests_total")
    }
    assert methods == {"other"}


@given(st.lists(st.one_of(st.floats(0, 20), st.sampled_from(BUCKETS))))
def test_a_bucket_holds_all_that_took_no_longer(times: Sequence[float]) -> None:
    requests = Requests()
    for number, seconds in enumerate(times):
        requests.answered("pegs.list", "pegs", "GET", 200 if number % 2 else 404, seconds)
    durations = requests.durations().get(("pegs", "pegs.list"), Durations())
    wanted = [sum(seconds <= bound for seconds in times) for bound in (*BUCKETS, float("inf"))]
    assert list(accumulate(durations.counts)) == wanted
    assert durations.seconds == pytest.approx(sum(times))
    assert sum(requests.answers().values()) == len(times)
