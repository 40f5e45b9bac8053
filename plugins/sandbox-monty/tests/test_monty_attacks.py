"""Ways out of other sandboxes, tried on this one. The check is tried first, then the interpreter without it."""

import importlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pegboard import Ending, Limits, Program

pytestmark = pytest.mark.anyio

MODULE, CALL, NAME, UNSUPPORTED = "FORBIDDEN_MODULE", "FORBIDDEN_CALL", "FORBIDDEN_NAME", "UNSUPPORTED"

REFUSED: dict[str, tuple[str, str]] = {
    # (source, code)
    "import os": ("import os\nreturn os.environ", MODULE),
    "import subprocess": ("import subprocess\nreturn subprocess.run(['id'])", MODULE),
    "import socket": ("import socket\nreturn socket.socket()", MODULE),
    "import ctypes": ("import ctypes\nreturn ctypes.CDLL(None)", MODULE),
    "import builtins": ("import builtins\nreturn builtins.open", MODULE),
    "import importlib": ("import importlib\nreturn importlib.import_module('os')", MODULE),
    "import pathlib": ("import pathlib\nreturn pathlib.Path('/etc/passwd').read_text()", MODULE),
    "import os as json": ("import os as json\nreturn json.environ", MODULE),
    "import under a condition": ("if data:\n    import os", MODULE),
    "__import__": ("return __import__('os')", CALL),
    "eval": ("return eval('1')", CALL),
    "exec": ("exec('import os')", CALL),
    "eval by another name": ("e = eval\nreturn e('1')", CALL),
    "compile": ("return compile('1', '', 'eval')", CALL),
    "open": ("return open('/etc/passwd').read()", CALL),
    "open to write": ("open('/tmp/made', 'w').write('x')", CALL),
    "open as a default": ("def f(o=open): return o('/etc/passwd')\nreturn f()", CALL),
    "globals": ("return globals()", CALL),
    "vars": ("return vars(user)", CALL),
    "breakpoint": ("breakpoint()", CALL),
    "subclasses": ("return ().__class__.__bases__[0].__subclasses__()", NAME),
    "mro": ("return type(data).__mro__", NAME),
    "globals of a function": ("return process_data.__globals__", NAME),
    "code of a function": ("return (lambda: 0).__code__", NAME),
    "closure of a function": ("return (lambda: data).__closure__", NAME),
    "builtins": ("return __builtins__", NAME),
    "frame of a generator": ("return (x for x in [1]).gi_frame", NAME),
    "traceback of an exception": ("try:\n    1/0\nexcept Exception as e:\n    return e.__traceback__", NAME),
    "self of a method": ("return print.__self__", NAME),
    "dict of a class": ("class A: pass\nreturn A.__dict__", NAME),
    "module of json": ("import json\nreturn json.codecs", NAME),
    "module of dataclasses": ("from dataclasses import sys\nreturn sys", NAME),
    "modules of sys": ("import sys\nreturn sys.modules", NAME),
    "subclass of str": ("class S(str): pass", UNSUPPORTED),
    "getattribute of one's own": ("class A:\n    def __getattribute__(self, name): return 1", UNSUPPORTED),
    "finalizer": ("class A:\n    def __del__(self): print('late')", UNSUPPORTED),
    "our function": ("_pegboard_dumps = lambda *a, **k: 'x' * 10**9", NAME),
    "our result": ("global _pegboard_result\n_pegboard_result = 1", NAME),
}  # fmt: skip

