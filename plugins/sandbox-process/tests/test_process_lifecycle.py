"""Processes come and go: nothing is left behind, nobody waits for ever, one death is not another's."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest

from pegboard import Ending, Limits, Outcome, Program, Run
from pegboard_sandbox_process import FULL_PYTHON, Jail, ProcessSettings, open_jail

pytestmark = pytest.mark.anyio

QUICK = Run("t", Program("return 1"))
Descendants = Callable[[], list[int]]
Until = Callable[[Callable[[], bool], str], Coroutine[Any, Any, None]]
Started = Callable[..., Coroutine[Any, Any, "asyncio.Task[Outcome]"]]


async def test_three_hundred_calls_leave_nothing(jail: Jail, descendants: Descendants) -> None:
    await jail.run(QUICK)
    before, open_before = set(descendants()), len(os.listdir("/proc/self/fd"))
    sources = ("return 1", "1/0", "import sys; sys.exit(3)", "import os; os._exit(1)", "print('x' * 10000)", "x =")
    for number in range(300):
        await jail.run(Run("t", Program(sources[number % len(sources)])))
    assert set(descendants()) <= before
    assert len(os.listdir("/proc/self/fd")) <= open_before


async def test_a_cancelled_caller_leaves_no_process(
    jail: Jail, descendants: Descendants, started: Started, until: Until
) -> None:
    await jail.run(QUICK)
    before, open_before = descendants(), len(os.listdir("/proc/self/fd"))
    task = await started(jail)
    assert len(descendants()) == len(before) + 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: descendants() == before, "the program's process is gone")
    await until(lambda: len(os.listdir("/proc/self/fd")) <= open_before, "its descriptors are closed")


async def test_closing_kills_what_runs(namespaces: None, descendants: Descendants, started: Started) -> None:
    before = descendants()
    async with open_jail(FULL_PYTHON, ProcessSettings(max_level=4, spare=False)) as jail:
        task = await started(jail)
    assert not set(descendants()) - set(before)  # what an earlier test ended may have been going still
    assert (await task).ending is Ending.LOST


async def test_closing_tells_those_who_wait(namespaces: None, descendants: Descendants, started: Started) -> None:
    """The places that closing makes free must not start a zygote that nobody would end."""
    before = descendants()
    async with open_jail(FULL_PYTHON, ProcessSettings(workers=1, max_level=4, spare=False)) as jail:
        tasks = [await started(jail), *(asyncio.create_task(jail.run(QUICK)) for _ in range(3))]
        await asyncio.sleep(0)
    outcomes = await asyncio.wait_for(asyncio.gather(*tasks), 20)
    assert [each.ending for each in outcomes] == [Ending.LOST] * 4
    assert not set(descendants()) - set(before)


async def test_one_programs_death_does_not_touch_another(jail: Jail) -> None:
    slow = asyncio.create_task(jail.run(Run("t", Program("import time\ntime.sleep(0.5)\nreturn 1"))))
    killed = await jail.run(Run("t", Program("while True: pass"), limits=Limits(wall=0.1)))
    assert killed.failure is not None
    assert killed.failure.limit == "wall"
    assert (await slow).result == b"1"


async def test_no_program_can_poison_the_library_of_the_next(jail: Jail) -> None:
    """Every writable way into the shared pages of the standard library is tried."""
    source = (
        "import ctypes, sys\nlibc = ctypes.CDLL(None)\nshelf = sys.meta_path[-1]\n"
        "data = memoryview(shelf._data)\n"
        "class Buffer(ctypes.Structure):\n"
        "    _fields_ = [('buf', ctypes.c_void_p), ('obj', ctypes.py_object), ('rest', ctypes.c_char * 128)]\n"
        "view = Buffer()\nctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(shelf._data), ctypes.byref(view), 0)\n"
        "size = len(data) // 4096 * 4096\n"
        "done = libc.mprotect(ctypes.c_void_p(view.buf), ctypes.c_size_t(size), 3)\n"
        "if done == 0: ctypes.memset(view.buf, 0, size)\n"
        "return [done, bytes(data[:8]).hex()]"
    )
    poisoned = await jail.run(Run("t", Program(source)))
    assert poisoned.result == b'[0,"0000000000000000"]'
    outcome = await jail.run(
        Run("t", Program("import dataclasses, fractions, textwrap\nreturn textwrap.dedent('  a')"))
    )
    assert outcome.result == b'"a"'


@pytest.mark.parametrize("layers", [(), ("landlock", "seccomp")])
async def test_daemons_die_with_their_call_where_the_kernel_does_not_help(  # type: ignore[no-untyped-def]
    layers: tuple[str, ...], open_layers, descendants: Descendants, until: Until
) -> None:
    source = (
        "import os, time\nprint('x')\n"
        "for _ in range(3):\n"
        "    try: pid = os.fork()\n"
        "    except OSError: return 'refused'\n"
        "    if not pid:\n"
        "        os.setsid()\n"
        "        if os.fork(): os._exit(0)\n"
        "        time.sleep(60)\n"
        "return 'forked'"
    )
    before = descendants()
    async with open_layers(*layers) as jail:
        idle = len(descendants())
        outcome = await jail.run(Run("t", Program(source)))
        assert outcome.result == (b'"refused"' if layers else b'"forked"')
        await until(lambda: len(descendants()) == idle, "no daemon is left")
    assert not set(descendants()) - set(before)


SERVER = """
import asyncio, os, signal
from pegboard import Limits, Program, Run
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests that run in the background have it ignored
from pegboard_sandbox_process import FULL_PYTHON, ProcessSettings, open_jail
async def main():
    async with open_jail(FULL_PYTHON, ProcessSettings(max_level=LEVEL, spare=False)) as jail:
        say = lambda stream, data: print("running", flush=True)
        forever = Program("print(1)\\nwhile True: pass")
        await jail.run(Run("t", forever, limits=Limits(wall=60), sink=say))
