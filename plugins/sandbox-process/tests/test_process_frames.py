"""Whatever comes on the channel of a call makes an outcome that can be told as JSON, and never an exception."""

import struct
from typing import Any

import attrs
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pegboard import Ending, Isolation, Limits, Outcome, Output
from pegboard_sandbox_process.call import Finished
from pegboard_sandbox_process.outcome import outcome
from pegboard_sandbox_process.spawn import Report

HEAD = struct.Struct("<IBQ")
LIMITS = Limits(result=2000, files=500)

NESTED = st.sampled_from([b"[" * 900 + b"]" * 900, b"[" * 1020 + b"]" * 1020, b'{"a":' * 1000 + b"1" + b"}" * 1000])
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)
ENDINGS = st.sampled_from(["violation", "limit", "exception", "result", "crashed", "", "wall"])
KINDS = st.sampled_from(
    ["wall", "cpu", "memory", "result", "files", "recursion", "not-serializable", "source", "queue"]
)
PLACES = st.one_of(st.integers(-2, 9), st.sampled_from([2**31, 2**32, 2**63, 1.5, 1e300, True, "1", None]))
TEXTS = {name: st.text() | VALUES for name in ("code", "name", "message", "hint")}
VIOLATIONS = st.fixed_dictionaries({}, optional={**TEXTS, "line": PLACES, "column": PLACES})
REPORTS = st.fixed_dictionaries(
    {},
    optional={
        "ending": ENDINGS | VALUES,
        "limit": KINDS | VALUES,
        "message": st.text() | VALUES,
        "type": st.text() | VALUES,
        "line": PLACES,
        "violations": st.lists(VIOLATIONS | VALUES) | VALUES,
        "allowed": VALUES,
    },
)


def frame(letter: int, payload: bytes, size: int | None = None, started: int = 0) -> bytes:
    return HEAD.pack(len(payload) + 9 if size is None else size, letter, started) + payload


PAYLOADS = st.one_of(VALUES.map(orjson.dumps), REPORTS.map(orjson.dumps), st.binary(max_size=60), NESTED)
LETTERS = st.sampled_from(b"RXrxZ\0") | st.integers(0, 255)
STARTS = st.sampled_from([0, 100_500_000_000, 2**63, 2**64 - 1])
GENUINE = st.builds(frame, LETTERS, PAYLOADS, started=STARTS)
WITH_FILES = st.builds(
    lambda letter, payload, files: frame(letter, struct.pack("<I", len(payload)) + payload + files),
    st.sampled_from(b"rx"), PAYLOADS, st.binary(max_size=80),
)  # fmt: skip


@st.composite
def mutated(draw: Any) -> bytes:
    """A frame with some bytes changed, cut off or added."""
    data = bytearray(draw(GENUINE | WITH_FILES))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(data) - 1))
        data[place] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))]) + draw(st.binary(max_size=3))


FRAMES = st.one_of(
    st.binary(max_size=100), GENUINE, WITH_FILES, mutated(), st.builds(bytes.__add__, GENUINE, GENUINE),
    st.builds(frame, LETTERS, PAYLOADS, st.sampled_from([0, 8, 2**31, 2**32 - 1])),
)  # fmt: skip
STATUSES = st.sampled_from([0, 1 << 8, 70 << 8, 9, 11, 31, 64, 139]) | st.integers(0, 0xFF).map(lambda code: code << 8)
KILLED = st.sampled_from(["", "wall", "result", "forged", "cancelled", "recycled"])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FRAMES, STATUSES, KILLED, st.booleans())
def test_any_frame_makes_an_outcome(data: bytes, status: int, killed: str, overflow: bool) -> None:
    report = Report(status, 0.1, 1 << 20, 100.0, 101.0)
    ended = outcome(Finished(report, data, overflow, killed, Output(), Output()), LIMITS, Isolation.L4, 0.0, 100.0)
    assert ended.ending in set(Ending) - {Ending.LOST, Ending.BUSY}
    assert 0 <= ended.start <= 1
    assert 0 <= ended.wall <= 1
    told(ended)
    if ended.ending is Ending.RESULT:
        assert (status, overflow, len(ended.result) <= LIMITS.result) == (0, False, True)
        orjson.loads(ended.result)
        assert ended.result in data
    elif ended.ending is Ending.VIOLATION:
        assert len(ended.violations) <= 100
    else:
        assert ended.failure is not None
    assert sum(map(len, ended.files.values())) <= LIMITS.files
    assert all("/" not in name for name in ended.files)


def told(ended: Outcome) -> bytes:
    """As callers of the server are told it. Raises for what JSON cannot have."""
    members = attrs.asdict(ended, filter=lambda member, _: member.name not in ("result", "files", "stdout", "stderr"))
    return orjson.dumps(members)


DEEP = b"[" * 1000 + b"]" * 1000
EXCEPTION = b'{"ending":"exception","type":%b,"line":%b,"message":%b}'
VIOLATION = b'{"ending":"violation","violations":[{"code":%b,"line":%b,"column":1,"name":"","message":"","hint":""}]}'


@pytest.mark.parametrize(
    "report",
    [
        EXCEPTION % (b'"E"', b"1", DEEP),
        EXCEPTION % (DEEP, b"1", b'""'),
        EXCEPTION % (b'"E"', b"18446744073709551615", b'""'),
        EXCEPTION % (b'"E"', b"true", b'""'),
        VIOLATION % (b'""', b"1e300"),
        VIOLATION % (b'""', b"18446744073709551615"),
        VIOLATION % (b'""', DEEP),
        VIOLATION % (DEEP, b"1"),
    ],
)
def test_a_report_that_could_not_be_told_is_a_forgery(report: bytes) -> None:
    finished = Finished(Report(0, 0.1, 1, 100.0, 101.0), frame(ord("X"), report), False, "", Output(), Output())
    assert outcome(finished, LIMITS, Isolation.L4, 0.0, 100.0).ending is Ending.CRASHED


def test_more_violations_than_anybody_reads_are_cut() -> None:
    one = b'{"code":"","name":"","message":"","hint":"","line":1,"column":1}'
    report = b'{"ending":"violation","violations":[' + b",".join([one] * 20_000) + b"]}"
    finished = Finished(Report(0, 0.1, 1, 100.0, 101.0), frame(ord("X"), report), False, "", Output(), Output())
    assert len(outcome(finished, LIMITS, Isolation.L4, 0.0, 100.0).violations) == 100
