"""What happens in a process that stays: the calls of one program, one after another. Standard library only.

What the channel holds is read at once, be it one call or many; each answer goes out as soon as there is one. A
program that printed something must not run on into its next call before the server has read that: it waits for leave.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import resource
import sys
import time
from struct import pack, unpack_from

from pegboard_sandbox_process.child import (
    INVALID_ARGUMENT,
    OUT_OF_MEMORY,
    Job,
    decode,
    read_exactly,
    report,
)
from pegboard_sandbox_process.copies import copier
from pegboard_sandbox_process.serving import answer, flush, write_all
from pegboard_sandbox_process.views import VIEWS

TYPE_CHECKING = False  # typing itself would add half a megabyte to every fork
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from pegboard_sandbox_process.child import Language

CALL = "<IBIIIIIId"
"""Length of the rest (0: leave to go on, and no call), the number of arguments, bytes of source and of the entry's
name, the limits result, recursion, nesting, source and wall. Source, entry and the arguments follow, each argument as
`ARGUMENT` and its JSON."""

CALL_SIZE = 37

ARGUMENT = "<BI"
"""The index of its view in `VIEWS`, its bytes."""

ARGUMENT_SIZE = 5

SAME = 0xFFFFFFFF
"""In place of a size: what came last at this place, which does not come again."""

REMEMBERED = 256 * 1024
"""Bytes of an argument that is kept for the next call: an idle process is small."""

USED = "<QQQQB"
"""Behind each answer: microseconds of processor time, of this call and in all so far, KiB at the peak, when the
program ended (monotonic nanoseconds), and whether it printed anything."""

READ = 256 * 1024


def serve_calls(channel: int, language: Language) -> NoReturn:
    """Do what `channel` brings until it closes. The language sees to fresh globals."""
    try:
        streams = [_heard(name, descriptor) for name, descriptor in (("stdout", 1), ("stderr", 2))]
        inbox = _Inbox(channel)
        spent = _serve_one(channel, language, inbox, streams, time.thread_time_ns())
        gc.freeze()  # what the first call made is there to stay: the others' collections need not walk it
        while True:
            spent = _serve_one(channel, language, inbox, streams, spent)
    finally:
        os._exit(70)  # EX_SOFTWARE; nobody sees it where the server closed the channel


def _serve_one(channel: int, language: Language, inbox: _Inbox, streams: list[_Heard], spent: int) -> int:
    """One call. `spent` is the processor time before it, in nanoseconds; gives that after it."""
    job, wrong = inbox.job()
    gc.enable()
    started = time.monotonic_ns()
    letter, payload, _ = wrong or answer(language, job)
    del job, wrong
    if language.abandons:
        _wake_the_abandoned()
    flush()
    # Of the only thread: a limit of processor time makes the process's clock as coarse as the ticks.
    ended, total, peak = time.monotonic_ns(), time.thread_time_ns(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    spoke = any([stream.spoke() for stream in streams])
    used = pack(USED, (total - spent) // 1000, total // 1000, peak, ended, spoke)
    write_all(channel, pack("<IBQ", len(payload) + 9, letter, started) + payload + used)
    del payload  # an idle process is small
    if spoke:
        inbox.await_leave()
    return total


def _wake_the_abandoned() -> None:
    """What a call leaves behind runs (a generator's ``finally`` may print) in its own time, not in the next call's.

    So does what is made by that: new objects are young, even where they keep a collection from finding anything.
    """
    while gc.collect() or gc.get_objects(generation=0):
        pass


class _Heard(io.FileIO):
    """A stream that knows whether anything was written to it."""

    _written = False

    def write(self, data: Any) -> int:
        self._written = True
        return super().write(data)

    def spoke(self) -> bool:
        """Since it was asked last."""
        written, self._written = self._written, False
        return written


def _heard(name: str, descriptor: int) -> _Heard:
    """Put such a stream in the place of `sys.stdout` or `sys.stderr`."""
    before = getattr(sys, name)
    raw = _Heard(descriptor, "w", closefd=False)
    stream = io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=before.encoding, errors=before.errors, line_buffering=True
    )
    setattr(sys, name, stream)
    setattr(sys, f"__{name}__", stream)
    return raw


class _Inbox:
    """The calls that came, in their order. The program is the first one's, and stays."""

    def __init__(self, channel: int) -> None:
        self._channel = channel
        self._data = b""
        self._at = 0
        self._waiting: list[bytes] = []
        self._source = ""
        self._entry: str | None = None
        self._arguments: dict[int, _Given] = {}
        self._last = b""
        self._limits: dict[str, Any] = {}
        self._repeated: list[tuple[Callable[[Any], Any], _Given]] = []

    def job(self) -> tuple[Job, tuple[int, bytes, int] | None]:
        """The next call, and the answer to it where an argument is not JSON."""
        data = self._waiting.pop(0) if self._waiting else self._message()
        if data == self._last and (again := self._again()) is not None:
            return again, None
        _, count, source, entry, *limits = unpack_from(CALL, data)
        at = CALL_SIZE
        if source != SAME:
            self._source = data[at : at + source].decode("utf-8", "surrogatepass")
            self._entry = data[at + source : at + source + entry].decode() or None
            at += source + entry
        names = ("result", "recursion", "nesting", "source", "wall")
        job = Job("run", self._source, self._entry, [], dict(zip(names, limits, strict=True)))
        wrong = self._fill(job, data, at, count)
        self._last = b""
        if wrong is None and len(data) == CALL_SIZE + ARGUMENT_SIZE * count:
            self._remember(data, job, count)
        return job, wrong

    def _remember(self, data: bytes, job: Job, count: int) -> None:
        """A message in which nothing is new, as with a cached body: where it comes again it is not read again."""
        views = [VIEWS[data[CALL_SIZE + ARGUMENT_SIZE * number]] for number in range(count)]
        self._repeated = [(view, self._arguments[number]) for number, view in enumerate(views)]
        self._last, self._limits = data, job.limits

    def _again(self) -> Job | None:
        try:
            arguments = [view(given.value()) for view, given in self._repeated]
        except (MemoryError, ValueError, RecursionError):  # the long way says what is wrong
            return None
        return Job("run", self._source, self._entry, arguments, self._limits)

    def _fill(self, job: Job, data: bytes, at: int, count: int) -> tuple[int, bytes, int] | None:
        """All arguments are looked at, also behind a wrong one: what came is remembered whatever it is worth."""
        wrong = None
        for number in range(count):
            view, size = unpack_from(ARGUMENT, data, at)
            at += 5
            if size != SAME:
                self._arguments[number] = _Given(data[at : at + size])
                at += size
            try:
                job.arguments.append(VIEWS[view](self._arguments[number].value()))
            except (ValueError, RecursionError) as error:
                message = f"Argument {number + 1} is not JSON: {error}"
                wrong = wrong or report(ending="exception", type=INVALID_ARGUMENT, message=message, line=None)
            except MemoryError:
                job.arguments.clear()
                return ord("X"), OUT_OF_MEMORY, 0
        return wrong

    def await_leave(self) -> None:
        """What comes before it are calls."""
        while len(data := self._message()) > 4:
            self._waiting.append(data)

    def _message(self) -> bytes:
        data, at = self._data, self._at
        while len(data) - at < 4:
            more = os.read(self._channel, READ)
            if not more:
                raise EOFError("the server went away")
            data, at = data[at:] + more, 0
        end: int = at + 4 + unpack_from("<I", data, at)[0]
        if end < len(data):
            self._data, self._at = data, end
            return data[at:end]
        self._data, self._at = b"", 0
        missing = end - len(data)
        return data[at:] + read_exactly(self._channel, missing) if missing else data[at:]


class _Given:
    """An argument as it came. Where it comes again it is copied, which is quicker than to parse it."""

    __slots__ = ("_copy", "_raw", "_used")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._used = False
        self._copy: Callable[[], Any] | None = None

    def value(self) -> Any:
        """A value that no call before has seen. Raises ValueError, RecursionError as `decode`."""
        if self._copy is not None:
            return self._copy()
        value = decode(self._raw)
        if self._used:
            with contextlib.suppress(RecursionError):  # nested too deeply for a copy, not for JSON
                self._copy = copier(value)
                return self._copy()
        elif len(self._raw) > REMEMBERED:
            self._raw = b"null"
        self._used = True
        return value
