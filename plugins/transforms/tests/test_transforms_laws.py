"""Laws: there and back again, and quick ways that are no other ways."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard import Transform, TransformContext
from pegboard.json import converter
from pegboard_transforms import BOOLEAN, CONCAT, DATE, MAP, NUMBER, SPLIT

CONTEXT = TransformContext("field", "/mapping/field", "test")


def compiled(transform: Transform, **config: Any) -> Any:
    assert transform.compile is not None
    apply = transform.compile(converter.structure(config, transform.config), CONTEXT)
    return lambda value: apply(value, {})


def outcome(apply: Any, value: Any) -> Any:
    try:
        return apply(value)
    except ValueError:
        return ValueError


MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2068, 12, 30))
FORMATS = [
    "YYYY-MM-DD HH:mm:ss.SSSSSS",
    "YYYYMMDDHHmmssSSSSSS",
    "dddd, D MMMM YY h:m:s A .SSSSSS",
    "[day] M/D/YYYY [at] hh:mm:ss.SSSSSS a",
    "ddd DD MMM YYYY H:m:s SSSSSSZ",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%A %-d %B %y, %I:%M:%S.%f %p",
]


@pytest.mark.parametrize("format", FORMATS)
@given(MOMENTS)
def test_a_moment_written_and_read_again_is_that_moment(format: str, moment: datetime) -> None:
    text = f"{moment.isoformat()}Z"
    there, back = compiled(DATE, outputFormat=format), compiled(DATE, inputFormat=format)
    assert back(there(text)) == text


@given(st.integers(-62135596800000, 253402300799999))
def test_milliseconds_and_iso_are_two_names_of_a_moment(milliseconds: int) -> None:
    there, back = compiled(DATE, inputFormat="epochMillis"), compiled(DATE, outputFormat="epochMillis")
    assert back(there(milliseconds)) == milliseconds


@given(MOMENTS, st.sampled_from(["Europe/Paris", "America/New_York", "Asia/Kolkata", "UTC"]))
def test_a_moment_is_the_same_in_every_zone(moment: datetime, zone: str) -> None:
    text = f"{moment.isoformat()}Z"
    assert compiled(DATE)(compiled(DATE, outputTimezone=zone)(text)) == text
    assert compiled(DATE)(compiled(DATE)(text)) == text


@given(st.dates().map(date.isoformat) | st.text(alphabet="0123456789-W", min_size=10, max_size=10) | st.text())
def test_the_quick_way_of_days_is_no_other_way(text: str) -> None:
    quick, slow = compiled(DATE, inputFormat="YYYY-MM-DD"), compiled(DATE, inputFormat="%Y-%m-%d")
    assert outcome(quick, text) == outcome(slow, text)


@given(st.dates())
def test_a_day_is_midnight_in_utc(day: date) -> None:
    made = compiled(DATE, inputFormat="YYYY-MM-DD")(day.isoformat())
    assert datetime.fromisoformat(made) == datetime(day.year, day.month, day.day, tzinfo=UTC)


@given(st.lists(st.text(alphabet="abc xyz-é", min_size=1), min_size=1))
def test_what_is_put_together_and_split_is_what_it_was(parts: list[str]) -> None:
    together = compiled(CONCAT, separator=";")
    assert compiled(SPLIT, separator=";", trim=False)(together(parts)) == parts


@given(st.text(), st.text(min_size=1, max_size=2), st.integers(1, 5))
def test_what_is_split_and_put_together_is_what_it_was(text: str, separator: str, limit: int) -> None:
    parts = compiled(SPLIT, separator=separator, trim=False, limit=limit)(text)
    assert len(parts) <= limit
    assert compiled(CONCAT, separator=separator, skipEmpty=False)(parts) == text


@given(st.integers(-(10**40), 10**40))
def test_an_integer_is_read_back_exactly(number: int) -> None:
    assert compiled(NUMBER)(str(number)) == number
    assert compiled(NUMBER, thousandsSeparator=",")(f"{number:,}") == number
    assert compiled(NUMBER, type="decimal")(str(number)) == Decimal(number)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_is_read_back_exactly(number: float) -> None:
    if number == 0 or 1e-300 < abs(number) < 1e300:
        assert compiled(NUMBER, type="float")(repr(number)) == number
        assert compiled(NUMBER, type="float")(number) == number


@given(st.decimals(-(10**12), 10**12, places=4), st.integers(0, 4))
def test_rounding_twice_is_rounding_once(number: Decimal, digits: int) -> None:
    rounded = compiled(NUMBER, type="decimal", round=digits)
    assert rounded(rounded(str(number))) == rounded(str(number))
    assert abs(rounded(str(number)) - number) <= Decimal(5).scaleb(-digits - 1)


@given(st.decimals(-(10**9), 10**9, places=2))
def test_money_is_read_in_the_manner_of_its_country(amount: Decimal) -> None:
    america = f"{amount:,.2f}"
    europe = america.translate(str.maketrans(",.", ".,"))
    assert compiled(NUMBER, type="decimal", thousandsSeparator=",", currency=True)(f"${america}") == amount
    german = compiled(NUMBER, type="decimal", decimalSeparator=",", thousandsSeparator=".", currency=True)
    assert german(f"{europe} €") == amount


@given(st.text(alphabet="0123456789.,-+eE $€_", max_size=12))
def test_the_quick_way_of_numbers_is_no_other_way(text: str) -> None:
    quick, slow = compiled(NUMBER, type="float"), compiled(NUMBER, type="decimal")
    one, other = outcome(quick, text), outcome(slow, text)
    assert one == (float(other) if isinstance(other, Decimal) else other)


@given(st.dictionaries(st.text(), st.integers(), min_size=1))
def test_a_map_is_its_table(mapping: dict[str, int]) -> None:
    apply = compiled(MAP, mapping=mapping)
    assert {key: apply(key) for key in mapping} == mapping


@given(st.booleans() | st.sampled_from(["yes", "NO", 1, 0]))
def test_a_boolean_stays_one(value: Any) -> None:
    apply = compiled(BOOLEAN)
    assert apply(apply(value)) is apply(value)
