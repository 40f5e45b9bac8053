"""What a program can reach, walked exhaustively: nothing of the interpreter, nothing shared that could be changed.

By reading attributes first. Then by calling as well: everything in reach is called, compared and iterated over; what
the library answers, raises, or hands to a program's own methods is in reach, too.
"""

import builtins
import contextlib
import itertools
import operator
import types
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pegboard_sandbox_restricted.facades import Facade, facade, members
from pegboard_sandbox_restricted.guards import guarded_getattr, guarded_type
from pegboard_sandbox_restricted.names import SPECIAL_METHODS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # whatever is called

INTERNAL = (
    types.ModuleType,
    types.CodeType,
    types.FrameType,
    types.TracebackType,
    types.CoroutineType,
    types.AsyncGeneratorType,
    types.CellType,
)
World = Callable[[], list[Any]]
SHARED_CONTAINERS = (dict, list, set, bytearray, deque, ChainMap)

DOORS = (builtins.eval, builtins.exec, builtins.open, builtins.getattr, builtins.type, str.format, globals)


def is_forbidden(value: Any) -> bool:
    """What no program may hold: insides, and whatever runs text, reads any attribute or makes classes."""
    if isinstance(value, types.BuiltinMethodType) and isinstance(value.__self__, str):
        return value.__name__ in ("format", "format_map")  # they read attributes that the policy never sees
    makes_classes = isinstance(value, type) and issubclass(value, type)
    return isinstance(value, INTERNAL) or makes_classes or any(value is door for door in DOORS)


def readable(value: Any) -> Iterator[Any]:
    """All that the guard lets a program read from `value`, by any attribute that there is."""
    names = {name for kind in type(value).__mro__ for name in vars(kind)}
    with contextlib.suppress(TypeError):  # an `Object` that was made of something else
        names.update(dir(value))
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
        yield from (getattr(value, name, None) for name in members(value))


ENOUGH, CALLED = 25, 2
"""Values of one kind that are read and that are called: `ChainMap.parents` makes a new one each time it is read."""


def reachable(roots: list[Any], spies: "Spies | None" = None) -> dict[int, Any]:
    """By reading and, with spies, by calling."""
    seen: dict[int, Any] = {}
    looked_into: Counter[object] = Counter()
    waiting = deque(roots)
    while waiting:
        value = waiting.popleft()
        if id(value) in seen:
            continue
        seen[id(value)] = value
        looked_into[kind_of(value)] += 1
        if looked_into[kind_of(value)] <= ENOUGH and not is_forbidden(value):
            waiting.extend(readable(value))
            if spies is not None and looked_into[kind_of(value)] <= CALLED:
                waiting.extend(spies.call(value))
    return seen


def kind_of(value: Any) -> object:
    """A method of one string is like that of another; classes and functions are each of a kind of their own."""
    if isinstance(value, (types.BuiltinMethodType, types.MethodType)):
        return type(value.__self__), value.__name__, value.__self__ if isinstance(value.__self__, type) else None
    return id(value) if isinstance(value, (type, types.FunctionType, type(str.join))) else type(value)


NOT_CALLED = {"sleep", "guarded_print", "purge"}
"""What takes time, writes, or forgets what a second walk must find again."""

ANSWERS: dict[str, Any] = {
    **dict.fromkeys(("str", "repr", "format"), "s"), **dict.fromkeys(("hash", "len", "length_hint", "index", "int"), 1),
    "bytes": b"s", "bool": True, "float": 1.0, "complex": 1j, "contains": True, "iter": iter(()), "reversed": iter(()),
    "init": None,
}  # fmt: skip
BASES = (object, str, int, float, dict, list, tuple, set, Counter, OrderedDict, defaultdict, deque)
OPERATORS = (
    operator.eq, operator.lt, operator.add, operator.or_, operator.and_, operator.xor, operator.sub, operator.mul,
    operator.mod, operator.truediv, operator.matmul, operator.lshift, operator.getitem, operator.contains,
)  # fmt: skip


