"""JSON to values and back: strict, exact, and the same after a round trip."""

import enum
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import attrs
import orjson
import pytest
from cattrs import BaseValidationError
from hypothesis import given
from hypothesis import strategies as st

from pegboard.invalid import field_errors
from pegboard.json import converter, dumps, text_converter


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


@attrs.frozen
class Hole:
    depth: int
    label: str | None = None


@attrs.frozen
class Board:
    name: str
    width: int = 1
    ratio: float = 0.5
    open: bool = False
    colour: Colour = Colour.RED
    mode: Literal["a", 1] = "a"
    holes: tuple[Hole, ...] = ()
    words: frozenset[str] = frozenset()
    made: datetime | None = None
    more: dict[str, Any] = attrs.field(factory=dict)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
BOARDS = st.builds(
    Board,
    name=TEXT,
    width=st.integers(-(2**53), 2**53),
    ratio=st.floats(allow_nan=False, allow_infinity=False),
    open=st.booleans(),
    colour=st.sampled_from(Colour),
    mode=st.sampled_from(["a", 1]),
    holes=st.lists(st.builds(Hole, st.integers(0, 9), st.none() | TEXT), max_size=3).map(tuple),
    words=st.frozensets(TEXT, max_size=3),
    made=st.none() | st.datetimes(timezones=st.just(UTC), max_value=datetime(9000, 1, 1)),
    more=st.dictionaries(TEXT, JSON, max_size=3),
)


@given(BOARDS)
def test_what_is_written_is_read_again(board: Board) -> None:
    assert converter.structure(orjson.loads(dumps(board)), Board) == board


@given(JSON)
def test_plain_values_are_written_as_they_are(value: Any) -> None:
    assert orjson.loads(dumps(value)) == value


@given(st.one_of(JSON, st.floats(allow_nan=False)))
def test_a_value_of_another_kind_is_never_read_as_an_integer(value: Any) -> None:
    if type(value) is int:
        assert converter.structure(value, int) == value
    else:
        with pytest.raises(ValueError, match="expected an integer, got"):
            converter.structure(value, int)


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        ("1", int, "expected an integer, got a string"),
        (1.0, int, "expected an integer, got a number"),
        (True, float, "expected a number, got a boolean"),
        (0, bool, "expected true or false, got a number"),
        (None, str, "expected a string, got null"),
        ("abc", list[str], "expected a list, got a string"),
        ({}, frozenset[str], "expected a list, got an object"),
        ("green", Colour, 'expected one of red, blue; got "green"'),
        (True, Literal["a", 1], "expected one of a, 1; got true"),
        (math.inf, Decimal, "expected a finite number"),
        ("12:00", datetime, "expected a time such as"),
        (1, Path, "expected a path, got a number"),
    ],
)
def test_a_wrong_value_is_told_in_words(value: Any, kind: Any, words: str) -> None:
    with pytest.raises(ValueError, match="expected") as refused:
        converter.structure(value, kind)
    assert words in str(refused.value)


def test_every_wrong_field_is_told() -> None:
    document = {"name": None, "width": "x", "holes": [{"depth": "a"}, {}, 3], "extra": 1}
    with pytest.raises(BaseValidationError) as refused:
        converter.structure(document, Board)
    told = {error.pointer for error in field_errors(refused.value)}
    assert told == {"/name", "/width", "/holes/0/depth", "/holes/1/depth", "/holes/2", "/extra"}


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("7", int, 7),
        ("-1.5", float, -1.5),
        ("on", bool, True),
        ("a, b", Sequence[str], ("a", "b")),
        ("1,2", tuple[int, ...], (1, 2)),
        ("", tuple[str, ...], ()),
        ("blue", Colour, Colour.BLUE),
        ("2026-01-31", datetime, datetime(2026, 1, 31, tzinfo=UTC)),
        ("1.10", Decimal, Decimal("1.10")),
    ],
)
def test_text_is_read_as_people_write_it(text: str, kind: Any, value: Any) -> None:
    assert text_converter.structure(text, kind) == value


def test_times_are_utc() -> None:
    for text in ("2026-01-31T12:00:00Z", "2026-01-31T14:00:00+02:00", "2026-01-31T12:00:00"):
        assert converter.structure(text, datetime) == datetime(2026, 1, 31, 12, tzinfo=UTC)


class Number(enum.IntEnum):
    ONE = 1


@pytest.mark.parametrize("kind", [Colour, Number])
def test_an_enumeration_takes_its_members_and_nothing_else(kind: Any) -> None:
    for read in (converter, text_converter):
        for member in kind:
            assert read.structure(member.value, kind) is member
        with pytest.raises(ValueError, match="expected one of"):
            read.structure(type(next(iter(kind)).value)(7), kind)


@pytest.mark.parametrize("value", [object(), [object()], {"a": object()}])
def test_what_has_no_json_is_an_error_and_never_a_guess(value: Any) -> None:
    with pytest.raises(TypeError):
        dumps(value)
