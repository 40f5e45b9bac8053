"""The language without its jail, as the tests call it, and the jail itself."""

import json
import os
import textwrap
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from typing import Any

import attrs
import pytest

from pegboard import Argument, Ending, Outcome, Problem, Program, Run
from pegboard.testing.census import descendants
from pegboard_sandbox_process import ProcessSettings
from pegboard_sandbox_process.child import Job
from pegboard_sandbox_process.views import Object, Request
from pegboard_sandbox_restricted import Restricted, RestrictedSettings, open_restricted
from pegboard_sandbox_restricted.facades import FACADES
from pegboard_sandbox_restricted.language import RestrictedPython, fresh_globals, language

LIMITS = {"recursion": 100, "nesting": 10, "source": 65536, "result": 1 << 20, "wall": 5.0}
REQUEST: dict[str, Any] = {
    "method": "GET",
    "path": "/e/report",
    "headers": [["User-Agent", "test"]],
    "query_params": [["sort", "priority"]],
    "path_params": {},
    "body": None,
}
USER = {"id": "u1", "username": "ada", "email": "ada@example.org"}


def logic(source: str) -> str:
    """`source` as a program: as it is where it defines the entry, otherwise as the entry's body."""
    source = textwrap.dedent(source).strip("\n")
    if "def process" in source:
        return source
    return "def process_data(data, request, user):\n" + textwrap.indent(source, "    ")


@attrs.frozen
class Bare:
    """The language in this process, with no jail around it."""

    language: RestrictedPython = attrs.field(factory=RestrictedPython)

    def program(self, source: str, entry: str | None) -> str:
        return logic(source) if entry == "process_data" else source

    def check(self, source: str, entry: str | None = "process_data", **limits: Any) -> list[dict[str, Any]]:
        return self.language.check(Job("check", self.program(source, entry), entry, [], {**LIMITS, **limits}))

    def names(self) -> list[str]:
        """Of the built-ins that a program finds."""
        program = self.language.compile(Job("run", "def program(): pass", "program", [], LIMITS))
        return list(fresh_globals(program, LIMITS)["__builtins__"])

    def run(self, source: str, data: Any = None, entry: str | None = "process_data", **limits: Any) -> Any:
        arguments = [data, Request(REQUEST), Object(USER)] if entry else []
        return self.language.execute(Job("run", self.program(source, entry), entry, arguments, {**LIMITS, **limits}))


@attrs.frozen
class Jailed:
    """The sandbox that the plugin provides."""

    sandbox: Restricted

    async def run(self, source: str, data: Any = None, tenant: str = "tenant", **parts: Any) -> Outcome:
        arguments = tuple(
            Argument(json.dumps(value).encode(), kind)  # type: ignore[arg-type]
            for value, kind in ((data, "value"), (REQUEST, "request"), (USER, "object"))
        )
        return await self.sandbox.run(Run(tenant, Program(logic(source), "process_data"), arguments, **parts))

    async def wrong(
        self, refused: dict[str, tuple[str, str, str]], harmless: dict[str, tuple[str, Any]]
    ) -> dict[str, Outcome]:
        """The attacks whose end is not the expected one: a violation (code, name); a value or an exception."""
        wrong = {}
        for attack, (source, code, name) in refused.items():
            outcome = await self.run(source)
            if (code, name) not in [(each.code, each.name) for each in outcome.violations]:
                wrong[attack] = outcome
        for attack, (source, expected) in harmless.items():
            await self.run(source)
            outcome = await self.run(source)  # in the process of the first: nothing was left behind for it
            if not ended_as(outcome, expected):
                wrong[attack] = outcome
        return wrong


def ended_as(outcome: Outcome, expected: Any) -> bool:
    kinds = expected if isinstance(expected, tuple) else (expected,)
    if all(isinstance(kind, type) for kind in kinds):
        return outcome.ending is Ending.EXCEPTION and outcome.failure.type in {kind.__name__ for kind in kinds}  # type: ignore[union-attr]
    return outcome.ending is Ending.RESULT and bool(json.loads(outcome.result) == expected)


