"""Pointers into the types of answers."""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import attrs
import pytest

from pegboard.testing.suites.pointers import follow, item_of, names_of

T = TypeVar("T")


@attrs.frozen
class Peg:
    colour: str
    hangs: "Peg | None" = None


@attrs.frozen
class Page(Generic[T]):
    data: Sequence[T]
    notes: Mapping[str, int] | None = None


@pytest.mark.parametrize(
    ("pointer", "kind"),
    [
        ("", Page[Peg]),
        ("/data/0/colour", str),
        ("/data/0/hangs/colour", str),
        ("/notes/any~1thing", int),
    ],
)
def test_a_pointer_leads_through_classes_lists_and_mappings(pointer: str, kind: Any) -> None:
    assert follow(Page[Peg], pointer) == kind


@pytest.mark.parametrize("pointer", ["/dat", "/data/colour", "/data/0/hangs/0"])
def test_what_is_not_there_is_named(pointer: str) -> None:
    with pytest.raises(LookupError, match=pointer.rpartition("/")[2]):
        follow(Page[Peg], pointer)


def test_anything_may_be_in_what_says_nothing() -> None:
    assert follow(None, "/a/b") is Any
    assert names_of(Mapping[str, Any]) is None


def test_the_items_of_a_list_have_a_type() -> None:
    assert item_of(follow(Page[Peg], "/data")) is Peg
    with pytest.raises(LookupError):
        item_of(Peg)


def test_the_fields_of_an_input_are_those_of_its_class() -> None:
    assert names_of(Peg) == {"colour", "hangs"}
