"""Where expressions run: JavaScript in a jail of its own, Python in the sandbox ``restricted``."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import attrs
import orjson

from pegboard import (
    Argument,
    Ending,
    Limits,
    Outcome,
    PageValues,
    Program,
    Run,
    Sandbox,
    Sandboxes,
    Services,
    TransformContext,
    Violation,
)
from pegboard_sandbox_process import ProcessSettings, Profile, Warmth, open_jail

from . import python
from .config import ExpressionConfig
from .failures import ExpressionFailed, ExpressionRefused, failed
from .pages import Page, decode, encode
from .settings import MEGABYTE, ExpressionSettings

PROFILE = Profile(name="expression", language="pegboard_transform_expression.language:language")

PAGES = 32
"""Pages after which a process goes, as it has so many realms made beforehand: see `javascript.PREPARED`."""

RESULT, RESULTS = MEGABYTE, 8 * MEGABYTE
"""Characters of one result, and of all of a page."""

DEEPEST = 100

REMEMBERED = 1000
"""Expressions in Python that were found to be one; the one used longest ago is forgotten first."""

SHORTEST = 1.0
"""Seconds on the clock that a run in Python has at least: others may have the processor for a while."""

SPLIT = (Ending.LIMIT, Ending.CRASHED)


class Expressions:
    """The open jail, and the way to the sandbox. Found among the services; opened at its first use."""

    def __init__(
        self, jail: Sandbox, sandboxes: Sandboxes, settings: ExpressionSettings, process: ProcessSettings
    ) -> None:
        self._jail, self._sandboxes, self._settings = jail, sandboxes, settings
        self._taken: dict[tuple[str, str], bool] = {}
        result = min(4 * RESULTS, process.max_result)
        self._limits = Limits(wall=2 * settings.page + 1, memory=2 * settings.memory + 128 * MEGABYTE, result=result)

    async def check(self, config: ExpressionConfig, tenant: str) -> Sequence[Violation]:
        """All that is wrong with an expression, found without running any of it. Raises `pegboard.Problem` 503."""
        found = await self._jail.check(tenant, Program(config.expression, config.language), self._limits)
        if found or config.language == "javascript":
            return found
        sandbox = await self._sandboxes.open(python.SANDBOX)
        found = await sandbox.check(tenant, python.program(config.expression), self._limits)
        return python.in_expression(found, config.expression)

    async def evaluate(self, config: ExpressionConfig, context: TransformContext, page: PageValues) -> list[Any]:
        """The results of a page, each a value, `MISSING` or the exception of that record.

        Raises `ExpressionRefused` for an expression that `check` would refuse, Problem 503 where no process was free.
        """
        results: list[Any] = [None] * len(page.values)
        given = encode(page, results, records=config.language == "python" or reads_record(config.expression))
        if given.places:
            run = await self._runner(config, context)
            await self._fill(run, given, results, context, time.monotonic() + 2 * self._limits.wall)
        return results

    async def _runner(self, config: ExpressionConfig, context: TransformContext) -> "Runner":
        if config.language == "javascript":
            return Runner(self._jail, self._javascript(config), context.tenant)
        await self._look_at(config, context)
        return Runner(await self._sandboxes.open(python.SANDBOX), self._python(config), context.tenant)

    async def _look_at(self, config: ExpressionConfig, context: TransformContext) -> None:
        """Nothing is put into a program that was not found to be one expression; it is remembered what was.

        Raises `ExpressionRefused`.
        """
        key = (context.tenant, config.expression)
        if self._taken.pop(key, False) is False:
            found = await self.check(config, context.tenant)
            if found:
                raise ExpressionRefused(context.pointer, found)
        self._taken[key] = True
        if len(self._taken) > REMEMBERED:
            del self._taken[next(iter(self._taken))]

    def _javascript(self, config: ExpressionConfig) -> "Prepare":
        settings = self._settings
        options = {
            "result": RESULT,
            "results": RESULTS,
            "deepest": DEEPEST,
            "record": config.timeoutMs / 1000,
            "page": settings.page,
            "memory": settings.memory,
        }
        program = Program(config.expression, "javascript")

        def prepare(page: Page) -> tuple[Program, tuple[Argument, ...], Limits]:
            given = orjson.dumps({**options, "exact": page.exact})
            # as one text, which the engine alone reads
            return program, (Argument(given), Argument(orjson.dumps(page.json.decode()))), self._limits

        return prepare

    def _python(self, config: ExpressionConfig) -> "Prepare":
        program = python.program(config.expression)
        bounds = orjson.dumps({"result": RESULT, "results": RESULTS})[1:-1]

        def prepare(page: Page) -> tuple[Program, tuple[Argument, ...], Limits]:
            asked = len(page.places) * config.timeoutMs / 1000
            limits = attrs.evolve(self._limits, wall=max(min(asked, self._settings.page), SHORTEST))
            return program, (Argument(page.json[:-1] + b"," + bounds + b"}"),), limits

        return prepare

    async def _fill(
        self, runner: "Runner", page: Page, results: list[Any], context: TransformContext, until: float
    ) -> None:
        """Run a page. One that hits a limit is halved, while there is time, until the record that did so is alone."""
        outcome = await runner.run(page)
        if outcome.ending is Ending.RESULT:
            _decode(outcome.result, page, results)
            return
        failure = failed(outcome, context.pointer)
        if outcome.ending in SPLIT and len(page.places) > 1 and time.monotonic() < until:
            for half in page.halves():
                await self._fill(runner, half, results, context, until)
            return
        for place in page.places:
            results[place] = failure


Prepare = Callable[[Page], tuple[Program, tuple[Argument, ...], Limits]]


@attrs.frozen
class Runner:
    """Runs pages of one expression."""

    sandbox: Sandbox
    prepare: Prepare
    tenant: str

    async def run(self, page: Page) -> Outcome:
        """Once more where the sandbox was lost under it."""
        program, arguments, limits = self.prepare(page)
        run = Run(self.tenant, program, arguments, limits)
        outcome = await self.sandbox.run(run)
        return outcome if outcome.ending is not Ending.LOST else await self.sandbox.run(run)


def _decode(answer: bytes, page: Page, results: list[Any]) -> None:
    try:
        decode(answer, page, results)
    except (ValueError, TypeError, KeyError, IndexError, RecursionError):
        for place in page.places:
            results[place] = ExpressionFailed("its process gave an answer that is none")


def reads_record(expression: str) -> bool:
    """Whether an expression in JavaScript may look at the record; those that cannot are spared its JSON."""
    return any(word in expression for word in ("record", "arguments", "\\"))


def opener(settings: ExpressionSettings, process: ProcessSettings) -> Callable[[Services], AsyncIterator[Expressions]]:
    """The factory of the service. Opening raises `pegboard.Problem` 503 where the machine is too weak."""
    workers = attrs.evolve(process, workers=settings.workers or process.workers)
    warmth = Warmth(max(settings.kept, workers.workers), PAGES, settings.seconds)

    async def opened(services: Services) -> AsyncIterator[Expressions]:
        async with open_jail(PROFILE, workers, warmth if settings.kept else None) as jail:
            yield Expressions(jail, services.get(Sandboxes), settings, process)

    return opened
