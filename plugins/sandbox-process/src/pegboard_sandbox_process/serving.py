"""What happens in a fresh child: read the job, let the language run it, answer. Standard library only.

The answer is one frame on the call's own channel: ``<I`` length of the rest, one letter, ``<Q`` when the program
started (monotonic nanoseconds), then JSON. ``R`` is the program's result as it is, ``X`` a report. The small letters
are the same with files: ``<I`` length of the JSON, the JSON, and each file as `FILE`, its name and its content. Whoever
reads it must not believe it: the program can write to the same channel.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from struct import pack

from pegboard_sandbox_process.child import FILE, OUT_OF_MEMORY, PROGRAM, Job, LimitHit, Refused, read_job, report

TYPE_CHECKING = False  # typing itself would add half a megabyte to every fork
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from pegboard_sandbox_process.child import Language
    from pegboard_sandbox_process.memory_files import Bytes

HEAD = "<IBQ"
FILE_SIZE = 6
MOST_FILES = 1000
SMALL = 0x20
"""What makes a capital letter a small one."""

_encode = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode


def serve(channel: int, language: Language) -> NoReturn:
    """Do the one job that `channel` brings, and end the process."""
    status = 1
    try:
        status = _serve(channel, language)
    except MemoryError:  # the job alone is too large, or the files are while they are told
        write_all(channel, pack(HEAD, len(OUT_OF_MEMORY) + 9, ord("X"), time.monotonic_ns()) + OUT_OF_MEMORY)
        status = 0
    finally:
        os._exit(status)


def _serve(channel: int, language: Language) -> int:
    job, wrong = read_job(channel)
    gc.enable()
    started = time.monotonic_ns()
    letter, payload, status = wrong or answer(language, job)
    flush()
    if job.written:
        letter, payload = _within_limit(job, letter, payload)
    if job.written:
        _send_with_files(channel, letter, payload, started, job.written)
    else:
        write_all(channel, pack(HEAD, len(payload) + 9, letter, started) + payload)
    return status


def _within_limit(job: Job, letter: int, payload: bytes) -> tuple[int, bytes]:
    """With more files than are allowed a result becomes that limit; what ended otherwise stays so, without files."""
    if len(job.written) <= MOST_FILES and sum(map(len, job.written.values())) <= job.limits["files"]:
        return letter, payload
    job.written = {}
    return report(ending="limit", limit="files")[:2] if letter == ord("R") else (letter, payload)


def _send_with_files(channel: int, letter: int, payload: bytes, started: int, files: dict[str, Bytes]) -> None:
    """Contents go out as they lie: a copy might not fit into what is left of the memory."""
    parts = [(name.encode(), content) for name, content in files.items()]
    size = 13 + len(payload) + sum(FILE_SIZE + len(name) + len(content) for name, content in parts)
    write_all(channel, pack(HEAD, size, letter | SMALL, started) + pack("<I", len(payload)) + payload)
    for name, content in parts:
        write_all(channel, pack(FILE, len(name), len(content)) + name)
        write_all(channel, content)


def flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # a stream that the program broke has nothing more to say
            continue


def write_all(channel: int, data: Bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(channel, rest) :]


def answer(language: Language, job: Job) -> tuple[int, bytes, int]:
    """The frame's letter, its JSON, and the exit status."""
    try:
        if job.kind == "check":
            return _violations(language.check(job))
        return _result(language.execute(job), job.limits["result"])
    except Refused as refused:
        return _violations(refused.violations)
    except LimitHit as hit:
        return report(ending="limit", limit=hit.limit)
    except MemoryError:
        pass  # answered below, when the traceback no longer holds what filled the memory
    except RecursionError:
        return report(ending="limit", limit="recursion")
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
        return report(ending="limit", limit="result", message=f"The result has {len(data)} bytes")
    return ord("R"), data, 0


def _not_serializable(value: object, why: str) -> tuple[int, bytes, int]:
    try:
        shown = repr(value)[:500]
    except Exception:
        shown = f"a {type(value).__name__}"
    return report(ending="limit", limit="not-serializable", message=f"The result is not JSON ({why}): {shown}")


def _violations(violations: list[dict[str, Any]]) -> tuple[int, bytes, int]:
    return report(ending="violation", violations=violations[:100])


def _exit(error: SystemExit) -> tuple[int, bytes, int]:
    """``sys.exit()`` is an ordinary end without a result; a status or a message is a failure, as in Python."""
    if error.code is None or error.code == 0:
        return ord("R"), b"null", 0
    if not isinstance(error.code, int):
        print(error.code, file=sys.stderr)
    status = error.code & 0xFF if isinstance(error.code, int) else 1
    letter, payload, _ = report(
        ending="exception", type="SystemExit", message=f"The program ended with exit status {status}", line=_line(error)
    )
    return letter, payload, status


def _exception(error: BaseException) -> tuple[int, bytes, int]:
    return report(ending="exception", type=type(error).__name__, message=_words(error), line=_line(error))


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
