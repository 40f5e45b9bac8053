"""Standard input: what a program reads of it."""

import json

import pytest

from pegboard import Ending, Limits

pytestmark = pytest.mark.anyio

MEGABYTE = 1 << 20

STDIN = {
    "text": ("import sys\nreturn sys.stdin.read()", "zwölf\nb\n"),
    "lines": ("import sys\nreturn [line for line in sys.stdin]", ["zwölf\n", "b\n"]),
    "bytes": ("import sys\nreturn list(sys.stdin.buffer.read())", list("zwölf\nb\n".encode())),
    "input": ("return [input(), input()]", ["zwölf", "b"]),
    "input, then the rest": ("import sys\nreturn [input(), sys.stdin.read()]", ["zwölf", "b\n"]),
    "input at the end": ("input(); input()\ntry: input()\nexcept EOFError: return 'end'", "end"),
    "twice": ("import sys\nreturn [sys.stdin.read(), sys.stdin.read()]", ["zwölf\nb\n", ""]),
    "again from the start": ("import sys\nsys.stdin.read(); sys.stdin.seek(0)\nreturn input()", "zwölf"),
    "descriptor 0": ("import os\nreturn [os.read(0, 2).decode(), os.read(0, 99).decode(), os.read(0, 9).decode()]",
                     ["zw", "ölf\nb\n", ""]),
    "open(0)": ("return open(0).readlines()", ["zwölf\n", "b\n"]),
    "fileinput": ("import fileinput\nreturn [line for line in fileinput.input()]", ["zwölf\n", "b\n"]),
    "csv": ("import csv, sys\nreturn list(csv.reader(sys.stdin))", [["zwölf"], ["b"]]),
    "not interactive": ("import sys\nreturn [sys.stdin.isatty(), sys.stdin.encoding, sys.stdin.fileno()]",
                        [False, "utf-8", 0]),
}  # fmt: skip


@pytest.mark.parametrize("name", STDIN)
async def test_standard_input_is_read(given, name: str) -> None:
    source, expected = STDIN[name]
    outcome = await given(source, "zwölf\nb\n".encode())
    assert outcome.failure is None, outcome.failure
    assert json.loads(outcome.result) == expected


@pytest.mark.parametrize(
    "source",
    [
        "import sys\nreturn sys.stdin.read()",
        "import sys\nreturn sys.stdin.buffer.read().decode()",
        "import os\nreturn os.read(0, 9).decode()",
        "return open(0).read()",
    ],
)
async def test_without_standard_input_it_ends_at_once(given, source: str) -> None:
    assert (await given(source)).result == b'""'


async def test_input_without_standard_input_is_its_end(given) -> None:
    assert (await given("input()")).failure.type == "EOFError"


async def test_bytes_that_are_no_text_are_read_as_bytes(given) -> None:
    source = "import sys\nreturn sys.stdin.buffer.read().hex()"
    assert (await given(source, b"\xff\x00\n")).result == b'"ff000a"'
    assert (await given("import sys\nreturn sys.stdin.read()", b"\xff")).failure.type == "UnicodeDecodeError"


async def test_closed_standard_input_is_closed(given) -> None:
    outcome = await given("import sys\nsys.stdin.close()\nreturn sys.stdin.read()", b"abc")
    assert outcome.failure.type == "ValueError"


async def test_much_standard_input_goes_in(given) -> None:
    outcome = await given("import sys\nreturn [len(sys.stdin.read()), input.__name__]", b"x" * (20 * MEGABYTE))
    assert json.loads(outcome.result) == [20 * MEGABYTE, "input"]


async def test_more_standard_input_than_memory_is_the_limit_of_memory(given) -> None:
    outcome = await given("return 1", bytes(80 * MEGABYTE), Limits(memory=64 * MEGABYTE))
    assert (outcome.ending, outcome.failure.limit) == (Ending.LIMIT, "memory")