HARMLESS: dict[str, tuple[str, Any]] = {
    # (source, what comes out: a value, or the type of exception)
    "format with attributes": ("return '{0.__class__}'.format(1)", "AttributeError"),
    "format by key": ("return '{x.__globals__}'.format(x=process_data)", "AttributeError"),
    "format in a format spec": ("return '{:{0.__class__}}'.format(1)", "ValueError"),
    "getattr with a built name": ("return getattr(1, '__cl' + 'ass__')", "AttributeError"),
    "getattr of a function": ("return getattr(process_data, '__glo' + 'bals__')", "AttributeError"),
    "hasattr": ("return hasattr(print, '__se' + 'lf__')", False),
    "setattr of a module": ("import json\nsetattr(json, 'loads', 1)", "AttributeError"),
    "setattr of a type": ("setattr(str, 'upper', 1)", "AttributeError"),
    "type that makes a class": ("return type('A', (object,), {})", "TypeError"),
    "type of a type": ("return type(type(1))('A', (dict,), {})", "TypeError"),
    "calling the function type": ("return type(lambda: 0)(1, {})", "TypeError"),
    "name that is not there": ("return nowhere", "NameError"),
    "argv": ("import sys\nreturn sys.argv, sys.executable, sys.prefix", [["main.py"], "", ""]),
    "locals": ("x = 1\nreturn 'data' in locals()", True),
    "namedtuple of hostile names": (
        "from collections import namedtuple\nreturn namedtuple('P', ['x=print(1)'])",
        "ValueError",
    ),
    "partial of getattr": ("import functools\nreturn functools.partial(getattr, 1)('__class__')", "AttributeError"),
    "map of getattr": ("return list(map(getattr, [1], ['__class__']))", "AttributeError"),
    "csv of a file": ("import csv\nreturn list(csv.reader('/etc/passwd'))[0]", ["/"]),
    "toml of a path": ("import tomllib\nreturn tomllib.load('/etc/passwd')", None),
    "awaiting": ("async def f():\n    return 1\nreturn f().send(None)", "AttributeError"),
    "object that says it is everything": (
        "class A:\n    def __eq__(self, o): return True\n    def __hash__(self): return 0\nreturn A() == user",
        True,
    ),
    "printing what is not JSON": ("print(print, type, lambda: 0)\nreturn 1", 1),
}  # fmt: skip


@pytest.fixture(scope="module")
def bare() -> Iterator[Callable[[str], Any]]:
    """The interpreter alone: what comes out, or the exception."""
    pydantic_monty = importlib.import_module("pydantic_monty")
    with pydantic_monty.Monty(max_processes=1) as pool:

        def run(source: str) -> Any:
            with pool.checkout(limits={"max_feed_duration_secs": 2.0, "max_memory": 1 << 28}) as session:
                try:
                    return session.feed_run(source, print_callback=lambda stream, text: None)
                except pydantic_monty.MontyError as error:
                    return error.exception()

        yield run


@pytest.mark.parametrize("attack", REFUSED)
async def test_it_is_refused_when_it_is_saved_and_when_it_is_run(attack: str, desk: Any, as_program: Any) -> None:
    source, code = REFUSED[attack]
    found = await desk.sandbox.check("tenant", Program(as_program(source), "process_data"), Limits())
    assert code in [violation.code for violation in found], found
    assert (await desk.run(source)).ending is Ending.VIOLATION


@pytest.mark.parametrize("attack", REFUSED)
async def test_without_the_check_the_interpreter_gives_nothing_away(attack: str, bare: Any, as_program: Any) -> None:
    source, _ = REFUSED[attack]
    call = "process_data({'a': 1}, None, None)"
    given = bare(f"{as_program(source)}\n{call}")
    harmless = isinstance(given, BaseException) or given in (None, 1, "1")
    assert harmless or attack == "our function", given


@pytest.mark.parametrize("attack", HARMLESS)
async def test_it_passes_the_check_and_does_no_harm(attack: str, desk: Any, as_program: Any) -> None:
    source, expected = HARMLESS[attack]
    assert await desk.sandbox.check("tenant", Program(as_program(source), "process_data"), Limits()) == ()
    outcome = await desk.run(source)
    if isinstance(expected, str) and expected.endswith("Error"):
        assert (outcome.ending, outcome.failure.type) == (Ending.EXCEPTION, expected), outcome
    elif expected is None:
        assert outcome.ending is Ending.EXCEPTION, outcome
    else:
        assert json.loads(outcome.result or b'"nothing"') == expected, outcome
