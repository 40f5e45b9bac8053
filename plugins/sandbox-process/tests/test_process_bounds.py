"""What a program does to its own process stays there: limits, bombs, hooks, hostile results, and nobody else's data."""

# ruff: noqa: E501 (a program is one line of its table)

import asyncio
import json
import os
import secrets
from collections.abc import AsyncIterator

import pytest

from pegboard import Argument, Ending, Limits, Outcome, Program, Run
from pegboard_sandbox_process import FULL_PYTHON, Jail, ProcessSettings, open_jail

pytestmark = pytest.mark.anyio

MEGABYTE = 1 << 20

BOMBS = {
    # the program, and how it may end: the names of limits, types of exceptions, "result" or "crashed"
    "forks": ("import os\nwhile True: os.fork()", "PermissionError"),
    "threads": ("import threading\nwhile True: threading.Thread(target=print).start()", "RuntimeError"),
    "descriptors": ("import os\nwhile True: os.dup(1)", "PermissionError"),
    "processes by subprocess": ("import subprocess\nwhile True: subprocess.Popen(['true'])", "PermissionError OSError"),
    "pages that are only mapped": ("import mmap\nx = []\nwhile True: x.append(mmap.mmap(-1, 1 << 20))", "OSError memory"),
    "the heap": ("import ctypes\nlibc = ctypes.CDLL(None)\nwhile libc.sbrk(1 << 20) != -1: pass", "result"),
    "the C stack": ("import ctypes\nf = ctypes.CFUNCTYPE(ctypes.c_int)\ng = f(lambda: g())\ng()", "crashed recursion result memory"),
    "the Python stack": ("import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(): f()\nf()", "crashed recursion memory"),
    "a zip": ("import zlib\nx = zlib.compress(bytes(10 ** 7)) * 99\n"
              "while True: x += zlib.decompress(x)", "memory error"),
    "hash collisions": ("n = 2 ** 61 - 1\nx = {}\nfor i in range(10 ** 6): x[i * n] = i", "wall"),
    "a tree of source": ("compile('(' * 90 + ')' * 90 + '+1' * 10 ** 6, '', 'eval')", "recursion memory crashed SyntaxError"),
    "a constant of source": ("eval('10 ** 10 ** 8')", "wall memory"),
    "an integer in text": ("int('9' * 10 ** 6)", "ValueError"),
    "a format": ("'%2147483646d' % 1", "memory"),
    "a field of a format": ("f'{1:>9999999999}'", "memory ValueError"),
    "a regular expression": ("import re\nre.match('(x+x+)+y', 'x' * 50)", "wall"),
    "lists in lists": ("x = []\nfor _ in range(10 ** 6): x = [x]\nreturn x", "not-serializable memory"),
    "a tree that is freed": ("x = None\nfor _ in range(10 ** 6): x = (x,)\ndel x\nreturn 1", "result"),
    "finalizers": ("class A:\n    def __del__(self): A()\nA()\nreturn 1", "result recursion wall crashed"),
    "exit handlers": ("import atexit\nfor _ in range(1000): atexit.register(lambda: [print('x') for _ in range(10 ** 9)])\nreturn 1", "result"),
    "collections": ("import gc\ngc.callbacks.append(lambda *a: [gc.collect() for _ in range(10 ** 9)])\ngc.collect()\nreturn 1", "wall recursion"),
    "a stream that never flushes": ("import sys\nclass S:\n    def flush(self):\n        while True: pass\nsys.stdout = S()\nreturn 1", "wall"),
    "traces": ("import sys\nsys.settrace(lambda *a: [1 for _ in range(10 ** 9)])\nf = lambda: 1\nf()\nreturn 1", "wall"),
    "signals that are ignored": ("import signal\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n"
                                 "    except (OSError, ValueError): continue\nwhile True: pass", "wall"),
    "signals that are blocked": ("import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\nwhile True: pass", "wall"),
    "a handler for every signal": ("import signal\nfor n in (*range(1, 9), *range(10, 17), 20, 24, 27):\n"
                                   "    signal.signal(n, lambda *a: None)\nwhile True: pass", "wall"),
    "frames": ("def f():\n    try: f()\n    finally: f()\nf()", "recursion wall"),
    "generators in generators": ("g = iter([1])\nfor _ in range(10 ** 6): g = (x for x in g)\nnext(g)", "recursion crashed memory"),
    "an exception's context": ("e = None\nfor _ in range(10 ** 6):\n    n = ValueError()\n    n.__context__ = e\n    e = n\nraise e", "ValueError memory crashed"),
    "a warning's registry": ("import warnings\nfor n in range(10 ** 9): warnings.warn(str(n))", "wall"),
    "a sleep": ("import time\ntime.sleep(10 ** 8)", "wall"),
    "a wait on a futex": ("import _thread\nl = _thread.allocate_lock()\nl.acquire()\nl.acquire()", "wall"),
}  # fmt: skip


