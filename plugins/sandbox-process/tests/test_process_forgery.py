"""The answer's channel belongs to the program as well: nothing on it is believed that it could not return anyway."""

import os
import struct

import attrs
import pytest

from pegboard import Ending, Isolation, Limits, Output
from pegboard_sandbox_process.call import Finished
from pegboard_sandbox_process.outcome import outcome
from pegboard_sandbox_process.spawn import Report

pytestmark = pytest.mark.anyio

HEAD = struct.Struct("<IBQ")


def frame(letter: str, payload: bytes, size: int | None = None) -> bytes:
    return HEAD.pack(len(payload) + 9 if size is None else size, ord(letter), 0) + payload


def finished(data: bytes, status: int = 0, **members: object) -> Finished:
    report = Report(status, 0.1, 1 << 20, 100.0, 101.0)
    return attrs.evolve(Finished(report, data, False, "", Output(), Output()), **members)


def end(given: Finished, limits: Limits = Limits()) -> object:  # noqa: B008
    return outcome(given, limits, Isolation.L4, 0.0, 100.0)


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        frame("R", b"{}", 5),
        frame("R", b"{}") + frame("R", b"{}"),
        frame("R", b"{not json"),
        frame("R", b""),
        frame("R", b"\xff\xfe"),
        frame("R", b"NaN"),
        frame("R", b"[" * 100_000 + b"]" * 100_000),
        frame("Z", b"{}"),
        frame("X", b"[]"),
        frame("X", b"{}"),
        frame("X", b'{"ending":"result"}'),
        frame("X", b'{"ending":"limit","limit":"sanity"}'),
        frame("X", b'{"ending":"limit","limit":["wall"]}'),
        frame("X", b'{"ending":"exception","type":"E","line":"1"}'),
        frame("X", b'{"ending":"violation","violations":[{}]}'),
        frame("X", b'{"ending":"violation","violations":7}'),
    ],
)
def test_a_malformed_answer_is_a_crash(data: bytes) -> None:
    assert end(finished(data)).ending is Ending.CRASHED  # type: ignore[attr-defined]


def test_a_limit_has_the_callers_number() -> None:
    ended = end(finished(frame("X", b'{"ending":"limit","limit":"recursion","allowed":5}')), Limits(recursion=77))
    assert ended.failure.allowed == 77  # type: ignore[attr-defined]


def test_a_result_counts_only_with_an_orderly_end() -> None:
    assert end(finished(frame("R", b"1"), status=11)).failure.signal == 11  # type: ignore[attr-defined]
    assert end(finished(frame("R", b"1"), status=3 << 8)).ending is Ending.CRASHED  # type: ignore[attr-defined]


def test_a_start_time_outside_of_the_call_is_not_believed() -> None:
    late = HEAD.pack(10, ord("R"), 2**63) + b"1"
    ended = end(finished(late))
    assert (ended.start, ended.wall) == (1.0, 0.0)  # type: ignore[attr-defined]


def test_a_lost_zygote_is_a_lost_call() -> None:
    assert end(finished(frame("R", b"1"), report=None)).ending is Ending.LOST  # type: ignore[attr-defined]


WRITE = """
import os, struct
def send(data): os.write(3, data)
def frame(letter, data): return struct.pack('<IBQ', len(data) + 9, ord(letter), 0) + data
"""


async def test_a_program_may_only_say_what_it_could_return(run) -> None:
    outcome = await run(WRITE + "send(frame('R', b'[1]'))\nos._exit(0)")
    assert (outcome.ending, outcome.result) == (Ending.RESULT, b"[1]")


async def test_two_answers_are_none(run) -> None:
    assert (await run(WRITE + "send(frame('R', b'[1]'))\nreturn 2")).ending is Ending.CRASHED


async def test_an_answer_without_end_is_cut(run) -> None:
    outcome = await run(WRITE + "while True: send(bytes(65536))", wall=10.0)
    assert (outcome.ending, outcome.failure.limit) == (Ending.LIMIT, "result")


async def test_an_answer_does_not_end_the_wait(run) -> None:
    outcome = await run(WRITE + "send(frame('R', b'[1]'))\nwhile True: pass", wall=0.3)
    assert (outcome.ending, outcome.failure.limit) == (Ending.LIMIT, "wall")


async def test_a_closed_channel_is_an_exit_without_result(run) -> None:
    outcome = await run("import os\nos.close(3)\nreturn 1")
    assert (outcome.ending, outcome.failure.exit_code) == (Ending.EXCEPTION, 1)


async def test_exit_handlers_do_not_run(run) -> None:
    outcome = await run("import atexit\natexit.register(print, 'late')\nreturn 1")
    assert (outcome.result, outcome.stdout.data) == (b"1", b"")


async def test_hostile_types_stay_in_the_jail(run) -> None:
    source = (
        "class S(str):\n    def __str__(self): raise SystemExit(9)\n    __repr__ = encode = __str__\n"
        "class D(dict):\n    def items(self): return [('a', S('b'))]\n"
        "return D(x=1)"
    )
    outcome = await run(source)
    assert (outcome.ending, outcome.result) == (Ending.RESULT, b'{"a":"b"}')


@pytest.mark.parametrize(
    "text", ["raise SystemExit(9)", "1/0", "while True: pass", "return 5", "import os; os._exit(0)"]
)
async def test_an_exceptions_text_is_a_program_too(run, text: str) -> None:
    outcome = await run(f"class E(Exception):\n    def __str__(self):\n        {text}\nraise E", wall=0.3)
    assert outcome.ending in (Ending.EXCEPTION, Ending.LIMIT, Ending.CRASHED)


def test_the_servers_and_the_jails_formats_agree() -> None:
    source = os.path.join(os.path.dirname(__file__), "../src/pegboard_sandbox_process")
    from pegboard_sandbox_process import call, spawn
    from pegboard_sandbox_process import outcome as reader

    def constant(module: str, name: str) -> str:
        with open(os.path.join(source, f"{module}.py")) as file:
            line = next(line for line in file if line.startswith(f"{name} = "))
        return line.partition("= ")[2].strip().strip('"')

    assert constant("child", "JOB") == call.JOB.format
    assert constant("child", "ARGUMENT") == call.ARGUMENT.format
    assert int(constant("child", "JOB_SIZE")) == call.JOB.size
    assert constant("forking", "CALL") == spawn.CALL.format
    assert constant("forking", "REPORT") == spawn.REPORT.format
    assert reader.HEAD.format == HEAD.format
