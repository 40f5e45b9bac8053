"""What goes between the server and a supervisor; from there anything may come."""

import struct
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard import Ending, Isolation, Limits
from pegboard_sandbox_monty import wire
from pegboard_sandbox_monty.outcome import outcome
from pegboard_sandbox_monty.process import Answer
from pegboard_sandbox_monty.supervisor.capture import Capture
from pegboard_sandbox_monty.supervisor.leash import Leash

STREAMS = {name: {"total": 0, "truncated": False} for name in ("stdout", "stderr")}

names = st.text(max_size=5).filter(lambda name: name != "sizes")
members = st.dictionaries(names, st.integers() | st.text(), max_size=4)
texts = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=20)


@given(told=members, blobs=st.lists(st.binary(max_size=50), max_size=5))
def test_what_is_bundled_comes_out_again(told: dict[str, Any], blobs: list[bytes]) -> None:
    assert wire.unbundle(wire.bundle(told, blobs)) == (told, blobs)


@given(st.binary(max_size=200))
def test_random_bytes_are_a_value_error_or_a_bundle(payload: bytes) -> None:
    try:
        told, blobs = wire.unbundle(payload)
    except ValueError:
        return
    assert isinstance(told, dict)
    assert sum(map(len, blobs)) <= len(payload)


@pytest.mark.parametrize(
    "head",
    [b"[]", b"{}", b'{"sizes": 1}', b'{"sizes": [-1]}', b'{"sizes": [5]}', b'{"sizes": []}', b'{"sizes": [""]}'],
)
def test_a_bundle_that_lies_about_its_parts_is_refused(head: bytes) -> None:
    with pytest.raises(ValueError, match="frame"):
        wire.unbundle(struct.pack("<I", len(head)) + head + b"abc")


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"ending": "nonsense"},
        {"ending": "busy"},
        {"ending": "lost"},
        {"ending": "violation"},
        {"ending": "violation", "violations": [{"code": "X"}]},
        {"ending": "exception", "message": "m"},
        {"ending": "exception", "type": "T", "line": "five"},
        {"ending": "limit", "limit": "patience"},
        {"ending": "result", "stdout": 5},
        {"ending": "result", "wall": "long"},
        {"ending": "crashed", "signal": "many"},
    ],
)
def test_an_answer_that_no_supervisor_gives_is_refused(told: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        outcome(Answer({**STREAMS, **told}, b"", b"", b""), Limits(), 0.0, 1.0)


@pytest.mark.parametrize("result", [b"{", b"NaN", b"'a'", b"\xff", b"1 2"])
def test_a_result_that_is_no_json_is_refused(result: bytes) -> None:
    with pytest.raises(orjson.JSONDecodeError):
        outcome(Answer({**STREAMS, "ending": "result"}, result, b"", b""), Limits(), 0.0, 1.0)


def test_an_answer_cannot_exceed_what_was_asked_for() -> None:
    long = Answer({**STREAMS, "ending": "result", "wall": 1e9, "cpu": -1}, b"1" * 200, b"", b"")
    ended = outcome(long, Limits(result=100), 0.5, 2.0)
    assert (ended.ending, ended.failure and ended.failure.limit) == (Ending.LIMIT, "result")
    assert (ended.isolation, ended.queue, ended.start, ended.wall, ended.cpu) == (Isolation.L1, 0.5, 0.0, 2.0, 0.0)


@given(parts=texts, limit=st.integers(1, 60))
def test_output_keeps_its_head_and_its_tail(parts: list[str], limit: int) -> None:
    came = bytearray()
    capture = Capture(limit, came.extend)
    for part in parts:
        capture.write(part)
    whole = "".join(parts).encode()
    assert capture.total == len(whole)
    assert bytes(came) == whole[:limit]
    if len(whole) <= limit:
        assert (capture.kept(), capture.truncated) == (whole, False)
        return
    head, tail = whole[: limit - limit // 2], whole[len(whole) - limit // 2 :]
    assert capture.kept() == head + b"\n[... %d bytes cut ...]\n" % (len(whole) - limit) + tail
    assert capture.truncated


def test_a_leash_is_pulled_for_its_own_call_alone() -> None:
    leash = Leash()
    leash.pull(1, "cancelled")
    leash.begin(1, 60.0)
    leash.pull(2, "cancelled")
    assert not leash.pulled
    leash.pull(1, "cancelled")
    assert (leash.pulled, leash.reason) == (True, "cancelled")
    leash.end()
    leash.begin(2, 0.0)
    assert (leash.pulled, leash.reason) == (False, "")
    leash.expire(1)
    assert not leash.pulled
    leash.expire(2)
    assert (leash.pulled, leash.reason) == (True, "wall")