@pytest.fixture(scope="module")
async def neighbours(namespaces: None) -> AsyncIterator[Jail]:
    async with open_jail(FULL_PYTHON, ProcessSettings(workers=4, max_level=4, spare=False)) as opened:
        yield opened


async def run_all(jail: Jail, programs: dict[str, tuple[str, str]]) -> dict[str, Outcome]:
    """All at once, beside calls of a neighbour, which must not notice."""
    limits = Limits(wall=0.4, memory=64 * MEGABYTE, queue=60)
    runs = [
        Run(f"bomber {number % 4}", Program(source), limits=limits)
        for number, (source, _) in enumerate(programs.values())
    ]
    own = [Run("neighbour", Program(f"return {number}")) for number in range(20)]
    ended, found = await asyncio.gather(asyncio.gather(*map(jail.run, runs)), asyncio.gather(*map(jail.run, own)))
    assert [each.result for each in found] == [b"%d" % number for number in range(20)], found
    return dict(zip(programs, ended, strict=True))


@pytest.fixture(scope="module")
async def bombs(neighbours: Jail) -> dict[str, Outcome]:
    return await run_all(neighbours, BOMBS)


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_bomb_ends_its_own_call(bomb: str, bombs: dict[str, Outcome]) -> None:
    assert how(bombs[bomb]) in {*BOMBS[bomb][1].split(), "wall"}, bombs[bomb]
    assert bombs[bomb].memory < 150 * MEGABYTE


def how(outcome: Outcome) -> str:
    """The limit's name, the exception's type, or the ending."""
    failure = outcome.failure
    return (failure and (failure.limit or failure.type)) or str(outcome.ending)


async def test_processor_time_ends_also_whoever_ignores_its_signals(neighbours: Jail) -> None:
    """The kernel's own limit counts whole seconds, and comes by SIGKILL after a warning."""
    source = "from signal import *\nfor n in (SIGPROF, SIGXCPU): signal(n, SIG_IGN)\nwhile True: pass"
    outcome = await neighbours.run(Run("t", Program(source), limits=Limits(cpu=0.1, wall=60)))
    assert (outcome.ending, how(outcome)) == (Ending.LIMIT, "cpu"), outcome
    assert outcome.cpu < 6


HOSTILE = {
    # a result that is a program, and what comes of it
    "dict of other items": ("class D(dict):\n    def items(self): return [('a', 1)]\nreturn D(x=2)", '{"a":1}'),
    "dict of endless items": ("import itertools\nclass D(dict):\n    def items(self): return ((str(n), n) for n in itertools.count())\nreturn D(x=2)", "memory wall"),
    "dict whose items are no pairs": ("class D(dict):\n    def items(self): return [1, 2]\nreturn D(x=2)", "not-serializable"),
    "dict whose items raise": ("class D(dict):\n    def items(self): raise KeyError('x')\nreturn D(x=2)", "not-serializable"),
    "dict whose items exit": ("class D(dict):\n    def items(self): raise SystemExit(3)\nreturn D(x=2)", "SystemExit"),
    "dict whose items grow": ("class D(dict):\n    def items(self):\n        self[len(self)] = D(x=1)\n        return list(dict.items(self))\nreturn D(x=1)", "not-serializable memory recursion"),
    "list of other elements": ("class L(list):\n    def __iter__(self): return iter([9])\nreturn L([1])", "[1] [9]"),
    "list of another length": ("class L(list):\n    def __len__(self): return 10 ** 9\nreturn L([1])", "[1]"),
    "tuple that lies": ("class T(tuple):\n    def __getitem__(self, n): return 9\n    def __iter__(self): return iter([9])\nreturn T([1])", "[1] [9]"),
    "text that encodes itself": ("class S(str):\n    def encode(self, *a): return b'[666]'\n    def __str__(self): return 'x'\n    __repr__ = __format__ = __str__\nreturn [S('a')]", '["a"]'),
    "text as a key": ("class S(str):\n    def __str__(self): return 'x'\n    def __hash__(self): return 1\nreturn {S('a'): 1}", '{"a":1}'),
    "integer that shows itself": ("class N(int):\n    def __repr__(self): return '], 666, ['\n    __str__ = __index__ = __repr__\nreturn [N(1)]", "[1]"),
    "integer as a key": ("class N(int):\n    def __repr__(self): return '\"'\nreturn {N(1): N(2)}", '{"1":2}'),
    "float that shows itself": ("class F(float):\n    def __repr__(self): return 'NaN'\nreturn [F(1.5)]", "[1.5]"),
    "float that is no number": ("class F(float):\n    def __eq__(self, o): return True\nreturn [F('nan')]", "not-serializable"),
    "boolean by another name": ("import enum\nclass E(enum.IntEnum): A = 1\nreturn [E.A, {E.A: True}]", '[1,{"1":true}]'),
    "object that shows itself": ("class R:\n    def __repr__(self):\n        while True: pass\nreturn R()", "wall"),
    "object that shows itself at length": ("class R:\n    def __repr__(self): return 'x' * 10 ** 7\nreturn R()", "not-serializable"),
    "object that shows no text": ("class R:\n    def __repr__(self): return 5\nreturn R()", "not-serializable"),
    "object of another class": ("class R:\n    __class__ = dict\nreturn R()", "not-serializable"),
    "class": ("return int", "not-serializable"),
    "encoder replaced": ("import json\njson.JSONEncoder.encode = lambda s, o: '[666]'\njson.dumps = json.JSONEncoder.encode\nreturn [1]", "[1] [666]"),
}  # fmt: skip


