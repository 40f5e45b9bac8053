"""A program that speaks on the worker's own channel: at worst its own call fails, and nothing waits for ever."""

import asyncio
import struct
from collections.abc import AsyncIterator

import pytest

from pegboard import Argument, Ending, Limits, Outcome, Program, Run
from pegboard_sandbox_process import FULL_PYTHON, Jail, ProcessSettings, Warmth, open_jail, resident, worker

pytestmark = pytest.mark.anyio

SPEECH = """
import gc, os, struct, sys, time

def answer(payload, length=None, used=(1, 1, 10000, 1, 0)):
    frame = struct.pack("<IBQ", len(payload) + 9 if length is None else length, ord("R"), 0) + payload
    return frame + struct.pack("<QQQQB", *used)

def after_each_write(frame, event, called):
    if event == "c_return" and called is os.write and frame.f_code.co_name == "write_all":
        sys.setprofile(None)
        LATER()

def speak(bad):
    global LATER
    if not bad: return 1
    %s
"""
GO, STOP = (Argument(b"true"),), (Argument(b"false"),)

SPEECHES = {
    "garbage": ("os.write(3, b'garbage')", "crashed result wall"),
    "half a frame": ("os.write(3, struct.pack('<I', 100))\n    while True: pass", "wall"),
    "half a length": ("os.write(3, b'xx')\n    while True: pass", "wall"),
    "a longer frame than comes": ("os.write(3, struct.pack('<I', 4000))\n    return 1", "wall"),
    "a frame without figures": ("os.write(3, answer(b'[2]')[:-33])\n    while True: pass", "wall"),
    "half of the figures": ("os.write(3, answer(b'[2]')[:-5])\n    while True: pass", "wall"),
    "more than the figures": ("os.write(3, answer(b'[2]') + b'x')", "[2]"),
    "a frame of nothing": ("os.write(3, bytes(4))", "crashed"),
    "an endless frame of nothing": ("while True: os.write(3, bytes(65536))", "crashed"),
    "a length beyond all": ("os.write(3, bytes([255]) * 4)\n    while True: pass", "result"),
    "an endless frame": ("os.write(3, bytes([255, 255, 0, 0]))\n    while True: os.write(3, bytes(65536))", "crashed"),
    "no JSON": ("os.write(3, answer(b'{nope'))\n    while True: pass", "crashed"),
    "a wrong length inside": ("os.write(3, answer(b'[2]', length=5))\n    while True: pass", "crashed"),
    "two answers": ("os.write(3, answer(b'[2]') * 2)", "[2]"),
    "an answer, then its own": ("os.write(3, answer(b'[2]'))\n    return 1", "[2] crashed"),
    "an answer, then more of the program": ("os.write(3, answer(b'[2]'))\n    while True: pass", "[2]"),
    "an answer, then endless output": ("os.write(3, answer(b'[2]'))\n    while True: os.write(1, bytes(65536))", "[2]"),
    "figures beyond all": ("os.write(3, answer(b'[2]', used=(2**64-1,) * 4 + (255,)))\n    while True: pass", "[2]"),
    "a closed channel": ("os.close(3)\n    while True: pass", "crashed"),
    "closed channel and streams": ("for n in (1, 2, 3): os.close(n)\n    return 1", "crashed exit"),
    "words behind the answer": ("LATER = lambda: os.write(3, b'x' * 100)\n    sys.setprofile(after_each_write)\n"
                                "    return [2]", "[2] crashed"),
    "words out of turn": ("LATER = lambda: (time.sleep(0.05), os.write(3, b'x'))\n"
                          "    sys.setprofile(after_each_write)\n    return [2]", "[2]"),
    "an answer out of turn": ("LATER = lambda: (time.sleep(0.05), os.write(3, answer(b'[3]')))\n"
                              "    sys.setprofile(after_each_write)\n    return [2]", "[2]"),
    "the end behind the answer": ("LATER = lambda: os._exit(0)\n    sys.setprofile(after_each_write)\n    return [2]",
                                  "[2]"),
}  # fmt: skip


@pytest.fixture(scope="module")
async def jail(namespaces: None) -> AsyncIterator[Jail]:
    async with open_jail(FULL_PYTHON, ProcessSettings(workers=2, max_level=4, spare=False), Warmth()) as opened:
        yield opened


def ended(outcome: Outcome) -> str:
    if outcome.ending is Ending.RESULT:
        return outcome.result.decode()
    assert outcome.failure is not None
    return "exit" if outcome.ending is Ending.EXCEPTION else outcome.failure.limit or str(outcome.ending)


@pytest.mark.parametrize("name", SPEECHES)
async def test_a_speech_on_the_channel_is_at_worst_the_end_of_its_call(jail: Jail, name: str) -> None:
    loop, wrong = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda loop, context: wrong.append(context))
    body, expected = SPEECHES[name]
    program, limits = Program(SPEECH % body, "speak"), Limits(wall=0.3, result=1000)

    async def call(tenant: str, arguments: tuple[Argument, ...]) -> Outcome:
        return await asyncio.wait_for(jail.run(Run(tenant, program, arguments, limits)), 5)

    try:
        assert (await call("t", STOP)).result == b"1"
        outcome = await call("t", GO)
        assert ended(outcome) in expected.split(), outcome
        assert (outcome.cpu <= outcome.wall + 0.1, outcome.memory <= worker.BELIEVED) == (True, True)
        others = await asyncio.gather(*(call("u", STOP) for _ in range(4)))
        assert [each.result for each in others] == [b"1"] * 4
        await call("t", STOP)  # may be spoilt by what its own program left, which ends that process
        await call("t", STOP)
        assert (await call("t", STOP)).result == b"1"
    finally:
        loop.set_exception_handler(None)
    assert wrong == []


async def test_an_answer_before_the_whole_job_was_sent_is_none(jail: Jail) -> None:
    """Else the rest of that job would be taken for the beginning of the next."""
    later = "LATER = lambda: (os.read(3, 10), os.write(3, answer(b'[3]')), time.sleep(60))"
    program = Program(SPEECH % f"{later}\n    sys.setprofile(after_each_write)\n    return [2]", "speak")
    large = Argument(b'"' + b"x" * (5 << 20) + b'"')
    assert ended(await jail.run(Run("early", program, GO))) == "[2]"
    outcome = await asyncio.wait_for(jail.run(Run("early", program, (large,))), 5)
    assert ended(outcome) == "crashed", outcome
    assert (await jail.run(Run("early", program, STOP))).result == b"1"


def test_the_servers_and_the_workers_formats_agree() -> None:
    assert worker.USED.format == resident.USED
    assert struct.calcsize(resident.USED) == worker.USED.size
