"""What happens in a fresh child: read the job, let the language run it, answer. Standard library only.

The answer is one frame on the call's own channel: ``<I`` length of the rest, one letter, ``<Q`` when the program
started (monotonic nanoseconds), then JSON. ``R`` is the program's result as it is, ``X`` a report. Whoever reads it
must not believe it: the program can write to the same channel.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import time
from struct import pack, unpack_from

from pegboard_sandbox_process.views import VIEWS

TYPE_CHECKING = False  # typing itself would add half a megabyte to every fork
if TYPE_CHECKING:
    from typing import Any, NoReturn, Protocol

    class Language(Protocol):
        """How source becomes a run. Both may raise whatever the program raises, `Refused` and `LimitHit`."""

        def check(self, job: Job) -> list[dict[str, Any]]: ...

        def execute(self, job: Job) -> object: ...


PROGRAM = "<program>"
"""The file name that a language compiles with; by it the line in the user's source is found."""

FIRST_READ = 64 * 1024

WORDS = 2000
"""The longest message, in characters."""

JOB = "<IcBIIIIII"
"""Length of the rest, ``C`` check or ``R`` run, the number of arguments, bytes of source and of the entry's name (0:
none), then the limits result, recursion, nesting and source. Source, entry and the arguments follow, each argument as
`ARGUMENT` and its JSON."""

JOB_SIZE = 30
ARGUMENT = "<BI"
"""The index of its view in `VIEWS`, its bytes."""

USED = "<QQQ"
"""Microseconds of processor time, of this call and in all so far, and KiB."""

INVALID_ARGUMENT = "InvalidArgument"
"""The `Failure.type` of a call whose argument is not JSON: the caller's mistake, seen only here."""

OUT_OF_MEMORY = b'{"ending":"limit","limit":"memory"}'


class Job:
    """One call. `kind` is ``check`` or ``run``; `arguments` are decoded values and views.

    `limits` holds numbers of `pegboard.Limits`: source, result, recursion, nesting.
    """

    __slots__ = ("arguments", "entry", "kind", "limits", "source")

    def __init__(self, kind: str, source: str, entry: str | None, arguments: list[Any], limits: dict[str, Any]) -> None:
        self.kind, self.source, self.entry, self.arguments, self.limits = kind, source, entry, arguments, limits


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


_encode = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode


def serve(channel: int, language: Language) -> NoReturn:
    """Do the one job that `channel` brings, and end the process."""
    status = 1
    try:
        job, wrong = _read_job(channel)
        gc.enable()
        started = time.monotonic_ns()
        letter, payload, ended = wrong or _answer(language, job)
        _flush()
        _write_all(channel, pack("<IBQ", len(payload) + 9, letter, started) + payload)
        status = ended
    finally:
        os._exit(status)


