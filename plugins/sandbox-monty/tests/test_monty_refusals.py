"""What the interpreter refuses is said when a program is saved: with its place, and with what to write instead."""

import builtins
import importlib
import sys
from collections.abc import Callable
from typing import Any

import pytest

from pegboard import Ending, Limits, Program
from pegboard_sandbox_monty.supervisor import hints

pytestmark = pytest.mark.anyio

MODULE, CALL, NAME, UNSUPPORTED, SYNTAX = (
    "FORBIDDEN_MODULE", "FORBIDDEN_CALL", "FORBIDDEN_NAME", "UNSUPPORTED", "SYNTAX"
)  # fmt: skip
ENTRY = "\ndef main(x): pass\n"

REFUSED: dict[str, tuple[str, str, str, int, int]] = {
    # (source, code, name, line, column)
    "module": ("import statistics", MODULE, "statistics", 1, 1),
    "module in a function": ("def main(x):\n    import socket", MODULE, "socket", 2, 5),
    "submodule": ("import os.path", MODULE, "os.path", 1, 1),
    "from a module": ("x = 'ü'; from subprocess import run", MODULE, "subprocess", 1, 10),
    "relative import": ("from . import x", MODULE, ".", 1, 1),
    "star import": ("from json import *", UNSUPPORTED, "import *", 1, 1),
    "member of a module": ("import json\nx = json.codecs", NAME, "json.codecs", 2, 5),
    "member of a renamed module": ("import json as j\nx = j.JSONEncoder", NAME, "json.JSONEncoder", 2, 5),
    "member by from": (
        "from collections import (\n    Counter,\n    OrderedDict)",
        NAME,
        "collections.OrderedDict",
        3,
        5,
    ),
    "built-in": ("x = globals()", CALL, "globals", 1, 5),
    "built-in exception": ("try:\n    x = 1\nexcept IOError:\n    pass", NAME, "IOError", 3, 8),
    "eval": ("x = eval('1')", CALL, "eval", 1, 5),
    "exec as a name of one's own": ("exec = 1", NAME, "exec", 1, 1),
    "open": ("def main(x):\n    return open(x)", CALL, "open", 2, 12),
    "our own names": ("_pegboard_dumps = 1", NAME, "_pegboard_dumps", 1, 1),
    "reading our own names": ("x = _pegboard_text_0", NAME, "_pegboard_text_0", 1, 5),
    "class with a base": ("class A(dict):\n    pass", UNSUPPORTED, "base class", 1, 9),
    "exception of one's own": ("class Wrong(Exception): pass", UNSUPPORTED, "base class", 1, 13),
    "metaclass": ("class A(metaclass=type): pass", UNSUPPORTED, "base class", 1, 9),
    "property": ("class A:\n    @property\n    def x(self): pass", UNSUPPORTED, "decorator", 2, 6),
    "loop in a class": ("class A:\n    for x in []: pass", UNSUPPORTED, "class bodies", 2, 5),
    "two names at once in a class": ("class A:\n    x = y = 1", UNSUPPORTED, "complex class", 2, 5),
    "length": ("class A:\n    def __len__(self): return 1", UNSUPPORTED, "__len__", 2, 5),
    "order": ("class A:\n    def __lt__(self, other): return True", UNSUPPORTED, "__lt__", 2, 5),
    "yield": ("def f():\n    yield 1", UNSUPPORTED, "yield", 2, 5),
    "yield from": ("def f():\n    yield from []", UNSUPPORTED, "yield from", 2, 5),
    "del": ("x = {'a': 1}\ndel x['a']", UNSUPPORTED, "del", 2, 1),
    "except*": ("try:\n    pass\nexcept* ValueError:\n    pass", UNSUPPORTED, "except*", 1, 1),
    "async for": ("async def f():\n    async for x in []: pass", UNSUPPORTED, "async for", 2, 5),
    "async with": ("async def f():\n    async with x: pass", UNSUPPORTED, "async with", 2, 5),
    "async comprehension": ("async def f():\n    return [x async for x in []]", UNSUPPORTED, "async for", 2, 25),
    "next of a generator": ("x = next(y for y in [1])", UNSUPPORTED, "next", 1, 5),
    "exception of two parts": ("raise ValueError('a', 1)", UNSUPPORTED, "ValueError", 1, 7),
    "exception of a number": ("raise KeyError(5)", UNSUPPORTED, "KeyError", 1, 7),
    "default of json.dumps": ("import json\njson.dumps(1, default=str)", UNSUPPORTED, "json.dumps", 2, 15),
    "hook of json.loads": ("import json\njson.loads('1', object_hook=str)", UNSUPPORTED, "json.loads", 2, 17),
    "re.sub with a function": ("import re\nre.sub('a', lambda m: 'b', 'a')", UNSUPPORTED, "re.sub", 2, 13),
    "method that is not there": ("x = 'a'.translate({})", UNSUPPORTED, "translate", 1, 5),
    "method of a type": ("x = sorted([], key=str.lower)", UNSUPPORTED, "str.lower", 1, 20),
    "inside of an object": ("x = ().__subclasses__", NAME, "__subclasses__", 1, 5),
    "frame": ("x = str.f_globals", NAME, "f_globals", 1, 5),
    "return outside": ("return 1", SYNTAX, "return", 1, 1),
    "nonlocal of nothing": ("def f():\n    nonlocal x", SYNTAX, "", 2, 5),
    "break outside": ("x = 1\nbreak", SYNTAX, "", 2, 1),
    "text without end": ("x = 'a", SYNTAX, "", 1, 5),
    "brace without end": ("x = (", SYNTAX, "", 1, 5),
    "async entry": ("async def main(x): pass\nif 0:\n    x = 1", UNSUPPORTED, "async def", 1, 1),
}


