"""The language: all of Python, as a module or as the body of a function."""

import json

import pytest

pytestmark = pytest.mark.anyio

BODIES = {
    "a star import": ("from math import *\nreturn floor(pi)", 3),
    "a star import without return": ("from math import *\nx = floor(pi)", None),
    "a multi-line string": ('x = """\n  two\n    four\n"""\nreturn x', "\n  two\n    four\n"),
    "a continuation": ("return 1 + \\\n  2", 3),
    "an annotated name": ("x: int = 3\ny: str\nreturn x", 3),
    "a global counter": ("n = 0\ndef up():\n    global n\n    n += 1\nup(); up()\nreturn n", 2),
    "a nonlocal counter": ("n = 0\ndef up():\n    nonlocal n\n    n += 1\nup()\nreturn n", 1),
    "a top-level global": ("global g\ng = 5\nreturn g", 5),
    "recursion": ("def f(n): return 1 if n < 2 else n * f(n - 1)\nreturn f(5)", 120),
    "a class": ("class A:\n    x = [i for i in range(3)]\n    def f(self): return self.x\nreturn A().f()", [0, 1, 2]),
    "a comprehension over a name": ("k = 2\nreturn [i * k for i in range(3)]", [0, 2, 4]),
    "a walrus": ("return [y := 1, y ** 2]", [1, 1]),
    "a return in a try": ("try:\n    return 1\nexcept:\n    return 2\nfinally:\n    print('end')", 1),
    "a return in with, for and match": ("for x in [1, 2]:\n    match x:\n        case 2:\n            return x", 2),
    "a future import": ("from __future__ import annotations\ndef f(x: Nope): return x\nreturn f(1)", 1),
    "a main block": ("if __name__ == '__main__':\n    return 'main'", "main"),
    "a deleted name": ("x = 1\ndel x\nreturn 'x' in globals()", False),
    "an except name": ("try: 1/0\nexcept ZeroDivisionError as e: m = str(e)\nreturn m", "division by zero"),
    "an import as": ("import os.path as p\nfrom json import dumps as d\nreturn d(p.join('a', 'b'))", '"a/b"'),
    "a generator inside": ("def g():\n    yield 1\nreturn list(g())", [1]),
    "a lambda with return around": ("f = lambda: 1\nreturn f()", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_may_have(run, name: str) -> None:
    source, expected = BODIES[name]
    outcome = await run(source)
    assert outcome.failure is None, outcome.failure
    assert json.loads(outcome.result) == expected


@pytest.mark.parametrize(
    "source", ["yield 1\nreturn 2", "await x\nreturn 1", "class A:\n    return 1\nreturn 1", "return 1\n  x"]
)
async def test_a_body_may_not_be(run, source: str) -> None:
    outcome = await run(source)
    assert [each.code for each in outcome.violations] == ["SYNTAX"]


async def test_lines_of_a_body_are_the_users(run) -> None:
    outcome = await run("from math import *\n\nx = 1\nreturn x / 0")
    assert outcome.failure.line == 4


LIBRARY = [
    "abc",
    "argparse",
    "ast",
    "base64",
    "bisect",
    "calendar",
    "cmath",
    "collections",
    "configparser",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "email.message",
    "enum",
    "fractions",
    "functools",
    "graphlib",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "html.parser",
    "http",
    "inspect",
    "io",
    "ipaddress",
    "itertools",
    "json",
    "logging",
    "math",
    "numbers",
    "operator",
    "os",
    "pathlib",
    "pickle",
    "pprint",
    "queue",
    "random",
    "re",
    "sched",
    "secrets",
    "shlex",
    "statistics",
    "string",
    "struct",
    "textwrap",
    "threading",
    "time",
    "timeit",
    "traceback",
    "types",
    "typing",
    "unicodedata",
    "unittest",
    "urllib.parse",
    "uuid",
    "warnings",
    "xml.etree.ElementTree",
    "zipfile",
    "zlib",
    "zoneinfo",
    "asyncio",
    "subprocess",
    "socket",
    "tempfile",
]


async def test_the_standard_library_is_there(run) -> None:
    source = f"import importlib\nfor name in {LIBRARY!r}: importlib.import_module(name)\nreturn 'all'"
    outcome = await run(source, wall=20.0)
    assert outcome.result == b'"all"', outcome.failure


async def test_ordinary_work_with_the_library(run) -> None:
    source = (
        "import csv, io, hashlib, statistics, datetime, decimal, random, dataclasses, uuid\n"
        "rows = list(csv.DictReader(io.StringIO('a,b\\n1,2\\n3,4\\n')))\n"
        "@dataclasses.dataclass\nclass P:\n    x: int\n"
        "return [statistics.mean(int(r['b']) for r in rows), hashlib.sha256(b'x').hexdigest()[:8], P(3).x,\n"
        "  datetime.datetime.strptime('2024-02-03', '%Y-%m-%d').month, str(decimal.Decimal('0.1') + 1),\n"
        "  len(str(uuid.uuid4())), 0 <= random.random() < 1, 'x'.encode('cp437').decode('cp1140') != '']"
    )
    outcome = await run(source)
    assert json.loads(outcome.result) == [3, "2d711642", 3, 2, "1.1", 36, True, True]


async def test_what_is_not_there_is_a_plain_import_error(run) -> None:
    outcome = await run("import attrs")
    assert (outcome.failure.type, outcome.failure.message) == ("ModuleNotFoundError", "No module named 'attrs'")


async def test_the_server_is_not_there(run) -> None:
    outcome = await run("import pegboard")
    assert outcome.failure.type == "ModuleNotFoundError"


async def test_a_deeper_recursion_may_be_asked_for(run) -> None:
    source = "def f(n): return n and 1 + f(n - 1)\nreturn f(2000)"
    assert (await run(source, recursion=2500)).result == b"2000"


async def test_recursion_without_end_and_without_limit_stays_in_the_jail(run) -> None:
    source = "import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return f([n])\nf(1)"
    outcome = await run(source, memory=128 << 20, wall=10.0)
    assert outcome.ending in ("limit", "crashed", "exception"), outcome
