"""What is refused when it is saved: all at once, each with its place and what to write instead."""

# ruff: noqa: E501 (a program is one line of its table)

from typing import Any

import pytest

from pegboard_sandbox_process.child import Job, Refused

DOCUMENT_000 = [
    "os",
    "sys",
    "pathlib",
    "shutil",
    "glob",
    "socket",
    "requests",
    "urllib",
    "http",
    "subprocess",
    "multiprocessing",
    "threading",
    "signal",
    "boto3",
    "google.cloud",
    "azure",
]
LIMITS = {"recursion": 100, "nesting": 10, "source": 65536, "wall": 5.0}
ENTRY = "def process_data(data, request, user):\n"

REFUSALS = {
    # source → code, name, line, column, part of the hint
    "import os": ("import os\n" + ENTRY + "    pass", "FORBIDDEN_MODULE", "os", 1, 1, "json"),
    "from os.path": (ENTRY + "    from os.path import join", "FORBIDDEN_MODULE", "os.path", 2, 5, "math"),
    "after text that is not ASCII": (ENTRY + "    é = 'ü'; x = eval('1')", "FORBIDDEN_CALL", "eval", 2, 18, "json.loads"),
    "exec": (ENTRY + "    exec('x')", "FORBIDDEN_CALL", "exec", 2, 5, "write the code itself"),
    "compile": (ENTRY + "    return compile('1', '', 'eval')", "FORBIDDEN_CALL", "compile", 2, 12, "re.compile"),
    "__import__": (ENTRY + "    return __import__('os')", "FORBIDDEN_CALL", "__import__", 2, 12, "import statement"),
    "open": (ENTRY + "    return open('x')", "FORBIDDEN_CALL", "open", 2, 12, "no files"),
    "dunder attribute": (ENTRY + "    return data.__class__", "FORBIDDEN_NAME", "__class__", 2, 12, "isinstance"),
    "private attribute": (ENTRY + "    return data._x", "FORBIDDEN_NAME", "_x", 2, 12, "write 'x' without the underscore"),
    "private name": (ENTRY + "    _total = 1", "FORBIDDEN_NAME", "_total", 2, 5, "write 'total' without the underscore"),
    "private function": ("def _help(): pass\n" + ENTRY + "    pass", "FORBIDDEN_NAME", "_help", 1, 1, "write 'help'"),
    "private argument": ("def f(a, _b): pass\n" + ENTRY + "    pass", "FORBIDDEN_NAME", "_b", 1, 10, "write 'b'"),
    "__name__": (ENTRY + "    pass\nif __name__ == '__main__': pass", "FORBIDDEN_NAME", "__name__", 3, 4, "leave it out"),
    "match": (ENTRY + "    match data:\n        case 1: pass", "UNSUPPORTED", "match", 2, 5, "if / elif"),
    "async def": ("async def f(): pass\n" + ENTRY + "    pass", "UNSUPPORTED", "async def", 1, 1, "write def"),
    "nonlocal": (ENTRY + "    x = 1\n    def f():\n        nonlocal x", "UNSUPPORTED", "nonlocal", 4, 9, "dict or list"),
    "star import": ("from math import *\n" + ENTRY + "    pass", "UNSUPPORTED", "import *", 1, 1, "name what you need"),
    "metaclass": ("class A(metaclass=int): pass\n" + ENTRY + "    pass", "UNSUPPORTED", "metaclass", 1, 9, "bases only"),
    "__new__": ("class A:\n    def __new__(cls): pass\n" + ENTRY + "    pass", "FORBIDDEN_NAME", "__new__", 2, 5, "__init__"),
    "member of a module": ("import json\n" + ENTRY + "    json.load(1)", "FORBIDDEN_NAME", "json.load", 3, 5, "loads"),
    "syntax": (ENTRY + "    return (", "SYNTAX", "", 2, 12, "valid Python"),
    "null byte": (ENTRY + "    return '\0'", "SYNTAX", "", 1, 1, "valid Python"),
    "return outside": ("return 1\n" + ENTRY + "    pass", "SYNTAX", "", 1, 1, "valid Python"),
    "argument twice": ("def f(a, a): pass\n" + ENTRY + "    pass", "SYNTAX", "", 1, 10, "valid Python"),
    "entry missing": ("def process(data): pass", "MISSING_ENTRY", "process_data", 1, 1, "def process_data(widget_data, request, user)"),
    "entry nested": ("if 1:\n    def process_data(a, b, c): pass", "MISSING_ENTRY", "process_data", 1, 1, "top level"),
    "entry with too few": ("x = 1\ndef process_data(a, b): pass", "MISSING_ENTRY", "process_data", 2, 1, "def process_data("),
    "entry with too many": ("def process_data(a, b, c, d): pass", "MISSING_ENTRY", "process_data", 1, 1, "def process_data("),
    "entry with a keyword": ("def process_data(a, b, c, *, d): pass", "MISSING_ENTRY", "process_data", 1, 1, "def process_data("),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_says_what_where_and_what_instead(case: str, bare: Any) -> None:
    source, code, name, line, column, hint = REFUSALS[case]
    (found,) = bare.check(source)
    assert (found["code"], found["name"], found["line"], found["column"]) == (code, name, line, column)
    assert hint in found["hint"]
    assert found["message"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_places_count_lines_as_python_does(end: str, bare: Any) -> None:
    source = end.join(["def process_data(a, b, c):", "    x = '\x0b\x1c\u2028'; eval('1')", "    exec('2')"])
    found = [(each["name"], each["line"], each["column"]) for each in bare.check(source)]
    assert found == [("eval", 2, 16), ("exec", 3, 5)]


def test_a_source_that_is_all_violations_is_refused_quickly(bare: Any) -> None:
    found = bare.check("eval;" * 12_000)
    assert len(found) == 1000


@pytest.mark.parametrize("module", DOCUMENT_000)
def test_every_module_that_document_000_forbids_is_named_as_it_is_written(module: str, bare: Any) -> None:
    (found,) = bare.check(f"import {module}\n{ENTRY}    return 1")
    assert (found["code"], found["name"]) == ("FORBIDDEN_MODULE", module)
    assert found["message"] == f"Forbidden module '{module}' detected"


def test_all_violations_are_found_at_once_in_their_order(bare: Any) -> None:
    source = """import os, json, sys
from subprocess import run as go

class A:
    def __del__(self): pass

def process_data(data):
    import google.cloud
    async def f():
        await data.__dict__
    return eval(data._x) + [open(x) for x in data]
"""
    found = [(violation["code"], violation["name"]) for violation in bare.check(source)]
    assert found == [
        ("FORBIDDEN_MODULE", "os"),
        ("FORBIDDEN_MODULE", "sys"),
        ("FORBIDDEN_MODULE", "subprocess"),
        ("FORBIDDEN_NAME", "__del__"),
        ("MISSING_ENTRY", "process_data"),
        ("FORBIDDEN_MODULE", "google.cloud"),
        ("UNSUPPORTED", "async def"),
        ("UNSUPPORTED", "await"),
        ("FORBIDDEN_NAME", "__dict__"),
        ("FORBIDDEN_CALL", "eval"),
        ("FORBIDDEN_NAME", "_x"),
        ("FORBIDDEN_CALL", "open"),
    ]


def test_what_the_author_wrote_is_told_before_what_is_missing(bare: Any) -> None:
    found = bare.language.check(Job("check", "import os", "process_data", [], LIMITS))
    assert [each["code"] for each in found] == ["FORBIDDEN_MODULE", "MISSING_ENTRY"]


def loops(depth: int) -> str:
    lines = [f"{'    ' * (level + 1)}for x{level} in range(1):" for level in range(depth)]
    return ENTRY + "\n".join(lines) + f"\n{'    ' * (depth + 1)}pass"


def test_loops_may_be_nested_ten_deep(bare: Any) -> None:
    assert bare.check(loops(10)) == []
    (found,) = bare.check(loops(12))
    assert (found["code"], found["name"], found["line"], found["column"]) == ("NESTING", "for", 12, 45)
    assert found["message"] == "Loops are nested more than 10 deep"


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        ("for a in []:\n    while a:\n        return [1 for b in []]", 3),
        ("return [1 for a in [] for b in [] for c in []]", 3),
        ("return [[1 for b in []] for a in []]", 2),
        ("return [1 for a in [b for b in []]]", 1),
        ("for a in []: pass\nelse:\n    for b in []: pass", 1),
        ("for a in []:\n    def f():\n        for b in []: pass", 1),
        ("for a in []:\n    x = lambda: [b for b in []]", 1),
        ("return {k: [v for v in k] for k in []}", 2),
    ],
)
def test_what_counts_as_nesting(body: str, allowed: int, bare: Any) -> None:
    assert bare.check(body, nesting=allowed) == []
    assert {found["code"] for found in bare.check(body, nesting=allowed - 1)} == {"NESTING"}