EVERYTHING = """
import collections, datetime, itertools, json, math, re, statistics, time, typing

class Own(Exception):
    def method(self):
        return self

def generate():
    try:
        yield 1
    finally:
        pass

def process_data(data, request, user):
    generator = generate()
    next(generator)
    try:
        {}["x"]
    except KeyError as error:
        caught = error
    try:
        json.loads("{")
    except json.JSONDecodeError as error:
        broken = error
    try:
        (1).nothing
    except AttributeError as error:
        missing = error
    Point = collections.namedtuple("Point", "x y")
    return (
        generator, caught, broken, missing, Point, Point(1, 2), Own, Own(), Own().method, (x for x in "ab"), lambda: 0,
        re.compile("a(?P<n>b)"), re.search("a", "cab"), re.compile("x").scanner("x"), request, request.headers, user,
        datetime.datetime.now(), datetime.timezone.utc, datetime.timedelta(1), time.gmtime(0), time.sleep,
        collections.Counter("ab").items(), {1: 2}.keys().mapping, collections.ChainMap({}).maps, typing.List[int],
        statistics.linear_regression([1, 2], [3, 4]), itertools.count(), itertools.groupby("aab"), list[int], int | str,
        property(len), staticmethod(len), classmethod(len), super(Own, Own()), map(len, []), filter(None, []),
        zip([]), reversed([1]), enumerate([]), range(3), slice(1), iter([]), memo, json, "text".format, str.format,
    )

memo = collections.defaultdict(list)
"""
"""A program that makes one of everything that a program can make."""


@pytest.fixture(scope="session")
def world() -> Callable[[], list[Any]]:
    """The globals and built-ins of a program, and one of everything that it can make; new ones with each call."""

    def make() -> list[Any]:
        job = Job("run", EVERYTHING, "process_data", [{}, Request(REQUEST), Object(USER)], LIMITS)
        namespace = fresh_globals(language.compile(job), LIMITS)
        made: tuple[Any, ...] = language.execute(job)  # type: ignore[assignment]
        sayable = [value for name, value in namespace.items() if not name.startswith("_")]
        inside = [value for name, value in namespace["__builtins__"].items() if not name.startswith("_")]
        return [*sayable, *inside, *FACADES.values(), *made]

    return make


OpenJailed = Callable[..., AbstractAsyncContextManager[Jailed]]


@pytest.fixture
def bare() -> Bare:
    return Bare()


@pytest.fixture(scope="session")
def as_program() -> Callable[[str], str]:
    return logic


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@contextmanager
def needing_a_jail() -> Iterator[None]:
    """Skips, loudly; fails where all that the tests need has to be there, or nobody would see that nothing ran."""
    try:
        yield
    except Problem as problem:
        if problem.code != "isolation-too-weak":
            raise
        if os.environ.get("PEGBOARD_TEST_REQUIRE_SERVICES") == "1":
            pytest.fail(f"this machine cannot jail: {problem.detail}")
        pytest.skip(f"this machine cannot jail: {problem.detail}")


@pytest.fixture(scope="session")
def jail_needed() -> Callable[[], AbstractContextManager[None]]:
    return needing_a_jail


@pytest.fixture(scope="session")
def open_jailed() -> OpenJailed:
    @asynccontextmanager
    async def opener(workers: int = 1, **settings: Any) -> AsyncIterator[Jailed]:
        with needing_a_jail():
            async with open_restricted(
                RestrictedSettings(**settings), ProcessSettings(workers=workers, spare=False, prepared=0)
            ) as sandbox:
                yield Jailed(sandbox)

    return opener


@pytest.fixture(scope="session")
async def jailed(anyio_backend: str, open_jailed: OpenJailed) -> AsyncIterator[Jailed]:
    async with open_jailed(workers=2) as opened:
        yield opened


@pytest.fixture(name="descendants")
def _descendants() -> Callable[[], list[int]]:
    """All processes below this one, zombies included."""
    return descendants
