"""Seccomp filters, assembled by hand: an allow-list, everything else is EPERM, a foreign architecture is death.

Part of the jail's inside: standard library only. Sources: linux/filter.h, linux/seccomp.h, and the
system call tables of the kernel (x86_64: asm/unistd_64.h, aarch64: asm-generic/unistd.h).
"""

from __future__ import annotations

import ctypes
import os
from struct import pack

from pegboard_sandbox_process.system import prepare_libc

PR_SET_SECCOMP = 22
PR_SET_PDEATHSIG = 1
SECCOMP_MODE_FILTER = 2

LOAD, EQUAL, AT_LEAST, BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ, JGE, JSET, BPF_RET
ALLOW, KILL_PROCESS, REFUSE = 0x7FFF0000, 0x80000000, 0x00050001  # the last is ERRNO with EPERM
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
X32 = 0x40000000

PRIO_PROCESS = 0
LOW = 10
"""The nice value of a process that others come before."""

PROT_EXEC = 4
NEW_NAMESPACES = 0x7E020080  # every CLONE_NEW* flag of clone(2)

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NUMBERS = {
    "x86_64": dict(
        read=0, write=1, close=3, fstat=5, poll=7, lseek=8, mmap=9, mprotect=10, munmap=11, brk=12, rt_sigaction=13,
        rt_sigprocmask=14, rt_sigreturn=15, sched_yield=24, mremap=25, madvise=28, dup2=33, nanosleep=35, setitimer=38,
        getpid=39, sendto=44, sendmsg=46, recvmsg=47, clone=56, exit=60, wait4=61, kill=62, uname=63, gettimeofday=96,
        getrusage=98, times=100, sigaltstack=131, setpriority=141, prctl=157, setrlimit=160, gettid=186, futex=202,
        restart_syscall=219, clock_gettime=228, clock_getres=229, clock_nanosleep=230, exit_group=231, ppoll=271,
        set_robust_list=273, dup3=292, prlimit64=302, getrandom=318, rseq=334,
    ),
    "aarch64": dict(
        dup3=24, close=57, lseek=62, read=63, write=64, ppoll=73, fstat=80, exit=93, exit_group=94, futex=98,
        set_robust_list=99, nanosleep=101, setitimer=103, clock_gettime=113, clock_getres=114, clock_nanosleep=115,
        sched_yield=124, restart_syscall=128, kill=129, sigaltstack=132, rt_sigaction=134, rt_sigprocmask=135,
        rt_sigreturn=139, setpriority=140, times=153, uname=160, setrlimit=164, getrusage=165, prctl=167,
        gettimeofday=169, getpid=172, gettid=178, sendto=206, sendmsg=211, recvmsg=212, brk=214, munmap=215,
        mremap=216, clone=220, mmap=222, mprotect=226, madvise=233, wait4=260, prlimit64=261, getrandom=278, rseq=293,
    ),
}  # fmt: skip

PROGRAM = frozenset(
    (  # noqa: SIM905
        "read write close fstat lseek munmap brk rt_sigaction rt_sigprocmask rt_sigreturn mremap madvise getpid "
        "gettid exit exit_group gettimeofday sigaltstack futex clock_gettime clock_nanosleep clock_getres "
        "nanosleep getrandom sched_yield times getrusage restart_syscall uname"
    ).split()
)
"""What ordinary pure Python needs once everything is imported; mmap and mprotect are added without PROT_EXEC."""

ZYGOTE = PROGRAM | frozenset(
    (  # noqa: SIM905
        "poll ppoll dup2 dup3 setitimer sendto sendmsg recvmsg wait4 kill setrlimit prlimit64 set_robust_list rseq"
    ).split()
)
"""What the zygote needs besides: forking, answering, and setting limits for a child. Lowering its priority, too."""


def _statement(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return pack("=HBBI", code, then, otherwise, value)


def _unless_bits(number: int, argument: int, mask: int) -> bytes:
    """Allow call `number` when `mask` is clear in the low half of an argument; falls through for other calls."""
    return (
        _statement(EQUAL, number, 0, 4)
        + _statement(LOAD, ARGUMENTS + 8 * argument)
        + _statement(BITS, mask, 0, 1)
        + _statement(RETURN, REFUSE)
        + _statement(RETURN, ALLOW)
    )


def _only_values(number: int, argument: int, values: tuple[int, ...]) -> bytes:
    """Allow call `number` when an argument is one of `values`."""
    tests = b"".join(_statement(EQUAL, value, len(values) - i, 0) for i, value in enumerate(values))
    return (
        _statement(EQUAL, number, 0, len(values) + 3)
        + _statement(LOAD, ARGUMENTS + 8 * argument)
        + tests
        + _statement(RETURN, REFUSE)
        + _statement(RETURN, ALLOW)
    )


def _only(number: int, arguments: dict[int, int]) -> bytes:
    """Allow call `number` when each of these arguments, by its index, has just this value."""
    rest = 2 * len(arguments)
    tests = b""
    for argument, value in arguments.items():
        rest -= 2
        tests += _statement(LOAD, ARGUMENTS + 8 * argument) + _statement(EQUAL, value, 0, rest + 1)
    return (
        _statement(EQUAL, number, 0, len(tests) // 8 + 2)
        + tests
        + _statement(RETURN, ALLOW)
        + _statement(RETURN, REFUSE)
    )


def assemble(allowed: frozenset[str], machine: str, *, zygote: bool = False) -> bytes:
    """The filter as an array of ``struct sock_filter``."""
    numbers = NUMBERS[machine]
    program = (
        _statement(LOAD, ARCHITECTURE)
        + _statement(EQUAL, AUDIT_ARCH[machine], 1, 0)
        + _statement(RETURN, KILL_PROCESS)
        + _statement(LOAD, NUMBER)
    )
    if machine == "x86_64":
        program += _statement(AT_LEAST, X32, 0, 1) + _statement(RETURN, REFUSE)
    for name in sorted(allowed & numbers.keys()):
        program += _statement(EQUAL, numbers[name], 0, 1) + _statement(RETURN, ALLOW)
    for name in ("mmap", "mprotect"):
        program += _unless_bits(numbers[name], 2, PROT_EXEC)
    if zygote:
        program += _unless_bits(numbers["clone"], 0, NEW_NAMESPACES)
        program += _only_values(numbers["prctl"], 0, (PR_SET_SECCOMP, PR_SET_PDEATHSIG))
        program += _only(numbers["setpriority"], {0: PRIO_PROCESS, 2: LOW})
    return program + _statement(RETURN, REFUSE)


class Filter:
    """A filter ready to be loaded; made once, so that a fresh child only makes one system call."""

    def __init__(self, program: bytes) -> None:
        self._code = ctypes.create_string_buffer(program, len(program))
        self._head = ctypes.create_string_buffer(pack("@HxxxxxxP", len(program) // 8, ctypes.addressof(self._code)))
        self._load = prepare_libc("prctl", PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(self._head), 0, 0)

    def load(self) -> None:
        """Bind this process, for good. Needs no_new_privs. Raises OSError."""
        self._load()


def zygote_filter() -> Filter:
    return Filter(assemble(ZYGOTE, os.uname().machine, zygote=True))


def program_filter() -> Filter:
    return Filter(assemble(PROGRAM, os.uname().machine))