def test_a_source_may_have_64_kib(bare: Any) -> None:
    source = ENTRY + "    return 1 #"
    padding = 65536 - len(source)
    assert bare.check(source + "x" * padding) == []
    (found,) = bare.check(source + "x" * (padding + 1))
    assert (found["code"], found["message"]) == ("SIZE", "The source has 65537 bytes; 65536 are allowed")
    (found,) = bare.check(source + "é" * (padding // 2 + 1))
    assert found["code"] == "SIZE"


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 5000 + ")" * 5000,
        "[" * 400 + "]" * 400,
        "-" * 30000 + "1",
        "+".join("1" * 20000),
        "a" + ".b" * 20000,
        "1" * 5000,
    ],
)
def test_a_source_that_no_compiler_takes_is_a_violation_and_no_crash(expression: str, bare: Any) -> None:
    (found,) = bare.check(f"return {expression}")
    assert found["code"] == "SYNTAX"


@pytest.mark.parametrize(
    "signature",
    [
        "(data, req, user)",
        "(widget_data, request, user)",
        "(*args)",
        "(a, *rest)",
        "(a, b, c=1, d=2)",
        "(a, /, b, c)",
        "(a, b, c, *, d=1)",
    ],
)
def test_any_signature_that_takes_three_arguments_will_do(signature: str, bare: Any) -> None:
    assert bare.check(f"def process_data{signature}: pass") == []


def test_other_entries_are_held_against_the_arguments_of_a_run(bare: Any) -> None:
    source = "def convert(value): return value * 2"
    assert bare.check(source, entry="convert") == []
    assert bare.language.execute(Job("run", source, "convert", [21], LIMITS)) == 42
    with pytest.raises(Refused) as refused:
        bare.language.execute(Job("run", source, "convert", [1, 2], LIMITS))
    assert refused.value.violations[0]["code"] == "MISSING_ENTRY"


def test_a_check_runs_nothing(bare: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert bare.check("print('ran')\n" + ENTRY + "    print('ran')") == []
    assert capsys.readouterr().out == ""
