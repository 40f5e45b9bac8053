"""The steps by which a process shuts itself in. Part of the jail's inside: standard library only.

Every step raises `StepFailed` with its name, so that the server can say which one the machine refuses.
Sources: user_namespaces(7), pivot_root(2), capabilities(7), landlock(7).
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import signal
from struct import pack

from pegboard_sandbox_process.system import call_libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 0x4000, 0x40000
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER, PR_CAP_AMBIENT = (
    1, 4, 24, 38, 36, 47
)  # fmt: skip
PR_CAP_AMBIENT_CLEAR_ALL = 4
CAPABILITY_VERSION_3 = 0x20080522
TIOCNOTTY = 0x5422
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
LANDLOCK_CREATE_RULESET, LANDLOCK_RESTRICT_SELF = 444, 446

NOBODY = 65534
"""Who the program is, in the jail and (where the server is root) outside of it as well."""


class StepFailed(Exception):
    """The machine refuses one step: `step` names it, `why` is the system's own answer."""

    def __init__(self, step: str, why: str) -> None:
        super().__init__(step, why)
        self.step, self.why = step, why


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StepFailed(name, str(error)) from error


def enter_namespaces() -> None:
    """User, mount, pid, ipc, uts and network namespaces; the next fork is PID 1 of the new pid namespace.

    The map is written by a helper outside, because only there a root server holds the right to map an
    unprivileged id.
    """
    wait, go = os.pipe()
    parent = os.getpid()
    helper = os.fork()
    if helper == 0:
        os.close(go)
        _write_maps(parent, wait)
    os.close(wait)
    try:
        with step("user-namespace"):
            call_libc("unshare", CLONE_NEWUSER)
        os.write(go, b"!")
    finally:
        os.close(go)
        _, status = os.waitpid(helper, 0)
    if status:
        raise StepFailed("id-map", os.strerror(os.waitstatus_to_exitcode(status)))
    with step("namespaces"):
        call_libc("unshare", CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET)


def _write_maps(pid: int, wait: int) -> None:
    """In the helper: map `NOBODY` inside to the server's user (to `NOBODY` for root); exit with 0 or errno."""
    user, group = os.geteuid(), os.getegid()
    try:
        if os.read(wait, 1):
            if user:  # the kernel wants this of ordinary users before it takes their map
                _write(f"/proc/{pid}/setgroups", "deny")
            _write(f"/proc/{pid}/gid_map", f"{NOBODY} {group if user else NOBODY} 1")
            _write(f"/proc/{pid}/uid_map", f"{NOBODY} {user or NOBODY} 1")
        os._exit(0)
    except OSError as error:
        os._exit(error.errno or 1)


def _write(path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def leave_root() -> None:
    """Make an empty read-only tmpfs the root, and let go of everything that was mounted and of the machine's name."""
    with step("private-root"):
        call_libc("sethostname", b"sandbox", 7)
        call_libc("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
        flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC
        place = next(path for path in (b"/tmp", b"/run", b"/dev", b"/") if os.path.isdir(path))
        call_libc("mount", b"tmpfs", place, b"tmpfs", flags, b"size=4k,nr_inodes=2,mode=0555")
        os.chdir(place)
        call_libc("syscall", PIVOT_ROOT[os.uname().machine], b".", b".")
        call_libc("umount2", b".", MNT_DETACH)
        os.chdir("/")


def leave_privileges(*, root: bool, namespaced: bool) -> None:
    """Become `NOBODY` where the server is `root`, drop every capability for good, and set no_new_privs.

    Inside a user namespace a root server's id is not mapped and looks like `NOBODY` already; it is not.
    """
    with step("capabilities"):
        if root or namespaced:
            _drop_bounding_set()
        if root:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        header = ctypes.create_string_buffer(pack("=Ii", CAPABILITY_VERSION_3, 0))
        nothing = ctypes.create_string_buffer(24)
        call_libc("capset", ctypes.addressof(header), ctypes.addressof(nothing))
        call_libc("prctl", PR_SET_DUMPABLE, 0, 0, 0, 0)
    with step("no-new-privs"):
        call_libc("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _drop_bounding_set() -> None:
    with contextlib.suppress(OSError):  # a kernel without ambient capabilities has none to clear
        call_libc("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for capability in range(64):
        try:
            call_libc("prctl", PR_CAPBSET_DROP, capability, 0, 0, 0)
        except OSError as error:
            if error.errno == errno.EINVAL:
                return  # past the last capability of this kernel
            raise


def landlock_version() -> int:
    """The Landlock ABI of this kernel. Raises OSError where there is none."""
    return call_libc("syscall", LANDLOCK_CREATE_RULESET, None, 0, 1)


def deny_files_and_network() -> None:
    """Landlock with no rule: no file can be opened, no TCP port bound or connected, as far as the kernel can."""
    with step("landlock"):
        version = landlock_version()
        files = {1: (1 << 13) - 1, 2: (1 << 14) - 1}.get(version, (1 << 15) - 1 if version < 5 else (1 << 16) - 1)
        attributes = pack("=QQQ", files, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
        size = 8 if version < 4 else 16 if version < 6 else 24
        buffer = ctypes.create_string_buffer(attributes, len(attributes))
        ruleset = call_libc("syscall", LANDLOCK_CREATE_RULESET, ctypes.addressof(buffer), size, 0)
        try:
            call_libc("syscall", LANDLOCK_RESTRICT_SELF, ruleset, 0)
        finally:
            os.close(ruleset)


def leave_terminal() -> None:
    """Have no controlling terminal, though the session has one: what opened it could type commands (tty_ioctl(4))."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return  # there is none
    try:
        call_libc("ioctl", terminal, TIOCNOTTY)
    finally:
        os.close(terminal)


def adopt_orphans() -> None:
    """Whatever loses its parent below becomes our child, and so can be found and killed."""
    call_libc("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with_parent() -> None:
    call_libc("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