@pytest.mark.parametrize("construct", REFUSED)
async def test_it_is_refused_at_its_place_and_with_a_hint(construct: str, desk: Any) -> None:
    source, code, name, line, column = REFUSED[construct]
    whole = source if "main" in source else source + ENTRY
    found = await desk.sandbox.check("tenant", Program(whole, "main"), Limits())
    assert [(one.code, one.line, one.column) for one in found] == [(code, line, column)], found
    assert found[0].name == name if code != UNSUPPORTED else found[0].name.startswith(name)
    assert found[0].hint or code == SYNTAX


@pytest.mark.parametrize("construct", REFUSED)
async def test_it_is_refused_in_a_body_at_the_same_place(construct: str, desk: Any) -> None:
    source, code, _, line, column = REFUSED[construct]
    if construct in ("return outside", "async entry"):
        pytest.skip("fine in a body")
    found = await desk.sandbox.check("tenant", Program(source), Limits())
    assert (code, line, column) in [(one.code, one.line, one.column) for one in found], found


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python cannot parse it")
@pytest.mark.parametrize(("source", "name"), [("type X = int", "type statement")])
async def test_what_only_newer_pythons_parse_is_refused(source: str, name: str, desk: Any) -> None:
    found = await desk.sandbox.check("tenant", Program(source), Limits())
    assert [one.name for one in found] == [name]


async def test_all_that_is_wrong_is_said_at_once_and_in_order(desk: Any) -> None:
    source = "import os\nclass A(B):\n    def __len__(self):\n        yield 1\ndel x\ny = eval('1')"
    found = await desk.sandbox.check("tenant", Program(source, "main"), Limits())
    assert [(one.line, one.name) for one in found] == [
        (1, "os"), (1, "main"), (2, "base class"), (3, "__len__"), (4, "yield"), (5, "del"), (6, "eval"),
    ]  # fmt: skip


@pytest.mark.parametrize("entry", ["", "main()", "os.system", "1", "class", "_pegboard_body", "x\ny", "\ud800"])
async def test_an_entry_that_is_no_name_never_becomes_code(entry: str, desk: Any) -> None:
    found = await desk.sandbox.check("tenant", Program("def main(): pass", entry), Limits())
    assert [one.code for one in found] == ["MISSING_ENTRY"]


@pytest.mark.parametrize(
    "source",
    [
        "def outer():\n    def main(x): pass",
        "x = lambda main: 1",
        "class A:\n    def main(self): pass",
        "x.main = 1",
    ],
)
async def test_an_entry_is_at_the_top_level(source: str, desk: Any) -> None:
    found = await desk.sandbox.check("tenant", Program(source, "main"), Limits())
    assert [one.code for one in found] == ["MISSING_ENTRY"]


@pytest.mark.parametrize(
    "source",
    [
        "main = lambda x: x",
        "if 1:\n    def main(x): return x",
        "def make():\n    global main\n    main = 1",
        "from math import floor as main",
    ],
)
async def test_an_entry_can_be_made_in_any_way(source: str, desk: Any) -> None:
    assert await desk.sandbox.check("tenant", Program(source, "main"), Limits()) == ()