@pytest.fixture(scope="module")
async def results(neighbours: Jail) -> dict[str, Outcome]:
    return await run_all(neighbours, HOSTILE)


@pytest.mark.parametrize("result", HOSTILE)
async def test_a_hostile_result_is_json_or_none(result: str, results: dict[str, Outcome]) -> None:
    outcome = results[result]
    found = outcome.result.decode() if outcome.ending is Ending.RESULT else how(outcome)
    assert found in {*HOSTILE[result][1].split(), "wall"}, outcome
    json.loads(outcome.result or b"null")


LOOKING = """
import ctypes, gc, os
libc = ctypes.CDLL(None)
def present(page):
    return libc.madvise(ctypes.c_void_p(page), ctypes.c_size_t(4096), 0) == 0
def look(mark):
    mark = bytes(reversed(mark.encode()))
    starts = {id(thing) & ~0xFFFFF for thing in gc.get_objects()} | {id(thing) & ~0xFFFFF for thing in (mark, libc, {}, "x" * 99)}
    seen, found = set(), 0
    for start in starts:
        for page in range(start - (1 << 22), start + (1 << 22), 4096):
            if page in seen or page < 0 or not present(page): continue
            seen.add(page)
            found += ctypes.string_at(page, 4096).count(mark)
    return [found, len(seen)]
"""


@pytest.mark.parametrize("prepared", [0, 2])
async def test_nothing_of_an_earlier_tenants_is_in_memory(prepared: int, namespaces: None) -> None:
    """A program that reads all the memory around whatever object there is finds no copy of another's data."""
    settings = ProcessSettings(workers=2, max_level=4, spare=False, prepared=prepared)
    mark = secrets.token_hex(16)
    keep = Program(
        "def keep(text):\n    x = [text + str(n) for n in range(1000)]\n    print(text)\n    return x[-1]", "keep"
    )
    told = Argument(json.dumps(mark[::-1]).encode())
    async with open_jail(FULL_PYTHON, settings) as jail:
        for _ in range(5):
            assert mark.encode() in (await jail.run(Run("one", keep, (Argument(json.dumps(mark).encode()),)))).result
        own = Program(LOOKING + "\ndef own(told):\n    mine = told[::-1] * 2\n    return look(told)", "own")
        found, pages = json.loads((await jail.run(Run("two", own, (told,), Limits(wall=20)))).result)
        assert found >= 2, "what is there is not seen"
        for _ in range(3):
            other = Program(LOOKING + "\ndef other(told): return look(told)", "other")
            found, pages = json.loads((await jail.run(Run("two", other, (told,), Limits(wall=20)))).result)
            assert pages > 500
            assert found <= 1  # the mark that it looks for


async def test_a_programs_process_is_limited_as_it_should_be(jail: Jail) -> None:
    """By the kernel's own word, read from outside while a program runs."""
    seen: list[dict[str, tuple[str, str]]] = []
    others = programs()

    def look(stream: str, data: bytes) -> None:
        seen.extend(limits_of(pid) for pid in programs() - others)

    program = Program("import time\nprint('running')\ntime.sleep(0.2)")
    run = Run("tenant", program, limits=Limits(wall=3, memory=100 << 20), sink=look)
    await jail.run(run)
    assert seen
    for limits in seen:
        assert limits["Max core file size"] == ("0", "0")
        assert limits["Max file size"] == ("0", "0")
        assert limits["Max open files"] == ("16", "16")
        soft, hard = map(int, limits["Max cpu time"])
        assert 3 < soft < hard <= 20
        assert 100 * MEGABYTE < int(limits["Max address space"][0]) < 300 * MEGABYTE


def programs() -> set[int]:
    return {pid for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if is_program(pid)}


def is_program(pid: int) -> bool:
    """Two below the launcher, which is a child of this process."""
    try:
        return parent_of(parent_of(parent_of(pid))) == os.getpid()
    except OSError:
        return False


def parent_of(pid: int) -> int:
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def limits_of(pid: int) -> dict[str, tuple[str, str]]:
    with open(f"/proc/{pid}/limits") as file:
        lines = file.read().splitlines()[1:]
    return {line[:26].strip(): (line[26:47].strip(), line[47:68].strip()) for line in lines}
