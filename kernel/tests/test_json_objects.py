"""Fields that hold objects of any keys: what is not an object is told in words, at its own place."""

from typing import Any, Literal

import attrs
import pytest
from cattrs import BaseValidationError

from pegboard.invalid import field_errors
from pegboard.json import converter, dumps, text_converter


def not_empty(instance: object, attribute: Any, value: dict[str, str]) -> None:
    if not value:
        raise ValueError("must not be empty")


@attrs.frozen
class Part:
    labels: dict[str, str] = attrs.field(validator=not_empty)


@attrs.frozen
class Whole:
    part: Part


@pytest.mark.parametrize(
    ("labels", "pointer", "detail"),
    [
        ([], "/part/labels", "expected an object, got a list"),
        ("x", "/part/labels", "expected an object, got a string"),
        (None, "/part/labels", "expected an object, got null"),
        ({"a/b": 1}, "/part/labels/a~1b", "expected a string, got a number"),
        ({}, "/part/labels", "must not be empty"),
    ],
)
def test_a_wrong_object_is_told_at_its_place(labels: Any, pointer: str, detail: str) -> None:
    with pytest.raises(BaseValidationError) as caught:
        converter.structure({"part": {"labels": labels}}, Whole)
    assert [(error.pointer, error.detail) for error in field_errors(caught.value)] == [(pointer, detail)]


def test_objects_are_read_and_written_as_they_are() -> None:
    whole = converter.structure({"part": {"labels": {"a": "b"}}}, Whole)
    assert whole == Whole(Part({"a": "b"}))
    assert converter.unstructure(whole) == {"part": {"labels": {"a": "b"}}}


def test_a_tuple_of_places_has_each_of_them() -> None:
    assert converter.structure([1, "a", True], tuple[int, str, bool]) == (1, "a", True)
    with pytest.raises(Exception, match="tuple"):
        converter.structure([1, "a"], tuple[int, str, bool])


def test_a_choice_of_numbers_can_be_made_in_text() -> None:
    assert text_converter.structure("2", Literal[1, 2]) == 2
    with pytest.raises(Exception, match="expected one of 1, 2"):
        text_converter.structure("3", Literal[1, 2])
    with pytest.raises(Exception, match="expected one of 1, 2"):
        converter.structure("2", Literal[1, 2])


def test_bytes_have_no_json_form() -> None:
    with pytest.raises(TypeError, match="bytes"):
        dumps({"a": b"x"})


@attrs.frozen
class Named:
    name: str = attrs.field(validator=[attrs.validators.min_len(1), attrs.validators.max_len(5)])
    words: list[str] = attrs.field(factory=lambda: ["a", "b"], validator=attrs.validators.min_len(2))


@pytest.mark.parametrize(
    ("given", "pointer", "detail"),
    [
        ({"name": ""}, "/name", "must not be empty"),
        ({"name": "abcdef"}, "/name", "must have a length of at most 5, but has 6"),
        ({"name": "a", "words": ["a"]}, "/words", "must have a length of at least 2, but has 1"),
    ],
)
def test_a_wrong_length_is_told_in_words(given: Any, pointer: str, detail: str) -> None:
    with pytest.raises(BaseValidationError) as caught:
        converter.structure(given, Named)
    assert [(error.pointer, error.detail) for error in field_errors(caught.value)] == [(pointer, detail)]
