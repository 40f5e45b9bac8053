"""From a finished call to an `Outcome`. How the process ended is the zygote's word; the frame is hostile input."""

import os
import signal
import struct
from typing import Any

import orjson

from pegboard import Ending, Failure, Isolation, Limits, Outcome, Violation

from .call import FORGED, Finished
from .files import decode_files
from .json_check import HUGE_NUMBER, is_json
from .spawn import Report

HEAD = struct.Struct("<IBQ")
HEAD_SIZE = HEAD.size
JSON_SIZE = struct.Struct("<I")
SMALL = 0x20
RESULT = ord("R")
NOT_FORKED = -1
MESSAGE = 4000
MOST_VIOLATIONS = 100

Members = dict[str, Any]
"""Of an `Outcome`: how it ended. That is made once, as a call may take less time than a copy of it."""

WORDS = {
    "wall": "The program ran longer than {0:g} seconds",
    "cpu": "The program used more than {0:g} seconds of processor time",
    "memory": "The program needed more than {0:.0f} bytes of memory",
    "recursion": "The program called itself more than {0:.0f} levels deep",
    "result": "The result is larger than {0:.0f} bytes",
    "not-serializable": "The result is not JSON",
    "files": "The program left more than 1000 files, or more than {0:.0f} bytes in them",
}


class Forged(Exception):
    """The frame is not what the child's own code writes."""


def outcome(finished: Finished, limits: Limits, isolation: Isolation, queue: float, sent: float) -> Outcome:
    """`sent` is when the call went to the zygote, in monotonic seconds."""
    report = finished.report
    streams: dict[str, Any] = {"stdout": finished.stdout, "stderr": finished.stderr, "queue": queue}
    if report is None or report.status == NOT_FORKED:
        failure = Failure("The sandbox's own process died under the program; run it again")
        return Outcome(Ending.LOST, isolation, failure=failure, **streams)
    started = _started(finished.frame, report)
    return Outcome(
        isolation=isolation,
        **_end(finished, report, limits),
        start=max(started - sent, 0.0),
        wall=max(report.ended - started, 0.0),
        cpu=report.cpu,
        memory=report.memory,
        **streams,
    )


def ordinary(frame: bytes, limits: Limits) -> tuple[bytes, float] | None:
    """A result, and when its program started by its own word, if that is all that a frame holds.

    The short way for what nearly all calls are. None where there is more to look at.
    """
    length = len(frame)
    if length < HEAD_SIZE:
        return None
    size, letter, claimed = HEAD.unpack_from(frame)
    if letter != RESULT or size != length - 4 or length - HEAD_SIZE > limits.result:
        return None
    payload = frame[HEAD_SIZE:]
    return (payload, claimed / 1e9) if is_json(payload) else None


def _started(frame: bytes, report: Report) -> float:
    """When the program started, as far as the child's own word for it is possible."""
    if len(frame) < HEAD.size:
        return report.forked
    claimed: float = HEAD.unpack_from(frame)[2] / 1e9
    return min(max(claimed, report.forked), report.ended)


def _end(finished: Finished, report: Report, limits: Limits) -> Members:
    if finished.overflow:
        return _limit("result", limits)
    if os.WIFSIGNALED(report.status):
        return _signalled(os.WTERMSIG(report.status), finished, report, limits)
    status = os.waitstatus_to_exitcode(report.status)
    try:
        return _framed(finished.frame, status, limits)
    except (Forged, ValueError, TypeError, KeyError, struct.error):
        return _forged(exit_code=status)


def _forged(exit_code: int | None = None, number: int | None = None) -> Members:
    failure = Failure("The program wrote to the sandbox's own channel", signal=number, exit_code=exit_code)
    return dict(ending=Ending.CRASHED, failure=failure)


