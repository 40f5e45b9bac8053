"""What counts as JSON in a result, and that looking at it does not keep the server busy."""

import gc
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard import Ending
from pegboard_sandbox_process.json_check import LARGE, is_json

pytestmark = pytest.mark.anyio

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**308), 10**308)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@pytest.fixture(name="begun")
def collections_that_begin() -> Iterator[list[str]]:
    begun: list[str] = []

    def note(phase: str, info: dict[str, Any]) -> None:
        if phase == "start":
            begun.append(phase)

    gc.callbacks.append(note)
    yield begun
    gc.callbacks.remove(note)


@given(VALUES, st.booleans())
def test_what_python_writes_is_json(value: Any, ascii_only: bool) -> None:
    data = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert is_json(data)
    assert is_json(b"[" + b" " * LARGE + data + b"]")


BROKEN = [
    b"", b"NaN", b"[1,]", b"{", b'"\xff"', b'"\xed\xa0\x80"', b'"\\ud800"', b"1e999", b"-1e999", b"1" * 400, b"01",
    b"[" * 5000 + b"]" * 5000, b"1 2", b"\xef\xbb\xbf1",
]  # fmt: skip


@pytest.mark.parametrize("data", BROKEN, ids=lambda data: repr(data[:20]))
@pytest.mark.parametrize("size", [0, LARGE])
def test_what_others_could_not_read_is_none(data: bytes, size: int) -> None:
    assert not is_json(b" " * size + data)


@pytest.mark.parametrize(
    "data", [b"[" + b"[]," * 350_000 + b"[]]", b"[" + b"[[]]," * 200_000 + b"!"], ids=["good", "bad"]
)
def test_a_million_bytes_are_looked_at_without_collections(data: bytes, begun: list[str]) -> None:
    gc.collect()
    begun.clear()
    is_json(data)
    assert not begun
    assert gc.isenabled()


def test_collections_that_are_off_stay_off() -> None:
    gc.disable()
    try:
        assert is_json(b"[" + b"[]," * LARGE + b"[]]")
        assert not gc.isenabled()
    finally:
        gc.enable()


async def test_a_number_that_only_python_reads_is_told_as_that(run) -> None:
    assert (await run("return 10 ** 308")).ending is Ending.RESULT
    outcome = await run("return [10 ** 400]")
    assert (outcome.ending, outcome.failure.limit) == (Ending.LIMIT, "not-serializable")
    assert "1.8e308" in outcome.failure.message
