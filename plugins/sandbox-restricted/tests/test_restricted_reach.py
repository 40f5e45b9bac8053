"""What a program can reach, walked exhaustively: nothing of the interpreter, nothing shared that could be changed."""

import builtins
import contextlib
import types
from collections import ChainMap, Counter, deque
from collections.abc import Iterator
from typing import Any

import pytest

from pegboard_sandbox_process.child import Job
from pegboard_sandbox_process.views import Object, Request
from pegboard_sandbox_restricted.facades import FACADES, Facade, facade, members, shown_by
from pegboard_sandbox_restricted.guards import guarded_getattr, guarded_type
from pegboard_sandbox_restricted.language import fresh_globals, language

INTERNAL = (
    types.ModuleType,
    types.CodeType,
    types.FrameType,
    types.TracebackType,
    types.CoroutineType,
    types.AsyncGeneratorType,
    types.CellType,
)
SHARED_CONTAINERS = (dict, list, set, bytearray, deque, ChainMap)
LIMITS = {"recursion": 100, "nesting": 10, "source": 65536, "result": 1 << 20}

SOURCE = """
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


@pytest.fixture(scope="module")
def world() -> list[Any]:
    """The globals and built-ins of a program, and one of everything that it can make."""
    arguments = [{}, Request({"headers": [["a", "b"]]}), Object({"id": 1})]
    job = Job("run", SOURCE, "process_data", arguments, LIMITS)
    namespace = fresh_globals(language.compile(job), LIMITS)
    made: tuple[Any, ...] = language.execute(job)  # type: ignore[assignment]
    sayable = [value for name, value in namespace.items() if not name.startswith("_")]
    inside = [value for name, value in namespace["__builtins__"].items() if not name.startswith("_")]
    return [*sayable, *inside, *FACADES.values(), *made]


def readable(value: Any) -> Iterator[Any]:
    """All that the guard lets a program read from `value`, by any attribute that there is."""
    names = {name for kind in type(value).__mro__ for name in vars(kind)} | set(dir(value))
    for name in sorted(names):
        try:
            yield guarded_getattr(value, str(name))
        except Exception:
            continue
    with contextlib.suppress(TypeError):
        yield guarded_type(value)
    if isinstance(value, (tuple, list, set, frozenset)):
        yield from value
    elif isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, Facade):
        yield from (getattr(value, name) for name in members(value))


ENOUGH = 100
"""Instances of one class that are looked into: `ChainMap.parents` makes a new one each time it is read."""


def reachable(roots: list[Any]) -> dict[int, Any]:
    seen: dict[int, Any] = {}
    looked_into: Counter[type] = Counter()
    waiting = list(roots)
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen[id(value)] = value
        looked_into[type(value)] += not isinstance(value, type)
        if looked_into[type(value)] <= ENOUGH:
            waiting.extend(readable(value))
    return seen


def test_nothing_of_the_interpreter_can_be_reached(world: list[Any]) -> None:
    seen = reachable(world)
    assert len(seen) > 1_000
    assert [value for value in seen.values() if isinstance(value, INTERNAL)] == []
    for forbidden in (
        builtins.eval,
        builtins.exec,
        builtins.open,
        builtins.getattr,
        builtins.type,
        str.format,
        globals,
    ):
        assert not any(value is forbidden for value in seen.values()), forbidden
    assert "class" not in {type(value).__name__ for value in seen.values()}
    assert [value for value in seen.values() if isinstance(value, type) and issubclass(value, type)] == []


def test_methods_of_strings_that_read_attributes_are_never_the_built_in_ones(world: list[Any]) -> None:
    formatters = [
        value
        for value in reachable(world).values()
        if isinstance(value, types.BuiltinMethodType)
        and isinstance(value.__self__, str)
        and value.__name__ in ("format", "format_map")
    ]
    assert formatters == []


def shared_containers(roots: list[Any]) -> list[Any]:
    """Containers that two walks meet alike; what reading merely makes is another one each time."""
    first, second = reachable(roots), reachable(roots)
    return [value for key, value in first.items() if key in second and isinstance(value, SHARED_CONTAINERS)]


def test_no_container_is_shared_between_calls() -> None:
    """Items are written without a guard; that is sound only while nothing but its own containers is in reach."""
    namespace = fresh_globals(language.compile(Job("run", SOURCE, "process_data", [0, 0, 0], LIMITS)), LIMITS)
    inside = [value for name, value in namespace["__builtins__"].items() if not name.startswith("_")]
    roots = [*inside, *FACADES.values()]
    assert shared_containers(roots) == []
    kept: list[int] = []
    assert shared_containers([*roots, facade("planted", {"member": kept})]) == [kept]


@pytest.mark.parametrize("module", FACADES)
def test_a_façade_shows_what_is_public_and_no_module(module: str) -> None:
    shown = [getattr(FACADES[module], name) for name in shown_by(module)]
    assert shown
    assert not any(name.startswith("_") for name in shown_by(module))
    assert not any(isinstance(value, types.ModuleType) for value in shown)


@pytest.mark.parametrize("module", FACADES)
def test_a_façade_is_read_only(module: str) -> None:
    name = shown_by(module)[0]
    with pytest.raises(AttributeError, match="read-only"):
        setattr(FACADES[module], name, 1)
    with pytest.raises(AttributeError, match="read-only"):
        delattr(FACADES[module], name)
    with pytest.raises(AttributeError, match=f"module '{module}' has no 'nothing' here; it has "):
        _ = FACADES[module].nothing  # type: ignore[attr-defined]


def test_the_façades_are_those_of_the_specification() -> None:
    assert set(FACADES) == {
        "datetime", "time", "json", "re", "math", "statistics", "collections", "itertools", "typing"
    }  # fmt: skip
    assert set(shown_by("json")) == {"loads", "dumps", "JSONDecodeError"}
    assert set(shown_by("collections")) == {
        "Counter", "OrderedDict", "defaultdict", "deque", "namedtuple", "ChainMap"
    }  # fmt: skip
    assert {"mean", "median", "stdev", "quantiles", "StatisticsError"} < set(shown_by("statistics"))
    assert {"datetime", "date", "time", "timedelta", "timezone", "UTC", "MINYEAR"} < set(shown_by("datetime"))
    assert "NormalDist" not in shown_by("statistics")


def test_each_run_has_globals_of_its_own() -> None:
    program = language.compile(Job("run", SOURCE, "process_data", [0, 0, 0], LIMITS))
    first, second = fresh_globals(program, LIMITS), fresh_globals(program, LIMITS)
    assert first is not second
    assert first["__builtins__"] is not second["__builtins__"]
    assert first["_write_"] is not second["_write_"]
