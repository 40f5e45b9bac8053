"""What people read when a value or a config is refused."""

from typing import Any

import pytest

from pegboard import Transform, TransformContext
from pegboard.invalid import invalid
from pegboard.json import converter
from pegboard_transforms import BOOLEAN, CONCAT, DATE, MAP, NUMBER, SPLIT, TEMPLATE

CONTEXT = TransformContext("status", "/fieldMappings/3/transform", "test")


def refused(transform: Transform, value: Any, config: dict[str, Any]) -> str:
    assert transform.compile is not None
    apply = transform.compile(converter.structure(config, transform.config), CONTEXT)
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the tests look at all of it
        apply(value, {})
    return str(error.value)


@pytest.mark.parametrize(
    ("transform", "config", "value", "told"),
    [
        (NUMBER, {}, "1,5", "number: '1,5' is no number with '.' before the fraction: set decimalSeparator"),
        (NUMBER, {"thousandsSeparator": ","}, "1,5", "and ',' between thousands: set decimalSeparator"),
        (NUMBER, {"type": "integer"}, "1.5", "number: '1.5' has a fraction: set round to 0"),
        (NUMBER, {"round": 1}, "1e999", "number: '1e999' is out of range"),
        (NUMBER, {}, True, "number: True is no number and no text: name the field within it, or use boolean"),
        (DATE, {}, "31.01.2024", "date: '31.01.2024' is not of ISO8601"),
        (DATE, {"inputFormat": "DD.MM.YYYY"}, "x", "date: 'x' is not written as DD.MM.YYYY; set inputFormat"),
        (DATE, {}, 17, "date: 17 is no text, and epoch or epochMillis read numbers; set inputFormat"),
        (DATE, {"inputFormat": "epoch"}, 1706702400000, "if it counts milliseconds, set inputFormat to epochMillis"),
        (BOOLEAN, {}, "maybe", "boolean: 'maybe' is neither true nor false here: add it to trueValues or falseValues"),
        (MAP, {"mapping": {"a": 1}}, "b", "map: 'b' is not in the mapping of \"status\": add it, or set default"),
        (SPLIT, {}, 7, "split: 7 is no text: map it with direct, or write it as text with template"),
        (CONCAT, {}, {"a": 1}, "concat: {'a': 1} is an object: name the field within it"),
        (TEMPLATE, {"template": "{{$.a}}!", "missing": "fail"}, "", "has no value for $.a: correct it, or set missing"),
    ],
)
def test_a_refusal_names_the_transform_the_value_and_the_way_out(
    transform: Transform, config: dict[str, Any], value: Any, told: str
) -> None:
    assert told in refused(transform, value, config)


@pytest.mark.parametrize("value", ["x" * 10_000, ["x" * 500] * 500, {"k" * 500: "x" * 500}, "\n" * 5000])
def test_a_long_value_is_shown_cut(value: Any) -> None:
    told = refused(NUMBER, value, {})
    assert len(told.removeprefix("number: ").partition(" is no number")[0]) <= 100


@pytest.mark.parametrize(
    ("transform", "config", "told"),
    [
        (CONCAT, {"fields": ["$.a", "$.b-c"]}, "column 4: expected letters, digits and _ in a name; write ['b-c']"),
        (SPLIT, {"separator": ""}, "separator: "),
        (SPLIT, {"limit": 2, "index": 5}, "index is 5, and limit is 2"),
        (MAP, {}, "mapping: is missing"),
        (MAP, {"mapping": {"A": 1, "a": 2}, "ignoreCase": True}, "mapping has 'a' twice"),
        (BOOLEAN, {"trueValues": ["no"]}, "'no' is among trueValues and falseValues"),
        (TEMPLATE, {"template": "{{vale}}"}, "template: '{{vale}}', column 3: expected a name that is bound"),
        (TEMPLATE, {"template": "{{vale}}"}, 'did you mean "value"?'),
        (TEMPLATE, {"template": "plain"}, "has no {{placeholder}}"),
        (
            DATE,
            {"inputFormat": "YYYY-MM-DD o"},
            "inputFormat: column 12: 'o' is no token of a date; write letters as [o]",
        ),
        (DATE, {"inputFormat": "%Q"}, "column 1: '%Q' is no directive; known are %Y"),
        (DATE, {"inputFormat": "DD.MM."}, "has no year: add YYYY"),
        (DATE, {"timezone": "Paris"}, "timezone: 'Paris' is no time zone"),
        (
            NUMBER,
            {"decimalSeparator": ",", "thousandsSeparator": ","},
            "thousandsSeparator is ',', as decimalSeparator is",
        ),
        (NUMBER, {"type": "int"}, "type: expected one of auto, integer, float, decimal"),
    ],
)
def test_a_config_that_cannot_work_is_refused_with_its_field(
    transform: Transform, config: dict[str, Any], told: str
) -> None:
    with pytest.raises((ValueError, ExceptionGroup)) as error:
        converter.structure(config, transform.config)
    assert told in invalid(error.value, "config").detail


def test_a_hostile_text_is_refused_in_no_time() -> None:
    money = {"thousandsSeparator": " ", "currency": True}
    for text in ("$" + " " * 390 + "-", "1" * 390 + "x", "1 11" * 90 + "x", "€" * 390 + "-"):
        assert "is no number" in refused(NUMBER, text, money)
