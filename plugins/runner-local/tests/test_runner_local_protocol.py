"""What lines say, and what no secret escapes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard import Artifact, Progress, RunEvent, ScriptResult, Stage
from pegboard_runner_local.masking import MASK, Masked
from pegboard_runner_local.protocol import LONGEST, Lines


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (b"progress: 40", Progress(40.0)),
        (b"progress: 12.5%\r", Progress(12.5)),
        (b"progress: 140", Progress(100.0)),
        (b"progress: -3", Progress(0.0)),
        (b"stage: uploading images", Stage("uploading images")),
        (b"artifact: out/report.csv", Artifact("out/report.csv")),
        (b'result: {"rows": 3}', ScriptResult({"rows": 3})),
        (b"result: null", ScriptResult(None)),
    ],
)
def test_a_line_says_what_it_says(line: bytes, event: RunEvent) -> None:
    assert Lines().take(line + b"\n") == [event]


@pytest.mark.parametrize(
    "line", [b"progress: soon", b"progress: nan", b"progress:", b"result: {", b"stage:", b" stage: x", b"the stage: x"]
)
def test_other_lines_are_log_alone(line: bytes) -> None:
    assert Lines().take(line + b"\n") == []


def test_a_last_line_without_an_end_counts() -> None:
    lines = Lines()
    assert lines.take(b"result: 7") == []
    assert lines.end() == [ScriptResult(7)]


def test_a_line_that_is_too_long_is_skipped_whole() -> None:
    lines = Lines()
    assert lines.take(b"x" * (LONGEST + 1)) == []
    assert lines.take(b"stage: not this\nstage: this\n") == [Stage("this")]


@given(st.lists(st.sampled_from([b"stage: a\n", b"progress: 1\n", b"log\n", b"\xff\n", b"result: [1]\n"])), st.data())
def test_pieces_make_no_difference(lines: list[bytes], data: st.DataObject) -> None:
    text = b"".join(lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    reader = Lines()
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert [event for piece in pieces for event in reader.take(piece)] == Lines().take(text)


@given(st.lists(st.text("ab", min_size=1, max_size=4), max_size=3), st.lists(st.binary(max_size=6)), st.data())
def test_no_secret_is_shown_however_it_is_cut(secrets: list[str], parts: list[bytes], data: st.DataObject) -> None:
    text = b"".join(parts) + data.draw(st.sampled_from([b"", *(secret.encode() for secret in secrets)]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    masked = Masked(secrets)
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    shown = b"".join(masked.take(piece) for piece in pieces) + masked.take(b"", last=True)
    assert not [secret for secret in secrets if secret.encode() in shown]
    if not any(secret.encode() in text for secret in secrets):
        assert shown == text


@given(st.text(st.characters(exclude_characters="*\n"), min_size=1, max_size=5), st.integers(0, 5))
def test_a_secret_becomes_the_mask(secret: str, times: int) -> None:
    text = b"\n".join([b"*", *[secret.encode()] * times])
    shown = Masked([secret]).take(text, last=True)
    assert shown.count(MASK) == times
