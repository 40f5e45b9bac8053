"""System calls by which programs have left other jails, made by number: each layer that must stop it refuses it.

`test_process_containment` makes attacks through Python. Here it is the bare call, so that nothing but the layer can be
what stops it; and whatever number there is besides is tried as well.
"""

import json
import platform
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from pegboard import Ending, Limits, Program, Run
from pegboard_sandbox_process import Jail
from pegboard_sandbox_process.seccomp import NUMBERS, PROGRAM

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers of the calls are those of x86_64"),
]

CALLING = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
B = ctypes.create_string_buffer(256)
def call(number, *arguments):
    result = libc.syscall(*[ctypes.c_long(each) if isinstance(each, int) else each for each in (number, *arguments)])
    return "through" if result != -1 else errno.errorcode.get(ctypes.get_errno(), str(ctypes.get_errno()))
found = {}
"""

CALLS = {
    # files
    "open": "2, b'/etc/passwd', 0", "creat": "85, b'/tmp/pegboard-escape', 0o600",
    "openat": "257, -100, b'/etc/passwd', 0, 0", "openat2": "437, -100, b'/etc/passwd', B, 24",
    "stat": "4, b'/etc/passwd', B", "statx": "332, -100, b'/etc/passwd', 0, 0xfff, B",
    "access": "21, b'/etc/passwd', 4", "readlink": "89, b'/proc/self/exe', B, 100", "directory": "217, 0, B, 256",
    "chdir": "80, b'/etc'", "rename": "82, b'/tmp/x', b'/tmp/y'",
    "hard link": "86, b'/etc/passwd', b'/tmp/pegboard-escape'", "unlink": "87, b'/tmp/pegboard-none'",
    "truncate": "76, b'/tmp/pegboard-none', 0", "device node": "133, b'/tmp/pegboard-none', 0o20666, 259",
    "statfs": "137, b'/', B", "extended attribute": "188, b'/', b'user.x', b'y', 1, 0",
    "handle of a file": "303, -100, b'/etc/passwd', B, B, 0", "fanotify": "300, 0, 0",
    "memory of init": "257, -100, b'/proc/1/mem', 2, 0",
    "core pattern": "257, -100, b'/proc/sys/kernel/core_pattern', 1, 0",
    "device memory": "257, -100, b'/dev/mem', 2, 0", "own memory": "257, -100, b'/proc/self/mem', 2, 0",
    "terminal": "257, -100, b'/dev/tty', 2, 0", "kernel memory": "257, -100, b'/proc/kcore', 0, 0",
    "cgroups": "257, -100, b'/sys/fs/cgroup/cgroup.procs', 1, 0",
    # descriptors
    "sendfile": "40, 1, 0, 0, 1", "splice": "275, 0, 0, 1, 0, 1, 0", "tee": "276, 0, 1, 1, 0",
    "vmsplice": "278, 1, B, 1, 0", "copy of a file": "326, 0, 0, 1, 0, 1, 0", "fcntl": "72, 1, 1, 0",
    "keystroke injection": "16, 0, 0x5412, b'x'", "console injection": "16, 0, 0x541C, B",
    "interfaces": "16, 3, 0x8912, B", "duplicate": "292, 1, 9, 0", "eventfd": "290, 0, 0",
    "signalfd": "289, -1, B, 8, 0", "timerfd": "283, 1, 0", "epoll": "291, 0", "secret memory": "447, 0",
    "asynchronous input": "206, 1, B", "ring entered": "426, 3, 0, 0, 0, 0, 0", "ring registered": "427, 3, 0, 0, 0",
    "select": "23, 0, 0, 0, 0, B",
    # mounts
    "open_tree": "428, -100, b'/', 1", "move_mount": "429, -100, b'/', -100, b'/', 0",
    "fsconfig": "431, 3, 0, 0, 0, 0", "fsmount": "432, 3, 0, 0", "fspick": "433, -100, b'/', 0",
    "mount_setattr": "442, -100, b'/', 0, B, 32", "swapon": "167, b'/etc/passwd', 0",
    "swapoff": "168, b'/etc/passwd'", "quotas": "179, 0x800002, b'/', 0, B",
    # processes
    "fexecve": "322, 1, b'', 0, 0, 0x1000", "advice to a process": "440, 0, B, 1, 4, 0", "reaper": "448, 0, 0",
    "comparison of processes": "312, 1, 1, 0, 0, 0", "tkill": "200, 1, 0", "queued signal": "129, 1, 0, B",
    "signal by descriptor": "424, 0, 0, 0, 0", "waitid": "247, 0, 0, B, 5, 0", "setsid": "112",
    "setpgid": "109, 0, 0", "traced by the parent": "101, 0, 0, 0, 0", "modify_ldt": "154, 0, B, 16",
    "segment base": "158, 0x1004, B", "thread area": "205, B", "ports": "173, 0x60, 1, 1",
    "priority": "141, 0, 0, -5", "real time": "144, 0, 1, B", "input priority": "251, 1, 0, 0x2000",
    "setrlimit": "160, 7, B", "alarm": "37, 0", "timer": "222, 1, 0, B", "robust list": "273, B, 24",
    "robust list of init": "274, 1, B, B", "rseq": "334, B, 32, 0, 0x53053053", "membarrier": "324, 0, 0, 0",
    "parent": "110", "own user": "102", "sigsuspend": "127, B, 8", "exit of a namespace": "308, 3, 0",
    # prctl
    "name": "157, 15, b'x', 0, 0, 0", "death signal": "157, 1, 0, 0, 0, 0", "memory map": "157, 35, 1, 0, 0, 0",
    "another filter": "157, 22, 2, B, 0, 0", "kept capabilities": "157, 8, 1, 0, 0, 0",
    "tracer": "157, 0x59616d61, -1, 0, 0, 0", "system calls by the program": "157, 59, 1, 0, 0, B",
    "ambient capability": "157, 47, 2, 21, 0, 0", "subreaper": "157, 36, 1, 0, 0, 0",
    "bounding set": "157, 24, 0, 0, 0, 0", "time-stamp counter": "157, 26, 2, 0, 0, 0",
    # users and keys
    "setreuid": "113, 0, 0", "setresuid": "117, 0, 0, 0", "setgid": "106, 0", "setfsuid": "122, 0",
    "capget": "125, B, B", "request of a key": "249, b'user', b'x', 0, 0",
    # memory
    "mlockall": "151, 1", "mincore": "27, 0, 4096, B", "remapped pages": "216, 0, 4096, 0, 0, 0",
    "executable by a key": "329, 0, 4096, 7, 0", "protection key": "330, 0, 0", "mbind": "237, 0, 4096, 0, 0, 0, 0",
    "moved pages": "279, 1, 0, 0, 0, 0, 0", "migrated pages": "256, 1, 0, 0, 0", "shadow stack": "453, 0, 4096, 0",
    "attached memory": "30, 0, 0, 0", "semaphores": "64, 0, 1, 0o1777", "messages": "68, 0, 0o1777",
    "message queue": "240, b'pegboard', 0o102, 0o600, 0",
    # network
    "socket pair": "53, 1, 1, 0, B", "connect": "42, 3, B, 16", "bind": "49, 3, B, 16", "listen": "50, 3, 1",
    "accept": "288, 3, 0, 0, 0", "sendto": "44, 3, B, 1, 0, 0, 0", "descriptor by message": "47, 3, B, 64",
    "descriptor sent": "46, 3, B, 0", "setsockopt": "54, 3, 1, 1, B, 4", "getsockname": "51, 3, B, B",
    # the machine
    "kexec": "246, 0, 0, 0, 0", "kexec by file": "320, -1, -1, 0, 0, 0", "module by file": "313, 0, b'', 0",
    "module removed": "176, b'x', 0", "settimeofday": "164, B, 0", "adjtimex": "159, B", "clock_adjtime": "305, 0, B",
    "domain name": "171, b'x', 1", "kernel's log": "103, 3, B, 100", "accounting": "163, b'/tmp/pegboard-none'",
    "hang-up": "153", "library by name": "134, b'/bin/true'", "ustat": "136, 1, B", "Landlock": "444, 0, 0, 1",
    "futex_waitv": "449, B, 1, 0, 0, 0", "security modules": "461, B, B, 0", "load": "99, B",
}  # fmt: skip

BY_NAMESPACES = [
    "open", "creat", "openat", "openat2", "stat", "statx", "access", "readlink", "chdir", "rename", "hard link",
    "unlink", "truncate", "device node", "extended attribute", "handle of a file", "fanotify", "memory of init",
    "core pattern", "device memory", "own memory", "terminal", "kernel memory", "cgroups", "open_tree", "move_mount",
    "fsmount", "fspick", "mount_setattr", "swapon", "swapoff", "fexecve", "comparison of processes", "queued signal",
    "priority", "robust list of init", "memory map", "ambient capability", "bounding set", "setreuid", "setresuid",
    "setgid", "moved pages", "migrated pages", "settimeofday", "domain name", "kernel's log", "accounting", "hang-up",
]  # fmt: skip
BY_LANDLOCK = [
    "open", "creat", "openat", "memory of init", "core pattern", "device memory", "own memory", "terminal",
    "kernel memory", "cgroups", "device node", "hard link",
]  # fmt: skip
REAL = [
    "open", "openat", "stat", "statx", "access", "readlink", "statfs", "fcntl", "duplicate", "eventfd", "signalfd",
    "timerfd", "epoll", "setpgid", "name", "death signal", "kept capabilities", "subreaper", "robust list",
    "membarrier", "setfsuid", "socket pair", "load", "parent", "own user", "getsockname", "alarm", "select",
]  # fmt: skip
"""Those that get through where nothing stops them, as any user and without harm: the rest may want a privilege."""

SECCOMP, NAMESPACES, LANDLOCK = ("seccomp",), ("namespaces",), ("landlock",)
TRIED = {
    ("namespaces", "seccomp"): list(CALLS),
    ("landlock", "seccomp"): list(CALLS),
    SECCOMP: list(CALLS),
    NAMESPACES: BY_NAMESPACES,
    LANDLOCK: BY_LANDLOCK,
    (): REAL,
}
Answers = dict[tuple[str, ...], dict[str, str]]


@pytest.fixture(scope="module")
async def jails(open_layers) -> AsyncIterator[dict[tuple[str, ...], Jail]]:  # type: ignore[no-untyped-def]
    async with AsyncExitStack() as stack:
        yield {layers: await stack.enter_async_context(open_layers(*layers, workers=1)) for layers in TRIED}


async def answer(jail: Jail, source: str) -> object:
    outcome = await jail.run(Run("tenant", Program(CALLING + source), limits=Limits(wall=10)))
    assert outcome.ending is Ending.RESULT, outcome
    return json.loads(outcome.result)


@pytest.fixture(scope="module")
async def answers(jails: dict[tuple[str, ...], Jail]) -> Answers:
    """What the kernel says to each call: "through", or the name of its error."""
    found: Answers = {}
    for layers, names in TRIED.items():
        calls = "".join(f"found[{name!r}] = call({CALLS[name]})\n" for name in names)
        found[layers] = await answer(jails[layers], calls + "return found")  # type: ignore[assignment]
    return found


@pytest.mark.parametrize(
    ("layers", "name"),
    [
        pytest.param(layers, name, id=f"{'+'.join(layers)}-{name}")
        for layers in TRIED
        for name in TRIED[layers]
        if layers
    ],
)
async def test_a_call_is_refused(layers: tuple[str, ...], name: str, answers: Answers) -> None:
    found = answers[layers][name]
    assert found == "EPERM" if "seccomp" in layers else found != "through", found


@pytest.mark.parametrize("name", REAL)
async def test_a_call_is_real(name: str, answers: Answers) -> None:
    """Without any layer it gets through: what stops it above is the layer, not a mistake in the call."""
    assert answers[()][name] == "through"


FOR_TRAMPOLINES = {335, 336}
"""uretprobe and uprobe, which the kernel lets pass by every filter. Whoever is not its own trampoline gets SIGILL."""


async def test_no_other_number_gets_through(jails: dict[tuple[str, ...], Jail]) -> None:
    """Of all numbers that there are and that may come: the kernel is asked, and not the filter's text."""
    known = {NUMBERS["x86_64"][name] for name in (*PROGRAM, "mmap", "mprotect")} | FOR_TRAMPOLINES
    source = (
        f"known = {sorted(known)}\n"
        "numbers = [n for n in range(1024) if n not in known]\n"
        "return [n for n in numbers for bit in (0, 0x40000000) if call(n | bit, 0, 0, 0, 0, 0, 0) != 'EPERM']"
    )
    assert await answer(jails[SECCOMP], source) == []


