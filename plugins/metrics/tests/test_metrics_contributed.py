"""Numbers that services tell of themselves, on the page."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest
import structlog

from pegboard import Metric, ServiceRegistry, hookimpl

pytestmark = pytest.mark.anyio

Serve = Callable[..., Awaitable[str]]
Scrape = Callable[..., Awaitable[Any]]


class Queue:
    """A plugin with one service, whose numbers are `metrics`."""

    def __init__(self, *metrics: Metric) -> None:
        self.metrics: tuple[Metric, ...] = metrics

    @hookimpl
    def pegboard_services(self, registry: ServiceRegistry) -> None:
        registry.offer(Queue, lambda services: self, eager=True, measure=Queue.measure)

    async def measure(self) -> Iterable[Metric]:
        await asyncio.sleep(0)
        return self.metrics


WAITING = Metric("queue_waiting", "gauge", "Runs that wait.", {("fast",): 2, ("slow",): 0}, ("lane",))
ENDED = Metric("queue_ended", "counter", "Runs that ended.", {(): 7})


@pytest.mark.parametrize("accept", ["", "application/openmetrics-text"])
async def test_they_are_on_the_page_in_both_formats(accept: str, serve: Serve, scrape: Scrape) -> None:
    page = await scrape(await serve(queue=Queue(WAITING, ENDED)), Accept=accept)
    assert page("pegboard_queue_waiting", lane="fast") == 2
    assert page("pegboard_queue_waiting", lane="slow") == 0
    assert page("pegboard_queue_ended_total") == 7


async def test_they_have_the_label_of_the_process_too(serve: Serve, scrape: Scrape) -> None:
    page = await scrape(await serve({"process_label": True}, queue=Queue(ENDED)))
    [labels] = [labels for name, labels in page.samples if name == "pegboard_queue_ended_total"]
    assert [name for name, _ in labels] == ["process"]


async def test_a_name_that_is_taken_is_told_and_the_page_stays_valid(serve: Serve, scrape: Scrape) -> None:
    taken = Metric("http_requests", "counter", "Not mine.", {(): 99})
    with structlog.testing.capture_logs() as logs:
        page = await scrape(await serve(queue=Queue(taken, ENDED)))
    assert page("pegboard_queue_ended_total") == 7
    assert 99 not in page.samples.values()
    assert [entry["metric"] for entry in logs] == ["pegboard_http_requests"]
