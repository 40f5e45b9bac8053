"""From a supervisor's answer to an `Outcome`. The answer tells of a stranger's program and is read as hostile input."""

from typing import Any

import orjson

from pegboard import Ending, Failure, Isolation, Limits, Outcome, Output, Violation

from .process import Answer

MESSAGE = 4000

Members = dict[str, Any]
"""Of an `Outcome`."""

WORDS = {
    "wall": "The program ran longer than {0:g} seconds",
    "cpu": "The program used more than {0:g} seconds of processor time",
    "memory": "The program needed more than {0:.0f} bytes of memory",
    "recursion": "The program called itself more than {0:.0f} levels deep",
    "result": "The result is larger than {0:.0f} bytes",
    "not-serializable": "The result is not JSON",
}


def outcome(answer: Answer, limits: Limits, queue: float, taken: float) -> Outcome:
    """`taken` are the seconds from giving the job to having its answer. Raises ValueError, TypeError, KeyError."""
    members = answer.members
    wall = min(_figure(members, "wall"), taken)
    return Outcome(
        isolation=Isolation.L1,
        **_end(answer, limits),
        stdout=_output(members, "stdout", answer.stdout),
        stderr=_output(members, "stderr", answer.stderr),
        queue=queue,
        start=taken - wall,
        wall=wall,
        cpu=_figure(members, "cpu"),
        memory=int(_figure(members, "memory")),
    )


def limit_hit(name: str, limits: Limits, message: str = "") -> Members:
    words = WORDS[name]
    allowed = None if name == "not-serializable" else getattr(limits, name)
    words = words.format(allowed or 0)
    failure = Failure(message if name == "not-serializable" and message else words, limit=name, allowed=allowed)
    return dict(ending=Ending.LIMIT, failure=failure)


def _end(answer: Answer, limits: Limits) -> Members:
    members = answer.members
    ending, message = Ending(members["ending"]), str(members.get("message", ""))[:MESSAGE]
    if ending is Ending.RESULT:
        return _result(answer.result, limits)
    if ending is Ending.VIOLATION:
        return dict(ending=ending, violations=tuple(violation(found) for found in members["violations"]))
    if ending is Ending.LIMIT:
        return limit_hit(members["limit"], limits, message)
    if ending is Ending.EXCEPTION:
        line = members.get("line")
        if not isinstance(line, int | None):
            raise ValueError("a line is no number")
        return dict(ending=ending, failure=Failure(message, str(members["type"])[:200], line))
    if ending is Ending.CRASHED:
        return dict(ending=ending, failure=_crash(members, message))
    raise ValueError(f"a supervisor does not say {ending}")


def _result(result: bytes, limits: Limits) -> Members:
    """Bytes go on as they came, once they are known to be JSON."""
    if len(result) > limits.result:
        return limit_hit("result", limits)
    if result:
        orjson.loads(result)
    return dict(ending=Ending.RESULT, result=result)


def _crash(members: Members, message: str) -> Failure:
    number, status = members.get("signal"), members.get("exit_code")
    how = f"was ended by signal {number}" if number is not None else f"ended: {message}"
    return Failure(
        f"The program's process {how}",
        signal=None if number is None else int(number),
        exit_code=None if status is None else int(status),
    )


def _output(members: Members, name: str, kept: bytes) -> Output:
    told = members[name]
    return Output(kept, bool(told["truncated"]), int(told["total"]))


def _figure(members: Members, name: str) -> float:
    return max(float(members.get(name, 0.0)), 0.0)


def violation(found: dict[str, Any]) -> Violation:
    texts = {name: str(found[name])[:MESSAGE] for name in ("code", "name", "message", "hint")}
    return Violation(line=int(found["line"]), column=int(found["column"]), **texts)