async def test_no_family_of_sockets_is_there(jails: dict[tuple[str, ...], Jail]) -> None:
    source = (
        "return [[family, kind] for family in range(64) for kind in (1, 2, 3, 4, 5, 10)\n"
        "        if call(41, family, kind, 0) != 'EPERM']"
    )
    assert await answer(jails[SECCOMP], source) == []


async def test_namespaces_alone_leave_no_way_to_the_machines_network(jails: dict[tuple[str, ...], Jail]) -> None:
    """Sockets can be made there, and lead nowhere: no raw one, no interface but a loopback that is down."""
    source = (
        "import socket\n"
        "made = {name: call(41, family, kind, kind == 3) for name, family, kind in\n"
        "        (('packet', 17, 3), ('raw', 2, 3), ('inet', 2, 1))}\n"
        "made['interfaces'] = [name for _, name in socket.if_nameindex()]\n"
        "try: socket.create_connection(('127.0.0.1', 9), 1)\n"
        "except OSError as error: made['loopback'] = type(error).__name__\n"
        "return made"
    )
    found = await answer(jails[NAMESPACES], source)
    assert isinstance(found, dict)
    assert (found["packet"], found["raw"], found["inet"]) == ("EPERM", "EPERM", "through")
    assert found["interfaces"] in ([], ["lo"])
    assert found["loopback"] == "OSError"