asyncio.run(main())
"""


@pytest.mark.parametrize(("level", "number"), [(4, signal.SIGKILL), (3, signal.SIGKILL), (4, signal.SIGINT)])
async def test_a_killed_server_leaves_no_process(
    namespaces: None, descendants: Descendants, level: int, number: int, until: Until
) -> None:
    before = set(descendants())
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVER.replace("LEVEL", str(level)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert server.stdout is not None
    said = b"the log of the start"
    with anyio.fail_after(20):
        while said and b"running" not in said:
            said = await server.stdout.readline()
    assert said, "the server did not come up"
    theirs = set(descendants()) - before - {server.pid}
    assert len(theirs) == 3  # launcher, zygote, program
    server.send_signal(number)
    await server.wait()
    await until(lambda: not any(alive(pid) for pid in theirs), "all is gone")


def alive(pid: int) -> bool:
    """Running, and not a zombie that init has yet to collect."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


AT_A_TERMINAL = """
import os, sys
os.login_tty(int(sys.argv[1]))
exec(sys.argv[2])
"""


async def test_no_program_is_at_the_servers_terminal(namespaces: None, descendants: Descendants, until: Until) -> None:
    """It shares the server's session, for fairness; neither Ctrl-C nor the terminal itself goes with that."""
    ours, theirs = os.openpty()
    before = set(descendants())
    script = SERVER.replace("LEVEL", "4")
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", AT_A_TERMINAL, str(theirs), script, pass_fds=[theirs], stdout=asyncio.subprocess.DEVNULL
    )
    os.close(theirs)
    await until(lambda: len(set(descendants()) - before) == 4, "server, launcher, zygote and program run")
    jail = sorted(set(descendants()) - before - {server.pid})
    _, group, session, terminal = job_control(server.pid)
    assert terminal != 0
    for pid in jail:
        assert job_control(pid)[3] == 0, "no terminal"
        assert job_control(pid)[1] != group, "no Ctrl-C"
    assert job_control(jail[0])[2] == session
    os.write(ours, b"\x03")
    assert await server.wait() != 0
    await until(lambda: not any(alive(pid) for pid in jail), "all is gone")
    os.close(ours)


def job_control(pid: int) -> list[int]:
    """Parent, process group, session and terminal, as in proc(5)."""
    with open(f"/proc/{pid}/stat") as file:
        return [int(field) for field in file.read().rpartition(")")[2].split()[1:5]]
