"""The filters, run by a small interpreter of classic BPF: so both architectures are tested on either."""

import struct

import pytest

from pegboard_sandbox_process.seccomp import (
    ALLOW,
    AUDIT_ARCH,
    KILL_PROCESS,
    LOW,
    NUMBERS,
    PROGRAM,
    REFUSE,
    ZYGOTE,
    assemble,
)

MACHINES = sorted(NUMBERS)


def verdict(program: bytes, number: int, arch: int, arguments: tuple[int, ...] = ()) -> int:
    """What the kernel would answer to a call (linux/filter.h)."""
    data = struct.pack("<IIQ6Q", number, arch, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    statements = list(struct.iter_unpack("=HBBI", program))
    at = accumulator = 0
    while True:
        code, then, otherwise, value = statements[at]
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif code == 0x06:
            return value
        else:
            true = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[code]
            at += then if true else otherwise


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize(("allowed", "zygote"), [(PROGRAM, False), (ZYGOTE, True)], ids=["program", "zygote"])
def test_exactly_the_named_calls_are_allowed(machine: str, allowed: frozenset[str], zygote: bool) -> None:
    program = assemble(allowed, machine, zygote=zygote)
    names = {number: name for name, number in NUMBERS[machine].items()}
    conditional = {"mmap", "mprotect"} | ({"clone"} if zygote else set())
    for number in range(600):
        expected = ALLOW if names.get(number) in allowed | conditional else REFUSE
        assert verdict(program, number, AUDIT_ARCH[machine]) == expected, names.get(number, number)


@pytest.mark.parametrize("name", ["mmap", "mprotect"])
@pytest.mark.parametrize(("protection", "expected"), [(0, ALLOW), (1, ALLOW), (3, ALLOW), (4, REFUSE), (7, REFUSE)])
def test_memory_is_never_executable(machine: str, name: str, protection: int, expected: int) -> None:
    for program in (assemble(PROGRAM, machine), assemble(ZYGOTE, machine, zygote=True)):
        assert verdict(program, NUMBERS[machine][name], AUDIT_ARCH[machine], (0, 4096, protection)) == expected


def test_a_foreign_architecture_is_death(machine: str) -> None:
    for arch in (0x40000003, 0x40000028, *(AUDIT_ARCH[other] for other in MACHINES if other != machine)):
        assert verdict(assemble(PROGRAM, machine), NUMBERS[machine]["read"], arch) == KILL_PROCESS


def test_x32_calls_are_refused() -> None:
    assert verdict(assemble(PROGRAM, "x86_64"), 0x40000000, AUDIT_ARCH["x86_64"]) == REFUSE


def test_the_zygote_forks_but_makes_no_namespace(machine: str) -> None:
    program = assemble(ZYGOTE, machine, zygote=True)
    clone = NUMBERS[machine]["clone"]
    assert verdict(program, clone, AUDIT_ARCH[machine], (0x01200011,)) == ALLOW
    for flag in (0x10000000, 0x00020000, 0x20000000, 0x40000000, 0x08000000, 0x04000000, 0x02000000, 0x80):
        assert verdict(program, clone, AUDIT_ARCH[machine], (flag | 17,)) == REFUSE


@pytest.mark.parametrize(("option", "expected"), [(22, ALLOW), (1, ALLOW), (4, REFUSE), (8, REFUSE), (38, REFUSE)])
def test_the_zygote_may_only_bind_itself_further(machine: str, option: int, expected: int) -> None:
    program = assemble(ZYGOTE, machine, zygote=True)
    assert verdict(program, NUMBERS[machine]["prctl"], AUDIT_ARCH[machine], (option,)) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"), [((0, 7, LOW), ALLOW), ((1, 7, LOW), REFUSE), ((0, 7, 0), REFUSE), ((2, 7, -20), REFUSE)]
)
def test_the_zygote_may_only_lower_the_priority_of_one_process(
    machine: str, arguments: tuple[int, ...], expected: int
) -> None:
    arguments = tuple(value & 0xFFFFFFFF for value in arguments)
    number = NUMBERS[machine]["setpriority"]
    assert verdict(assemble(ZYGOTE, machine, zygote=True), number, AUDIT_ARCH[machine], arguments) == expected
    assert verdict(assemble(PROGRAM, machine), number, AUDIT_ARCH[machine], arguments) == REFUSE


def test_a_filter_fits_the_kernels_size(machine: str) -> None:
    assert len(assemble(ZYGOTE, machine, zygote=True)) // 8 < 4096
