"""What a child is told: the job, and the language that knows what to do with it. Standard library only."""

from __future__ import annotations

import json
import os
from struct import unpack_from

from pegboard_sandbox_process.views import VIEWS

TYPE_CHECKING = False  # typing itself would add half a megabyte to every fork
if TYPE_CHECKING:
    from typing import Any, NoReturn, Protocol

    from pegboard_sandbox_process.memory_files import Bytes

    class Language(Protocol):
        """How source becomes a run. Both may raise whatever the program raises, `Refused` and `LimitHit`.

        `abandons` says whether what the last program left behind may still run code of its own, when it is collected.
        """

        abandons: bool

        def check(self, job: Job) -> list[dict[str, Any]]: ...

        def execute(self, job: Job) -> object: ...


PROGRAM = "<program>"
"""The file name that a language compiles with; by it the line in the user's source is found."""

FIRST_READ = 64 * 1024

WORDS = 2000
"""The longest message, in characters."""

JOB = "<IcBIIIHIIIIId"
"""Length of the rest, ``C`` check or ``R`` run, the number of arguments, bytes of source, of the entry's name (0: none)
and of standard input, the number of files, then `LIMITS`. Source, entry, the arguments, standard input and the files
follow, each argument as `ARGUMENT` and its JSON, each file as `FILE`, its name and its content."""

JOB_SIZE = 48
ARGUMENT = "<BI"
"""The index of its view in `VIEWS`, its bytes."""

FILE = "<HI"
"""Bytes of its name and of its content."""

LIMITS = ("result", "recursion", "nesting", "source", "files", "wall")

INVALID_ARGUMENT = "InvalidArgument"
"""The `Failure.type` of a call whose argument is not JSON: the caller's mistake, seen only here."""

OUT_OF_MEMORY = b'{"ending":"limit","limit":"memory"}'


class Job:
    """One call. `kind` is ``check`` or ``run``; `arguments` are decoded values and views.

    `limits` holds numbers of `pegboard.Limits`: source, result, recursion, nesting, files, wall. `stdin` and `files`
    are given; a language that has files leaves in `written` those that its program wrote.
    """

    __slots__ = ("arguments", "entry", "files", "kind", "limits", "source", "stdin", "written")

    def __init__(self, kind: str, source: str, entry: str | None, arguments: list[Any], limits: dict[str, Any]) -> None:
        self.kind, self.source, self.entry, self.arguments, self.limits = kind, source, entry, arguments, limits
        self.stdin: Bytes = b""
        self.files: dict[str, Bytes] = {}
        self.written: dict[str, Bytes] = {}


class Refused(Exception):
    """The source breaks the language's rules; `violations` are dictionaries of `pegboard.Violation`."""

    def __init__(self, violations: list[dict[str, Any]]) -> None:
        super().__init__(violations)
        self.violations = violations


class LimitHit(Exception):
    """A limit that only the language can see, such as ``recursion``."""

    def __init__(self, limit: str, allowed: float) -> None:
        super().__init__(limit, allowed)
        self.limit, self.allowed = limit, allowed


def read_job(channel: int) -> tuple[Job, tuple[int, bytes, int] | None]:
    """The job, and the answer to it where an argument is not JSON."""
    data = os.read(channel, FIRST_READ)
    while len(data) < JOB_SIZE:
        data += read_exactly(channel, 1)
    size, kind, count, source, entry, stdin, files, *limits = unpack_from(JOB, data)
    if len(data) < size + 4:
        data += read_exactly(channel, size + 4 - len(data))
    at = JOB_SIZE + source
    job = Job(
        "check" if kind == b"C" else "run",
        data[JOB_SIZE:at].decode("utf-8", "surrogatepass"),
        data[at : at + entry].decode() or None,
        [],
        dict(zip(LIMITS, limits, strict=True)),
    )
    at += entry
    for number in range(count):
        view, length = unpack_from(ARGUMENT, data, at)
        try:
            job.arguments.append(VIEWS[view](decode(data[at + 5 : at + 5 + length])))
        except (ValueError, RecursionError) as error:
            wrong = f"Argument {number + 1} is not JSON: {error}"
            return job, report(ending="exception", type=INVALID_ARGUMENT, message=wrong, line=None)
        except MemoryError:
            job.arguments.clear()
            return job, (ord("X"), OUT_OF_MEMORY, 0)
        at += 5 + length
    if stdin or files:
        _give(job, memoryview(data), at, stdin, files)
    return job, None


def _give(job: Job, data: memoryview, at: int, stdin: int, files: int) -> None:
    """What a file holds is not copied before it is written to."""
    job.stdin = data[at : at + stdin]
    at += stdin
    for _ in range(files):
        name, size = unpack_from(FILE, data, at)
        start = at + 6 + name
        job.files[bytes(data[at + 6 : start]).decode()] = data[start : start + size]
        at = start + size


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_raw_decode = json.JSONDecoder(parse_constant=_no_constant).raw_decode


def decode(data: bytes) -> Any:
    """`json.loads`, without its detection of encodings and its regular expressions: they cost page faults."""
    text = data.decode().strip(" \t\n\r")
    value, end = _raw_decode(text)
    if end != len(text):
        raise ValueError(f"more follows at character {end}")
    return value


def read_exactly(channel: int, size: int) -> bytes:
    data = os.read(channel, size)
    if len(data) == size:
        return data
    parts = bytearray(data)
    while len(parts) < size:
        part = os.read(channel, size - len(parts))
        if not part:
            raise EOFError("the server went away")
        parts += part
    return bytes(parts)


def report(message: str = "", **members: Any) -> tuple[int, bytes, int]:
    """An answer that is no result: the frame's letter, its JSON, the exit status of a process that ends with it."""
    members["message"] = str(message)[:WORDS].encode("utf-8", "replace").decode()
    return ord("X"), json.dumps(members).encode(), 0
