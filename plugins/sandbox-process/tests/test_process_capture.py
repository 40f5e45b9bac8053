"""Captured output keeps its head and its tail, however it is cut into writes."""

import os

from hypothesis import given
from hypothesis import strategies as st

from pegboard_sandbox_process.capture import FAST, Capture


def captured(pieces: list[bytes], limit: int) -> tuple[Capture, bytes]:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    forwarded = bytearray()
    capture = Capture(reader, limit, forwarded.extend)
    try:
        for piece in pieces:
            os.write(writer, piece)
            capture.read()
        os.close(writer)
        capture.drain()
    finally:
        os.close(reader)
    return capture, bytes(forwarded)


@given(st.lists(st.binary(max_size=40), max_size=12), st.integers(1, 60))
def test_what_fits_is_whole_and_what_does_not_has_head_and_tail(pieces: list[bytes], limit: int) -> None:
    written = b"".join(pieces)
    capture, forwarded = captured(pieces, limit)
    output = capture.output()
    assert forwarded == written[:limit]
    assert (output.total, output.truncated) == (len(written), len(written) > limit)
    if not output.truncated:
        assert output.data == written
    else:
        head, tail = limit - limit // 2, limit // 2
        cut = b"\n[... %d bytes cut ...]\n" % (len(written) - limit)
        assert output.data == written[:head] + cut + written[len(written) - tail :]


def test_the_end_of_a_stream_is_seen() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    capture = Capture(reader, 10, None)
    assert capture.read()
    os.close(writer)
    assert not capture.read()
    os.close(reader)


def test_what_is_written_without_end_is_not_read_without_end() -> None:
    endless = os.open("/dev/zero", os.O_RDONLY)
    capture = Capture(endless, 64 * FAST, None)
    capture.drain()
    os.close(endless)
    assert FAST <= capture.output().total <= 2 * FAST