class Spies:
    """Objects as a program's classes make them. `heard` is what their methods were handed."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.objects = [self._kind(base)() for base in BASES]
        alone = [*self.objects, self._method("call"), Exception, "a", "%Y", b"a", 1, None, [1], {"a": 1}]
        some = [*self.objects[:2], "a"]
        self.operands = [
            (), *((one,) for one in alone), *itertools.product(alone, some), *itertools.product(some, alone),
            *itertools.product(some, repeat=3),
        ]  # fmt: skip

    def _kind(self, base: type) -> type:
        methods = {name: self._method(name.strip("_")) for name in SPECIAL_METHODS}
        if base is not object:
            public = [name for name in dir(base) if not name.startswith("_") and callable(getattr(base, name))]
            methods |= {name: self._method(name, getattr(base, name)) for name in public}
        return type(f"Spy_{base.__name__}", (base,), methods)

    def _method(self, name: str, real: Any = None) -> Callable[..., Any]:
        def method(*args: Any, **options: Any) -> Any:
            self.heard += [*args, *options.values()]
            return ANSWERS.get(name, NotImplemented) if real is None else real(*args, **options)

        return method

    def call(self, value: Any) -> list[Any]:
        """All that comes of calling, comparing and iterating over `value`."""
        found: list[Any] = []
        for attempt, operands in self._attempts(value, found):
            try:
                found.append(attempt(*operands))
            except TypeError:  # whatever does not fit; holds nothing but text
                continue
            except Exception as error:
                found.append(error)
        heard, self.heard[:] = list(self.heard), []
        return found + heard

    def _attempts(self, value: Any, found: list[Any]) -> Iterator[tuple[Callable[..., Any], tuple[Any, ...]]]:
        for method, other in itertools.product(OPERATORS, (self.objects[0], "a", 0)):
            if method is not operator.contains or hasattr(type(value), "__contains__"):
                yield method, (value, other)
                yield method, (other, value)
        if not isinstance(value, type):
            yield lambda: found.extend(itertools.islice(iter(value), 3)), ()
        if callable(value) and getattr(value, "__name__", "") not in NOT_CALLED:
            yield from ((value, operands) for operands in self.operands)


def test_nothing_of_the_interpreter_can_be_reached(world: World) -> None:
    seen = reachable(world())
    assert len(seen) > 1_000
    assert forbidden(seen) == []


def forbidden(seen: dict[int, Any]) -> list[Any]:
    return [value for value in seen.values() if is_forbidden(value)]


def shared_containers(first: dict[int, Any], second: dict[int, Any]) -> list[Any]:
    """Containers that two walks meet alike; what is merely made on the way is another one each time."""
    return [value for key, value in first.items() if key in second and isinstance(value, SHARED_CONTAINERS)]


def test_no_container_is_shared_between_calls(world: World) -> None:
    """Items are written without a guard; that is sound only while nothing but its own containers is in reach."""
    assert shared_containers(reachable(world()), reachable(world())) == []


@pytest.fixture(scope="module")
def called(world: World) -> tuple[dict[int, Any], dict[int, Any]]:
    """What is in reach by calling, in one call of a program and in the next."""
    return reachable(world(), Spies()), reachable(world(), Spies())


def test_nothing_of_the_interpreter_is_handed_out_by_a_call(called: tuple[dict[int, Any], dict[int, Any]]) -> None:
    assert len(called[0]) > 10_000
    assert forbidden(called[0]) == []


def test_no_call_hands_out_a_container_that_is_shared(called: tuple[dict[int, Any], dict[int, Any]]) -> None:
    assert shared_containers(*called) == []


KEPT: list[list[int]] = [[number] for number in range(4)]
LEAKS: dict[str, tuple[Any, Any]] = {
    "member": (KEPT[0], KEPT[0]),
    "argument": (lambda text: text.translate(KEPT[1]), KEPT[1]),
    "operand": (lambda value: value == KEPT[2], KEPT[2]),
    "answer": (lambda *values: KEPT[3], KEPT[3]),
    "maker": (lambda value: value.__class__(value), type),
    "module": (lambda value: value.update(builtins), builtins),
    "iterator": (lambda: iter([types]), types),
    "exception": (StopIteration(builtins.eval), builtins.eval),
    "formatter": (lambda: str.format, str.format),
}


def test_a_walk_finds_what_is_planted() -> None:
    planted = facade("planted", {name: leak for name, (leak, _) in LEAKS.items()})
    first, second = (reachable([planted, type("Own", (), {})], Spies()) for _ in range(2))
    found = [*forbidden(first), *shared_containers(first, second)]
    assert [name for name, (_, leaked) in LEAKS.items() if not any(value is leaked for value in found)] == []
