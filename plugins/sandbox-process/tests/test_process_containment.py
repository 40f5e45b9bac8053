"""Attacks, each against the whole jail, and against every single layer that must stop it alone.

An attack is a program that fails with an OSError when it is stopped, and returns when it gets through. That it would
get through where nothing stops it is tested too, for those that can be tried without harm.
"""

import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import attrs
import pytest

from pegboard import Ending, Limits, Outcome, Program, Run
from pegboard_sandbox_process import Jail

pytestmark = pytest.mark.anyio

PRELUDE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    result = libc.syscall(*[ctypes.c_long(each) if isinstance(each, int) else each for each in (number, *arguments)])
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
"""

SECCOMP, NAMESPACES, LANDLOCK = ("seccomp",), ("namespaces",), ("landlock",)
FULL = (("namespaces", "seccomp"), ("landlock", "seccomp"))
STOPPED = {"PermissionError", "FileNotFoundError", "ProcessLookupError", "OSError", "ConnectionRefusedError"}
REFUSED = ("Operation not permitted", "can't start new thread")
"""What every attack gets to hear from seccomp."""


@attrs.frozen
class Attack:
    name: str
    source: str
    alone: tuple[tuple[str, ...], ...] = (SECCOMP,)
    """The layers that each stop it with all others off."""
    harmless: bool = False
    """It gets through in a jail without layers, as any user, and does no harm there."""


ANY = (SECCOMP, NAMESPACES, LANDLOCK)

ATTACKS = [
    Attack("read-passwd", 'return open("/etc/passwd").read()', ANY, True),
    Attack("read-environ", 'return open("/proc/self/environ").read()', ANY),
    Attack("read-own-memory", 'return open("/proc/self/maps").read()', ANY, True),
    Attack("read-init", 'return open("/proc/1/cmdline").read()', ANY, True),
    Attack("list-root", 'found = os.listdir("/")\nif not found: raise PermissionError()\nreturn found', ANY, True),
    Attack("list-proc", 'return os.listdir("/proc")', ANY, True),
    Attack("stat", 'return os.stat("/etc/passwd").st_size', (SECCOMP, NAMESPACES), True),
    Attack("write-tmp", 'open("/tmp/pegboard-escape", "w").write("x")', ANY),
    Attack("write-null", 'open("/dev/null", "w").write("x")', ANY, True),
    Attack("make-folder", 'os.mkdir("/tmp/pegboard-escape")', ANY),
    Attack("make-folder-here", 'os.mkdir("pegboard-escape")', ANY),
    Attack("symlink", 'os.symlink("/", "/tmp/pegboard-escape")', ANY),
    Attack("chmod", 'os.chmod("/", 0o777)', (SECCOMP, NAMESPACES)),
    Attack("patch-interpreter", 'import sys\nopen(sys.executable, "r+b")', ANY),
    Attack("open-by-handle", "call(304, -1, 0, 0)"),
    Attack("tcp", 'import socket\nsocket.create_connection(("127.0.0.1", PORT), 1)', ANY, True),
    Attack("tcp6", 'import socket\nsocket.socket(socket.AF_INET6).connect(("::1", 9, 0, 0))'),
    Attack("tcp-listen", 'import socket\nsocket.create_server(("127.0.0.1", 0))', (SECCOMP, LANDLOCK), True),
    Attack("udp", 'import socket\nsocket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))',
           (SECCOMP, NAMESPACES), True),
    Attack("unix-abstract", 'import socket\nsocket.socket(socket.AF_UNIX).connect("\\0ABSTRACT")', ANY, True),
    Attack("unix-path", 'import socket\nsocket.socket(socket.AF_UNIX).connect("/run/dbus/system_bus_socket")',
           (SECCOMP, NAMESPACES)),
    Attack("netlink", 'import socket\nsocket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)', (SECCOMP,), True),
    Attack("packet", "import socket\nsocket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)", (SECCOMP, NAMESPACES)),
    Attack("raw-socket", "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_RAW, 1)", (SECCOMP, NAMESPACES)),
    Attack("vsock", "import socket\nsocket.socket(40, socket.SOCK_STREAM)"),
    Attack("crypto-socket", "import socket\nsocket.socket(38, socket.SOCK_SEQPACKET)"),
    Attack("socketpair", "import socket\nsocket.socketpair()", (SECCOMP,), True),
    Attack("fork", "pid = os.fork()\nif not pid: os._exit(0)", (SECCOMP,), True),
    Attack("vfork", "call(58)"),
    Attack("clone", "call(56, 17, 0, 0, 0, 0)"),
    Attack("clone-namespace", "call(56, 0x10000011, 0, 0, 0, 0)"),
    Attack("clone3", "call(435, 0, 0)"),
    Attack("thread", "import threading\nthreading.Thread(target=print).start()", (SECCOMP,), True),
    Attack("spawn", 'os.posix_spawn("/bin/true", ["true"], {})', (SECCOMP, NAMESPACES), True),
    Attack("subprocess", 'import subprocess\nsubprocess.run(["/bin/true"], check=True)', (SECCOMP, NAMESPACES), True),
    Attack("execve", 'os.execv("/bin/true", ["true"])', (SECCOMP, NAMESPACES)),
    Attack("execveat", "call(322, -100, b'/bin/true', 0, 0, 0)", (SECCOMP, NAMESPACES)),
    Attack("ptrace", "call(101, 16, os.getppid() or 1, 0, 0)"),
    Attack("read-parent-memory", "call(310, os.getppid() or 1, 0, 0, 0, 0, 0)", (SECCOMP,)),
    Attack("write-parent-memory", "call(311, os.getppid() or 1, 0, 0, 0, 0, 0)", (SECCOMP,)),
    Attack("kill-parent", "os.kill(os.getppid() or 1, 0)"),
    Attack("kill-server", "os.kill(SERVER, 0)", (SECCOMP, NAMESPACES, LANDLOCK)),
    Attack("kill-all", "os.kill(-1, 9)"),
    Attack("signal-thread", "call(234, os.getpid(), os.getpid(), 0)", (SECCOMP,), True),
    Attack("pidfd", "os.pidfd_open(os.getpid())", (SECCOMP,), True),
    Attack("steal-descriptor", "call(438, 3, 0, 0)"),
    Attack("mount", "call(165, b'none', b'/', b'tmpfs', 0, 0)", (SECCOMP, NAMESPACES)),
    Attack("remount", "call(165, 0, b'/', 0, 32, 0)", (SECCOMP, NAMESPACES)),
    Attack("umount", "call(166, b'/', 2)", (SECCOMP, NAMESPACES)),
    Attack("new-mount-api", "call(430, b'tmpfs', 0)", (SECCOMP, NAMESPACES)),
    Attack("pivot-root", "call(155, b'.', b'.')", (SECCOMP, NAMESPACES)),
    Attack("chroot", "os.chroot('/')", (SECCOMP, NAMESPACES)),
    Attack("unshare-user", "call(272, 0x10000000)"),
    Attack("unshare-mount", "call(272, 0x00020000)", (SECCOMP, NAMESPACES)),
    Attack("setns", "call(308, 0, 0)"),
    Attack("sethostname", "call(170, b'x', 1)", (SECCOMP, NAMESPACES)),
    Attack("setuid", "os.setuid(0)", (SECCOMP, NAMESPACES)),
    Attack("setgroups", "os.setgroups([0])", (SECCOMP, NAMESPACES)),
    Attack("capset", "call(126, 0, 0)"),
    Attack("raise-limit", "call(302, 0, 9, ctypes.create_string_buffer(b'\\xff' * 16, 16), 0)", (SECCOMP, NAMESPACES)),
    Attack("alarm", "import signal\nsignal.setitimer(signal.ITIMER_PROF, 0)", (SECCOMP,), True),
    Attack("affinity", "os.sched_setaffinity(0, [0])", (SECCOMP,), True),
    Attack("executable-memory", "import mmap\nmmap.mmap(-1, 4096, prot=7)", (SECCOMP,), True),
    Attack("make-executable", "import mmap\nmemory = mmap.mmap(-1, 4096)\n"
           "call(10, ctypes.addressof(ctypes.c_char.from_buffer(memory)), 4096, 7)", (SECCOMP,), True),
    Attack("read-implies-exec", "call(135, 0x0400000)", (SECCOMP,), True),
    Attack("memory-file", 'os.memfd_create("x")', (SECCOMP,), True),
    Attack("pipe", "os.pipe()", (SECCOMP,), True),
    Attack("duplicate", "os.dup(1)", (SECCOMP,), True),
    Attack("keyctl", "call(250, 0, -3, 0, 0, 0)"),
    Attack("add-key", "call(248, b'user', b'x', b'y', 1, -3)"),
    Attack("io-uring", "call(425, 1, ctypes.create_string_buffer(120))", (SECCOMP,)),
    Attack("bpf", "call(321, 0, 0, 0)", (SECCOMP, NAMESPACES)),
    Attack("perf", "call(298, 0, 0, 0, 0, 0)"),
    Attack("userfaultfd", "call(323, 0)"),
    Attack("shared-memory", "call(29, 1, 4096, 0o1777)", (SECCOMP,)),
    Attack("inotify", "call(294, 0)", (SECCOMP,), True),
    Attack("seccomp-again", "call(317, 0, 0, 0)"),
    Attack("prctl", "call(157, 4, 1, 0, 0, 0)", (SECCOMP,)),
    Attack("module-load", "call(175, 0, 0, 0)", (SECCOMP, NAMESPACES)),
    Attack("reboot", "call(169, 0xfee1dead, 672274793, 0, 0)", (SECCOMP, NAMESPACES)),
    Attack("set-clock", "call(227, 0, ctypes.create_string_buffer(16))", (SECCOMP, NAMESPACES)),
    Attack("io-ports", "call(172, 3)", (SECCOMP, NAMESPACES)),
    Attack("x32-call", "call(0x40000000 | 39)"),
    Attack("unknown-call", "call(9999)"),
    Attack("terminal", "import fcntl\nfcntl.ioctl(1, 0x5412, b'x')"),
]  # fmt: skip

if os.uname().machine != "x86_64":
    pytest.skip("the numbers of the raw calls are those of x86_64", allow_module_level=True)


def configurations() -> list[object]:
    chosen = [(layers, attack) for layers in FULL for attack in ATTACKS]
    chosen += [(layers, attack) for attack in ATTACKS for layers in attack.alone]
    chosen.sort(key=lambda each: each[0])
    return [pytest.param(layers, attack, id=f"{'+'.join(layers)}-{attack.name}") for layers, attack in chosen]


@pytest.fixture(scope="module")
async def jails(open_layers) -> AsyncIterator[dict[tuple[str, ...], Jail]]:  # type: ignore[no-untyped-def]
    async with AsyncExitStack() as stack:
        yield {
            layers: await stack.enter_async_context(open_layers(*layers))
            for layers in (*FULL, SECCOMP, NAMESPACES, LANDLOCK, ())
        }


@pytest.fixture(scope="module")
def targets() -> Iterator[dict[str, str]]:
    """A TCP server and an abstract socket on this side, for attacks to reach."""
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(f"\0pegboard-{os.getpid()}")
        unix.listen()
        yield {"PORT": str(tcp.getsockname()[1]), "ABSTRACT": f"pegboard-{os.getpid()}", "SERVER": str(os.getpid())}


async def launch(attack: Attack, jail: Jail, targets: dict[str, str]) -> Outcome:
    source = PRELUDE + attack.source
    for name, value in targets.items():
        source = source.replace(name, value)
    return await jail.run(Run("tenant", Program(source), limits=Limits(wall=5)))


@pytest.mark.parametrize(("layers", "attack"), configurations())
async def test_attack_is_stopped(layers, attack, jails, targets) -> None:  # type: ignore[no-untyped-def]
    outcome = await launch(attack, jails[layers], targets)
    assert outcome.ending is Ending.EXCEPTION, outcome
    if "seccomp" in layers:
        assert any(words in outcome.failure.message for words in REFUSED), outcome.failure
    else:
        assert outcome.failure.type in STOPPED, outcome.failure


@pytest.mark.parametrize("attack", [each for each in ATTACKS if each.harmless], ids=lambda each: each.name)
async def test_attack_is_real(attack, jails, targets) -> None:  # type: ignore[no-untyped-def]
    """Without any layer it gets through: what stops it above is the layer, not a mistake in the attack."""
    outcome = await launch(attack, jails[()], targets)
    assert outcome.ending is Ending.RESULT, outcome.failure
