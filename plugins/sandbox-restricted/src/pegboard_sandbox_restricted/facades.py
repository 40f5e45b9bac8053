"""The modules that a program may import, as read-only objects which show their public functions and nothing else.

Never the modules: ``statistics.sys``, ``json.codecs.open``, ``re.enum`` and ``typing.contextlib.os`` are all one
attribute away from them.
"""

import collections
import datetime
import itertools
import json
import math
import re
import statistics
import time
import typing
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType
from typing import Any, NoReturn

from .library import plain

COLLECTIONS = "ChainMap Counter OrderedDict defaultdict deque"
DATES = "date time datetime timedelta timezone tzinfo UTC MINYEAR MAXYEAR"
PATTERNS = "compile search match fullmatch split findall finditer sub subn escape purge error"
FLAGS = "A ASCII I IGNORECASE L LOCALE M MULTILINE S DOTALL U UNICODE X VERBOSE"
CLOCKS = (
    "time time_ns monotonic monotonic_ns perf_counter perf_counter_ns process_time process_time_ns "
    "thread_time thread_time_ns strftime strptime gmtime localtime"
)


class Facade:
    """A module as a program sees it. The members are slots: reading one costs what reading an attribute costs."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"module {type(self).__name__!r} is read-only")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"module {type(self).__name__!r} is read-only")

    def __getattr__(self, name: str) -> NoReturn:
        module = type(self).__name__
        raise AttributeError(f"module {module!r} has no {name!r} here; it has {', '.join(members(self))}")

    def __repr__(self) -> str:
        return f"<module {type(self).__name__!r}>"


def members(facade: Facade) -> tuple[str, ...]:
    slots: tuple[str, ...] = type(facade).__slots__
    return slots


def facade(name: str, shown: Mapping[str, Any]) -> Facade:
    """A façade of the module `name` that has the members `shown`."""
    made: Facade = type(name, (Facade,), {"__slots__": tuple(sorted(shown))})()
    for member, value in shown.items():
        object.__setattr__(made, member, value)
    return made


class TypingName:
    """A name of `typing`. Annotations are dropped, so that it need not mean anything: ``List[int]`` is itself."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __getitem__(self, parameters: object) -> "TypingName":
        return self

    def __or__(self, other: object) -> "TypingName":
        return self

    __ror__ = __or__

    def __call__(self, *parameters: object, **options: object) -> NoReturn:
        raise TypeError(f"{self._name} is here for annotations only: it cannot be called")

    def __repr__(self) -> str:
        return self._name


def namedtuple(
    typename: str, field_names: str | Iterable[str], *, rename: bool = False, defaults: Iterable[Any] | None = None
) -> type:
    """``collections.namedtuple``, which evaluates source made of its arguments, with those as plain strings."""
    text = field_names.replace(",", " ").split() if isinstance(field_names, str) else field_names
    fields = [plain_text(field) for field in text]
    return collections.namedtuple(
        plain_text(typename), fields, rename=bool(rename), defaults=defaults, module="program"
    )


def escape(pattern: str | bytes) -> str | bytes:
    """``re.escape``, which hands a table of its own to ``translate`` of its argument."""
    return re.escape(plain(pattern))


def plain_text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"names of a namedtuple are strings, not {type(value).__name__}")
    return str.__str__(value)


def bounded_sleep(longest: float) -> Callable[[float], None]:
    """``time.sleep``, which refuses (ValueError) to sleep for longer than a program may run."""

    def sleep(seconds: float, /) -> None:
        duration = float(seconds)
        if not duration <= longest:
            raise ValueError(f"time.sleep({duration:g}) is longer than a program may run ({longest:g} seconds)")
        time.sleep(duration)

    return sleep


def public(module: Any) -> str:
    return " ".join(name for name in vars(module) if not name.startswith("_"))


def take(module: Any, names: str) -> dict[str, Any]:
    return {name: getattr(module, name) for name in names.split()}


def statistics_names() -> str:
    shown = [name for name in statistics.__all__ if isinstance(getattr(statistics, name), FunctionType)]
    return " ".join([*shown, "StatisticsError"])


def expressions() -> dict[str, Any]:
    """Of `re`: functions, `error`, and the flags as plain numbers: an enum's class leads to its module."""
    return {**take(re, PATTERNS), "escape": escape, **{flag: int(getattr(re, flag)) for flag in FLAGS.split()}}


def dates() -> dict[str, Any]:
    return take(datetime, DATES)


def clocks(longest_sleep: float) -> Facade:
    """`time`, with a `sleep` that is bounded by what the run may use."""
    made: Facade = object.__new__(CLOCK_KIND)
    for name, value in CLOCK_MEMBERS:
        object.__setattr__(made, name, value)
    object.__setattr__(made, "sleep", bounded_sleep(longest_sleep))
    return made


FACADES: dict[str, Facade] = {
    "collections": facade(
        "collections",
        {**take(collections, COLLECTIONS), "namedtuple": namedtuple},
    ),
    "datetime": facade("datetime", dates()),
    "itertools": facade("itertools", take(itertools, public(itertools))),
    "json": facade("json", take(json, "loads dumps JSONDecodeError")),
    "math": facade("math", take(math, public(math))),
    "re": facade("re", expressions()),
    "statistics": facade("statistics", take(statistics, statistics_names())),
    "time": facade("time", {**take(time, CLOCKS), "sleep": bounded_sleep(0.0)}),
    "typing": facade(
        "typing",
        {
            name: TypingName(f"typing.{name}")
            for name in typing.__all__
            if name[0].isupper() and name != "TYPE_CHECKING"
        },
    ),
}
CLOCK_KIND = type(FACADES["time"])
CLOCK_MEMBERS = [(name, getattr(FACADES["time"], name)) for name in members(FACADES["time"])]


def shown_by(module: str) -> tuple[str, ...]:
    """The names that a program finds in an importable module."""
    return members(FACADES[module])
