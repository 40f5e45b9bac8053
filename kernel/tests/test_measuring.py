"""Reading the numbers that services tell of themselves."""

import asyncio
from typing import Any

import pytest
import structlog

from pegboard import Meters, Metric, create_app, hookimpl, measuring
from pegboard.testing import running

pytestmark = pytest.mark.anyio


class Well:
    """A plugin that offers itself as a service."""

    def __init__(self, measure: Any, *, eager: bool = True) -> None:
        self.measure, self.eager = measure, eager

    @hookimpl
    def pegboard_services(self, registry: Any) -> None:
        kind = type("Service", (), {})
        registry.offer(kind, lambda services: kind(), eager=self.eager, measure=self.measure)


def level(name: str) -> Metric:
    return Metric(name, "gauge", "How deep.", {(): 1.0})


async def read(**plugins: Any) -> tuple[list[str], list[Any]]:
    """The names of what is read, and what the log says."""
    app = create_app(plugins=plugins, installed=False, environ={})
    with structlog.testing.capture_logs() as logs:
        async with running(app):
            return [metric.name for metric in await app.state.board.services.get(Meters).read()], logs


async def test_functions_generators_and_coroutines_are_read_in_the_order_of_names() -> None:
    async def later(service: Any) -> list[Metric]:
        return [level("b")]

    def several(service: Any) -> Any:
        yield level("c")
        yield level("a")

    assert await read(one=Well(later), two=Well(several)) == (["a", "b", "c"], [])


async def test_a_service_that_is_not_open_is_not_opened_for_it() -> None:
    assert await read(one=Well(lambda service: [level("a")], eager=False)) == ([], [])


async def test_what_fails_or_hangs_is_left_out_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "PATIENCE", 0.05)

    def breaks(service: Any) -> Any:
        raise ConnectionError("no queue")

    async def hangs(service: Any) -> Any:
        await asyncio.Event().wait()

    names, logs = await read(bad=Well(breaks), good=Well(lambda service: [level("a")]), slow=Well(hangs))
    assert names == ["a"]
    assert {(entry["plugin"], entry["reason"]) for entry in logs} == {("bad", "no queue"), ("slow", "TimeoutError")}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": "Depth"}, "lower-case"),
        ({"name": "depth_total", "kind": "counter"}, "leave out _total"),
        ({"labels": ("lane",)}, "does not have a value for each"),
    ],
)
def test_a_metric_that_could_not_be_shown_is_refused(wrong: Any, told: str) -> None:
    given = {"name": "depth", "kind": "gauge", "summary": "How deep.", "values": {(): 1.0}, **wrong}
    with pytest.raises(ValueError, match=told):
        Metric(**given)