GADGET = """
import re, sys
GATE = b"\\xcd\\x80"
def text_of(function):
    '''The code around a function of the C library, as far as it is mapped.'''
    at = ctypes.cast(function, ctypes.c_void_p).value & ~4095
    pages = []
    for step in range(200):
        page = at + 4096 * step
        if libc.madvise(ctypes.c_void_p(page), ctypes.c_size_t(4096), 0) != 0: break
        pages.append(ctypes.string_at(page, 4096))
    return at, b"".join(pages)
for name in ("printf", "qsort", "getaddrinfo", "strtod", "regexec", "iconv_open", "fork"):
    at, text = text_of(getattr(libc, name))
    if GATE in text:
        print("found", flush=True)
        ctypes.CFUNCTYPE(ctypes.c_long)(at + text.index(GATE))()
print("none", flush=True)
"""


async def test_the_gate_of_32_bit_calls_is_death(jails: dict[tuple[str, ...], Jail]) -> None:
    """``int 0x80``, found somewhere in the C library's code: memory cannot be made executable for one of its own."""
    outcome = await jails[SECCOMP].run(Run("tenant", Program(CALLING + GADGET), limits=Limits(wall=5)))
    if outcome.stdout.data == b"none\n":
        pytest.skip("this C library has no such bytes in its code")
    assert outcome.ending is Ending.CRASHED
    assert outcome.failure is not None
    assert outcome.failure.signal == 31, outcome  # SIGSYS