FINE = (
    "input = 5\ndef f(compile_=1, vars=2): return vars, input",
    "class Request: pass\nclass Object: pass\nclass Headers: pass",
    "class A:\n    def translate(self): return 1\nx = A().translate()",
    "import datetime\nx = datetime.datetime(2026, 1, 1).date()",
    "json = {'codecs': 1}\nx = json.get('codecs')",
    "def f(json):\n    return json.codecs\nimport json",
    "x = dict.fromkeys('ab'), bytes.fromhex('00'), str.__name__",
    "from __future__ import annotations\ndef f(x: undefined.thing) -> Nope: pass",
    "raise ValueError(f'{1}')",
    "raise ValueError",
    "x = undefined_name",
    "def f():\n    return (i for i in range(3))",
)


@pytest.mark.parametrize("source", FINE)
async def test_what_only_looks_like_it_is_fine(source: str, desk: Any) -> None:
    assert await desk.sandbox.check("tenant", Program(source + ENTRY, "main"), Limits()) == ()
    assert await desk.sandbox.check("tenant", Program(source), Limits()) == ()


async def test_a_check_runs_nothing(desk: Any) -> None:
    source = "print('ran')\nwhile True: pass\ndef main(x): pass"
    limits = Limits(wall=3.0)
    assert await desk.sandbox.check("tenant", Program(source, "main"), limits) == ()
    assert await desk.sandbox.check("tenant", Program(source), limits) == ()


@pytest.mark.parametrize(
    "source",
    ["(" * 250 + ")" * 250, "1" + " + 1" * 9000, "x = " + "-" * 20000 + "1", "if 1: pass\n" + "elif 1: pass\n" * 2000],
    ids=["brackets", "sums", "signs", "branches"],
)
async def test_a_source_that_is_nested_too_deeply_is_refused(source: str, desk: Any) -> None:
    found = await desk.sandbox.check("tenant", Program(source), Limits())
    assert found
    assert {one.code for one in found} <= {"SIZE", "SYNTAX"}
    assert await desk.value("return 1") == 1


@pytest.mark.parametrize(
    "source", ["x = '\0'", "x = '\ud800'", "x = " + "9" * 5000], ids=["nul", "surrogate", "digits"]
)
async def test_a_source_that_is_no_text_of_python_is_refused(source: str, desk: Any) -> None:
    found = await desk.sandbox.check("tenant", Program(source), Limits())
    assert [one.code for one in found] == ["SYNTAX"]


# The tables, held against the interpreter: what it learns is no longer refused, what it forgets is.


@pytest.fixture(scope="module")
def ask() -> Callable[[str], Any]:
    """The interpreter itself, without any check before it: what a feed gives, or the name of what it raises."""
    pydantic_monty = importlib.import_module("pydantic_monty")

    def run(code: str) -> Any:
        with pydantic_monty.Monty(max_processes=1) as pool, pool.checkout() as session:
            try:
                return session.feed_run(code, print_callback=lambda stream, text: None)
            except pydantic_monty.MontyError as error:
                return type(error.exception()).__name__

    return run


async def test_every_module_of_the_table_is_there(ask: Callable[[str], Any]) -> None:
    assert ask("".join(f"import {name}\n" for name in hints.MODULES) + "'all'") == "all"


async def test_what_speaks_of_files_and_the_environment_is_left_out(ask: Callable[[str], Any]) -> None:
    names = sorted(name for name in sys.stdlib_module_names if not name.startswith("_"))
    tried = {name for name in names if ask(f"import {name}\n'there'") == "there"}
    assert tried - set(hints.MODULES) == {"os", "pathlib", "posixpath"}


@pytest.mark.parametrize("name", sorted(hints.METHODS))
async def test_no_value_has_a_method_of_the_table(name: str, ask: Callable[[str], Any]) -> None:
    values = "[1, 1.5, 'a', b'a', [], {}, set(), (), frozenset(), ValueError('a')]"
    code = f"found = 0\nfor v in {values}:\n    try:\n        v.{name}()\n        found += 1\n"
    code += "    except AttributeError:\n        pass\n    except Exception:\n        found += 1\nfound"
    assert ask(code) == 0


