"""One call, from the job to the answer: members of it and the bytes of result, stdout and stderr."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, NoReturn

from pydantic_monty import MontyCrashedError, MontyError, MontyRuntimeError, MontySyntaxError

from pegboard_sandbox_monty.supervisor.capture import Capture
from pegboard_sandbox_monty.supervisor.checking import Refused
from pegboard_sandbox_monty.supervisor.interpreter import Interpreter, Session, peak_memory, processor_seconds
from pegboard_sandbox_monty.supervisor.job import Job
from pegboard_sandbox_monty.supervisor.leash import Leash
from pegboard_sandbox_monty.supervisor.program import Feed, argument, to_run
from pegboard_sandbox_monty.supervisor.violations import missing

WORDS = 2000
"""The longest message, in characters."""

INVALID_ARGUMENT = "InvalidArgument"
"""See `pegboard.Failure`."""

OUT_OF_TIME = "feed time limit exceeded"
"""How the interpreter's own TimeoutError begins, which has no frame; a program's has one."""

SIGNAL = re.compile(r"\(signal: (\d+)")
CONSTANTS = re.compile(rb"NaN|Infinity")

Members = dict[str, Any]


class Answer(NamedTuple):
    members: Members
    result: bytes = b""
    stdout: bytes = b""
    stderr: bytes = b""


class Unreadable(Exception):
    """An argument is not JSON."""

    def __init__(self, number: int, why: object) -> None:
        super().__init__(f"Argument {number} is not JSON: {why}")


class Runner:
    """Answers jobs. `forward` is given what a program prints as it comes, where somebody waits for it."""

    def __init__(self, interpreter: Interpreter, leash: Leash, forward: Callable[[str, bytes], None]) -> None:
        self._interpreter = interpreter
        self._leash = leash
        self._forward = forward

    def answer(self, job: Job) -> Answer:
        """Never raises for what a program or the interpreter does."""
        call = _Call(job, self._forward)
        try:
            self._interpreter.serve(job.tenant)
            source = self._interpreter.checked(job)
            if job.kind == "check":
                return call.answered({"ending": "result"})
            feed = to_run(source, job.entry, job.views, job.limits["result"])
            with self._interpreter.session(job, feed.indented) as session:
                return call.run(session, feed)
        except Refused as refused:
            return call.answered({"ending": "violation", "violations": refused.violations})
        except Unreadable as error:
            return call.answered(_exception(INVALID_ARGUMENT, error))
        except MontyCrashedError as error:
            return call.answered(_crash(error, job, self._leash.reason))
        except MontyError as error:
            return call.answered(_failure(error, job, None))


class _Call:
    """What is known of one run, whatever its end."""

    def __init__(self, job: Job, forward: Callable[[str, bytes], None]) -> None:
        self._job = job
        limit = job.limits["output"]
        self._streams = {
            name: Capture(limit, partial(forward, name) if job.stream else None) for name in ("stdout", "stderr")
        }
        self._used: Members = {}

    def run(self, session: Session, feed: Feed) -> Answer:
        texts = {argument(number): _text(number, data) for number, data in enumerate(self._job.arguments)}
        before = processor_seconds(session.pid)
        try:
            result = session.feed_run(feed.text, inputs=texts, print_callback=self._print).encode()
        except MontyCrashedError:
            self._measure(session, 0.0)
            raise
        except MontyError as error:
            self._measure(session, before)
            return self.answered(_failure(error, self._job, feed))
        self._measure(session, before)
        if len(result) > self._job.limits["result"]:
            return self.answered({"ending": "limit", "limit": "result"})
        return self.answered({"ending": "result"}, result)

    def _print(self, stream: str, text: str) -> None:
        self._streams[stream].write(text)

    def _measure(self, session: Session, before: float) -> None:
        self._used = {
            "wall": session.ended - session.started,
            "cpu": max(processor_seconds(session.pid) - before, 0.0),
            "memory": peak_memory(session.pid),
        }

    def answered(self, members: Members, result: bytes = b"") -> Answer:
        streams = self._streams
        told = {name: {"total": stream.total, "truncated": stream.truncated} for name, stream in streams.items()}
        kept = [stream.kept() for stream in streams.values()]
        return Answer({**members, **self._used, **told}, result, *kept)


def _text(number: int, data: bytes) -> str:
    """Raises `Unreadable`."""
    try:
        text = data.decode()
        if CONSTANTS.search(data):
            json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable(number + 1, error) from None
    return text


def _refuse_constant(name: str) -> NoReturn:
    """The interpreter reads NaN, which is no JSON. A string may speak of it."""
    raise ValueError(f"{name} is not JSON")


def _crash(error: MontyCrashedError, job: Job, reason: str) -> Members:
    """Why the process is gone: it was killed for its time, the caller left, or the program was too much for it."""
    if reason == "wall" or error.timed_out:
        return {"ending": "limit", "limit": _clock(job) if error.timed_out else "wall"}
    number = SIGNAL.search(str(error))
    members = {"signal": int(number[1])} if number else {"exit_code": error.exit_status}
    return {"ending": "crashed", "message": str(error)[:WORDS], **members}


def _clock(job: Job) -> str:
    return "cpu" if job.seconds < job.limits["wall"] else "wall"


def _failure(error: MontyError, job: Job, feed: Feed | None) -> Members:
    raised = error.exception()
    frames = error.traceback() if isinstance(error, MontyRuntimeError | MontySyntaxError) else []
    if isinstance(raised, MemoryError):
        return {"ending": "limit", "limit": "memory"}
    if isinstance(raised, TimeoutError) and not frames and str(raised).startswith(OUT_OF_TIME):
        return {"ending": "limit", "limit": _clock(job)}
    if feed is None or not frames:
        return _exception(type(raised).__name__, raised)
    return _raised(raised, job, feed, [frame.line for frame in frames])


def _raised(raised: BaseException, job: Job, feed: Feed, lines: list[int]) -> Members:
    """`lines` are those of the frames, the outermost first."""
    part = feed.part(lines[0])
    if part == "arguments":
        return _exception(INVALID_ARGUMENT, Unreadable(feed.argument(lines[0]), raised))
    if part == "result":
        why = "it is nested too deeply" if isinstance(raised, RecursionError) else str(raised)[:WORDS]
        return {"ending": "limit", "limit": "not-serializable", "message": f"The result is not JSON ({why})"}
    if isinstance(raised, RecursionError):
        return {"ending": "limit", "limit": "recursion"}
    if part == "call" and isinstance(raised, NameError) and len(lines) == 1 and job.entry is not None:
        return {"ending": "violation", "violations": [missing(job.entry)]}
    own = [line - feed.first + 1 for line in lines if feed.part(line) == "program"]
    return _exception(type(raised).__name__, raised, own[-1] if own else None)


def _exception(kind: str, raised: BaseException, line: int | None = None) -> Members:
    return {"ending": "exception", "type": kind, "message": str(raised)[:WORDS], "line": line}
