"""Programs that write random bytes wherever they can: their own call may fail, and nobody else's does."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from pegboard import Argument, Ending, Limits, Outcome, Program, Run
from pegboard_sandbox_process import FULL_PYTHON, Jail, ProcessSettings, Warmth, open_jail

pytestmark = pytest.mark.anyio

NOISE = """
import os, random, struct
random.seed(SEED)

def write(data, descriptors=range(64)):
    for descriptor in descriptors:
        try:
            os.write(descriptor, data)
        except OSError:
            continue

def frame(payload, letter="R", size=None):
    return struct.pack("<IBQ", len(payload) + 9 if size is None else size, ord(letter), 0) + payload

noise = random.randbytes(random.choice((1, 3, 4, 12, 13, 100, 5000)))
"""
NOISES = {
    "everywhere": "write(noise)",
    "behind a frame": "write(frame(b'[666]') + noise)",
    "behind a frame and figures": "write(frame(b'[666]') + bytes(33) + noise)",
    "in a frame": "write(frame(noise))",
    "in a report": "write(frame(noise, 'X'))",
    "in files": "write(frame(struct.pack('<I', 5) + b'[666]' + noise, 'r'))",
    "two frames": "write(frame(b'[666]') * 2)",
    "a huge frame": "write(frame(noise, size=random.choice((2**31, 2**32 - 1))))",
    "a small frame": "write(frame(noise, size=random.randrange(9)))",
    "all the time": "for _ in range(200): write(random.randbytes(random.randrange(2000)))",
    "before the job is read": "write(noise, [3])\nos.close(3)\nwrite(noise)",
    "and the end": "write(noise)\nos._exit(0)",
    "and a crash": "write(noise)\nimport ctypes\nctypes.string_at(0)",
    "and no end": "write(noise)\nwhile True: pass",
    "with output closed": "os.close(1)\nwrite(noise)\nprint(1)",
}
OWN = Program("def own(n):\n    print('own', n)\n    return [n] * 3", "own")
SHORT = Limits(wall=0.3, result=10_000, output=10_000)


@pytest.fixture(scope="module", params=["fresh", "prepared", "warm"])
async def noisy(request: pytest.FixtureRequest, namespaces: None) -> AsyncIterator[Jail]:
    settings = ProcessSettings(workers=2, max_level=4, spare=False, prepared=2 * (request.param == "prepared"))
    async with open_jail(FULL_PYTHON, settings, Warmth() if request.param == "warm" else None) as opened:
        yield opened


async def own(jail: Jail, number: int) -> tuple[Ending, object, bytes]:
    outcome = await jail.run(Run(f"neighbour {number % 2}", OWN, (Argument(json.dumps(number).encode()),)))
    return outcome.ending, json.loads(outcome.result or b"null"), outcome.stdout.data


async def loud(jail: Jail, source: str) -> Outcome:
    return await jail.run(Run("loud", Program(source), limits=SHORT))


@pytest.mark.parametrize("noise", NOISES)
async def test_noise_ends_no_call_but_its_own(noise: str, noisy: Jail) -> None:
    loop, wrong = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda loop, context: wrong.append(context))
    sources = [NOISE.replace("SEED", str(seed)) + NOISES[noise] for seed in range(4)]
    try:
        async with asyncio.timeout(20):
            ended, quiet = await asyncio.gather(
                asyncio.gather(*(loud(noisy, source) for source in sources)),
                asyncio.gather(*(own(noisy, number) for number in range(8))),
            )
            quiet.append(await own(noisy, 8))
    finally:
        loop.set_exception_handler(None)
    assert wrong == []
    assert not {each.ending for each in ended} & {Ending.LOST, Ending.BUSY}, ended
    assert quiet == [(Ending.RESULT, [number] * 3, b"own %d\n" % number) for number in range(9)]