def serve_calls(channel: int, language: Language) -> NoReturn:
    """Do the jobs that `channel` brings, one after another, until it closes. The language sees to fresh globals.

    Behind each answer stands what it used, as in `USED`.
    """
    try:
        while True:
            job, wrong = _read_job(channel)
            gc.enable()
            # Of the only thread: a limit of processor time makes the process's clock as coarse as the ticks.
            started, before = time.monotonic_ns(), time.thread_time_ns()
            letter, payload, _ = wrong or _answer(language, job)
            del job, wrong
            _wake_the_abandoned()
            _flush()
            total, peak = time.thread_time_ns(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            used = pack(USED, (total - before) // 1000, total // 1000, peak)
            _write_all(channel, pack("<IBQ", len(payload) + 9, letter, started) + payload + used)
    finally:
        os._exit(70)  # EX_SOFTWARE; nobody sees it where the server closed the channel


def _wake_the_abandoned() -> None:
    """What a call leaves behind runs (a generator's ``finally`` may print) in its own time, not in the next call's.

    So does what is made by that: new objects are young, even where they keep a collection from finding anything.
    """
    while gc.collect() or gc.get_objects(generation=0):
        pass


def _read_job(channel: int) -> tuple[Job, tuple[int, bytes, int] | None]:
    """The job, and the answer to it where an argument is not JSON."""
    data = os.read(channel, FIRST_READ)
    while len(data) < JOB_SIZE:
        data += _read_exactly(channel, 1)
    size, kind, count, source, entry, result, recursion, nesting, most = unpack_from(JOB, data)
    if len(data) < size + 4:
        data += _read_exactly(channel, size + 4 - len(data))
    at = JOB_SIZE + source
    limits = {"result": result, "recursion": recursion, "nesting": nesting, "source": most}
    job = Job(
        "check" if kind == b"C" else "run",
        data[JOB_SIZE:at].decode("utf-8", "surrogatepass"),
        data[at : at + entry].decode() or None,
        [],
        limits,
    )
    at += entry
    for number in range(count):
        view, length = unpack_from(ARGUMENT, data, at)
        try:
            job.arguments.append(VIEWS[view](_decode(data[at + 5 : at + 5 + length])))
        except (ValueError, RecursionError) as error:
            wrong = f"Argument {number + 1} is not JSON: {error}"
            return job, _report(ending="exception", type=INVALID_ARGUMENT, message=wrong, line=None)
        except MemoryError:
            job.arguments.clear()
            return job, (ord("X"), OUT_OF_MEMORY, 0)
        at += 5 + length
    return job, None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_raw_decode = json.JSONDecoder(parse_constant=_no_constant).raw_decode


def _decode(data: bytes) -> Any:
    """`json.loads`, without its detection of encodings and its regular expressions: they cost page faults."""
    text = data.decode().strip(" \t\n\r")
    value, end = _raw_decode(text)
    if end != len(text):
        raise ValueError(f"more follows at character {end}")
    return value


def _read_exactly(channel: int, size: int) -> bytes:
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


def _write_all(channel: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(channel, rest) :]


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # a stream that the program broke has nothing more to say
            continue


def _answer(language: Language, job: Job) -> tuple[int, bytes, int]:
    """The frame's letter, its JSON, and the exit status."""
    try:
        if job.kind == "check":
            return _violations(language.check(job))
        return _result(language.execute(job), job.limits["result"])
    except Refused as refused:
        return _violations(refused.violations)
    except LimitHit as hit:
        return _report(ending="limit", limit=hit.limit)
    except MemoryError:
        pass  # answered below, when the traceback no longer holds what filled the memory
    except RecursionError:
        return _report(ending="limit", limit="recursion")
    except SystemExit as error:
        return _exit(error)
    except BaseException as error:
        return _exception(error)
    return ord("X"), OUT_OF_MEMORY, 0


def _result(value: object, allowed: int) -> tuple[int, bytes, int]:
    try:
        data = _encode(value).encode()
    except MemoryError:
        raise
    except RecursionError:
        return _not_serializable(value, "it is nested too deeply")
    except Exception as error:
        return _not_serializable(value, _words(error))
    if len(data) > allowed:
        return _report(ending="limit", limit="result", message=f"The result has {len(data)} bytes")
    return ord("R"), data, 0


def _not_serializable(value: object, why: str) -> tuple[int, bytes, int]:
    try:
        shown = repr(value)[:500]
    except Exception:
        shown = f"a {type(value).__name__}"
    return _report(ending="limit", limit="not-serializable", message=f"The result is not JSON ({why}): {shown}")


def _violations(violations: list[dict[str, Any]]) -> tuple[int, bytes, int]:
    return _report(ending="violation", violations=violations[:100])


def _exit(error: SystemExit) -> tuple[int, bytes, int]:
    """``sys.exit()`` is an ordinary end without a result; a status or a message is a failure, as in Python."""
    if error.code is None or error.code == 0:
        return ord("R"), b"null", 0
    if not isinstance(error.code, int):
        print(error.code, file=sys.stderr)
    status = error.code & 0xFF if isinstance(error.code, int) else 1
    letter, report, _ = _report(
        ending="exception", type="SystemExit", message=f"The program ended with exit status {status}", line=_line(error)
    )
    return letter, report, status


def _exception(error: BaseException) -> tuple[int, bytes, int]:
    return _report(ending="exception", type=type(error).__name__, message=_words(error), line=_line(error))


def _words(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as failed:
        return f"({type(error).__name__} whose text cannot be made: {type(failed).__name__})"


def _line(error: BaseException) -> int | None:
    """The innermost line of the user's own source in the traceback."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == PROGRAM:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _report(message: str = "", **members: Any) -> tuple[int, bytes, int]:
    members["message"] = str(message)[:WORDS].encode("utf-8", "replace").decode()
    return ord("X"), json.dumps(members).encode(), 0