USES = {
    "init": "", "post_init": "", "eq": "a == 1", "hash": "hash(a)", "repr": "repr(a)", "str": "str(a)",
    "iter": "list(a)", "next": "next(a)", "contains": "1 in a", "getitem": "a[1]", "setitem": "a[1] = 2", "call": "a()",
    "enter": "with a: pass", "exit": "with a: pass", "index": "[0, 1][a]", "int": "int(a)", "float": "float(a)",
    "round": "round(a)", "abs": "abs(a)", "trunc": "math.trunc(a)", "floor": "math.floor(a)", "ceil": "math.ceil(a)",
    "neg": "-a", "pos": "+a", "invert": "~a", "add": "a + 1", "sub": "a - 1", "mul": "a * 1", "truediv": "a / 1",
    "floordiv": "a // 1", "mod": "a % 1", "divmod": "divmod(a, 1)", "pow": "a ** 1", "matmul": "a @ 1",
    "lshift": "a << 1", "rshift": "a >> 1", "and": "a & 1", "or": "a | 1", "xor": "a ^ 1",
    "radd": "1 + a", "rsub": "1 - a", "rmul": "1 * a", "rtruediv": "1 / a", "rfloordiv": "1 // a", "rmod": "1 % a",
    "rdivmod": "divmod(1, a)", "rpow": "1 ** a", "rmatmul": "1 @ a", "rlshift": "1 << a", "rrshift": "1 >> a",
    "rand": "1 & a", "ror": "1 | a", "rxor": "1 ^ a",
}  # fmt: skip
PASSED_OVER = {
    "len": "len(a)", "bool": "bool(a)", "lt": "a < a", "le": "a <= a", "gt": "a > a", "ge": "a >= a", "ne": "a != 1",
    "getattr": "a.x", "getattribute": "a.x", "setattr": "a.x = 1", "format": "f'{a}'", "iadd": "a += 1",
    "reversed": "reversed(a)", "bytes": "bytes(a)", "complex": "complex(a)", "new": "A()", "del": "a = 1",
    "init_subclass": "1", "class_getitem": "A[int]", "set_name": "1", "missing": "1", "await": "1", "copy": "1",
}  # fmt: skip


def called(name: str, use: str) -> str:
    """Does the interpreter call this special method?"""
    result = {"iter": "iter([])", "next": "1", "repr": "'r'", "str": "'s'", "bytes": "b''"}.get(name, "1")
    given = "None" if name in ("init", "post_init") else result
    mark = "@dataclass\n" if name == "post_init" else ""
    other = {"enter": "exit", "exit": "enter"}.get(name)
    others = f"    def __{other}__(self, *args): pass\n" if other else ""
    return (
        f"import math\nfrom dataclasses import dataclass\nseen = []\n{mark}class A:\n"
        f"    def __{name}__(self, *args):\n        seen.append(1)\n        return {given}\n{others}"
        f"a = A()\ntry:\n    {use or 'pass'}\nexcept (TypeError, AttributeError, ValueError):\n    pass\nlen(seen) > 0"
    )


@pytest.mark.parametrize("name", USES)
async def test_special_methods_that_may_be_defined_are_called(name: str, ask: Callable[[str], Any]) -> None:
    assert f"__{name}__" in hints.SPECIAL_METHODS
    assert ask(called(name, USES[name])) is True


@pytest.mark.parametrize("name", PASSED_OVER)
async def test_special_methods_that_would_be_passed_over_are_refused(name: str, ask: Callable[[str], Any]) -> None:
    assert f"__{name}__" not in hints.SPECIAL_METHODS
    assert ask(called(name, PASSED_OVER[name])) is False


async def test_every_special_method_of_the_table_is_tried() -> None:
    assert {f"__{name}__" for name in USES} == hints.SPECIAL_METHODS


@pytest.mark.parametrize(("module", "name"), sorted(hints.KEYWORDS))
async def test_parameters_of_the_table_are_not_there(module: str, name: str, ask: Callable[[str], Any]) -> None:
    for keyword in hints.KEYWORDS[module, name]:
        assert ask(f"import {module}\n{module}.{name}('1', {keyword}=None)") == "TypeError"


async def test_every_hint_for_a_call_is_for_something_that_python_has() -> None:
    assert not {name for name in hints.CALLS if not hasattr(builtins, name)} - {"exit", "quit"}


async def test_an_unchecked_program_with_violations_does_not_run(desk: Any) -> None:
    outcome = await desk.body("print('ran')\nimport os\nreturn 1")
    assert (outcome.ending, outcome.stdout.data) == (Ending.VIOLATION, b"")
    assert [one.code for one in outcome.violations] == [MODULE]