def _signalled(number: int, finished: Finished, report: Report, limits: Limits) -> Members:
    if number == signal.SIGKILL and finished.killed in WORDS:
        return _limit(finished.killed, limits)
    if number == signal.SIGKILL and finished.killed == FORGED:
        return _forged(number=number)
    cpu = limits.wall if limits.cpu is None else limits.cpu
    if number in (signal.SIGPROF, signal.SIGXCPU) or (number == signal.SIGKILL and report.cpu >= cpu):
        return _limit("cpu", limits)
    if report.memory >= 0.95 * limits.memory:
        return _limit("memory", limits)
    name = signal.Signals(number).name if number in list(signal.Signals) else str(number)
    failure = Failure(f"The program's process was ended by signal {number} ({name})", signal=number)
    return dict(ending=Ending.CRASHED, failure=failure)


def _limit(name: str, limits: Limits, message: str = "") -> Members:
    allowed = {"cpu": limits.wall if limits.cpu is None else limits.cpu, "not-serializable": None}.get(
        name, getattr(limits, name, None)
    )
    words = WORDS[name].format(allowed if allowed is not None else 0)
    failure = Failure(message if name == "not-serializable" and message else words, limit=name, allowed=allowed)
    return dict(ending=Ending.LIMIT, failure=failure)


def _framed(frame: bytes, status: int, limits: Limits) -> Members:
    if not frame:
        message = f"The program ended its process with exit status {status}"
        return dict(ending=Ending.EXCEPTION, failure=Failure(message, "SystemExit", exit_code=status))
    size, letter, _ = HEAD.unpack_from(frame) if len(frame) >= HEAD.size else (0, 0, 0)
    if size != len(frame) - 4:
        raise Forged
    if not letter & SMALL:
        return _ended(letter, frame[HEAD.size :], status, limits)
    start = HEAD.size + JSON_SIZE.size
    at = start + JSON_SIZE.unpack_from(frame, HEAD.size)[0]
    if at > len(frame):
        raise Forged
    files = decode_files(frame, at, limits.files)
    return _ended(letter ^ SMALL, frame[start:at], status, limits) | {"files": files}


def _ended(letter: int, payload: bytes, status: int, limits: Limits) -> Members:
    if letter == RESULT and status == 0:
        return _result(payload, limits)
    if letter == ord("X"):
        return _reported(orjson.loads(payload), status, limits)
    raise Forged


def _result(payload: bytes, limits: Limits) -> Members:
    """Bytes go on as they came."""
    if len(payload) > limits.result:
        return _limit("result", limits)
    if is_json(payload):
        return dict(ending=Ending.RESULT, result=payload)
    if HUGE_NUMBER.search(payload):  # Python writes it, hardly anybody else reads it
        return _limit("not-serializable", limits, "The result is not JSON for others: it has a number beyond 1.8e308")
    raise Forged


def _reported(report: dict[str, Any], status: int, limits: Limits) -> Members:
    ending, message = report["ending"], _text(report.get("message", ""))
    if ending == "violation":
        found = tuple(violation(each) for each in report["violations"][:MOST_VIOLATIONS])
        return dict(ending=Ending.VIOLATION, violations=found)
    if ending == "limit":
        return _limit(report["limit"], limits, message)
    if ending != "exception":
        raise Forged
    line = None if report["line"] is None else _place(report["line"])
    failure = Failure(message, _text(report["type"])[:200], line, exit_code=status or None)
    return dict(ending=Ending.EXCEPTION, failure=failure)


def violation(found: dict[str, Any]) -> Violation:
    texts = {name: _text(found[name]) for name in ("code", "name", "message", "hint")}
    return Violation(line=_place(found["line"]), column=_place(found["column"]), **texts)


def _text(found: object) -> str:
    """Never ``str(found)``: lists in lists can be too deep for that."""
    if not isinstance(found, str):
        raise Forged
    return found[:MESSAGE]


def _place(found: object) -> int:
    """A line or a column; more than 64 bits could not be told as JSON."""
    if type(found) is not int or not 0 <= found < 1 << 32:
        raise Forged
    return found
