"""JSON values made anew for each call: equal, in the same order, and nothing of one in the next."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard_sandbox_process.copies import copier

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner), max_leaves=40
)
ROWS = st.lists(st.dictionaries(st.sampled_from("abc"), SCALARS), max_size=5)


def containers(value: Any) -> list[Any]:
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict | list) else []
    return own + [inner for member in members for inner in containers(member)]


def spoilt(value: Any) -> None:
    for container in containers(value):
        container.clear()


@given(VALUES | ROWS)
def test_a_copy_is_equal_and_shares_nothing_that_can_change(value: Any) -> None:
    before = repr(value)
    make = copier(value)
    first, second = make(), make()
    assert repr(first) == repr(second) == before
    shared = {id(part) for part in containers(first)} & {id(part) for part in (*containers(second), *containers(value))}
    assert not shared


@given(VALUES | ROWS)
def test_what_one_call_changes_the_next_does_not_see(value: Any) -> None:
    before = repr(value)
    make = copier(value)
    spoilt(make())
    assert repr(make()) == before


def test_rows_of_one_object_repeated_are_rows_of_their_own() -> None:
    row = {"a": 1}
    first, second = copier([row, row])()
    assert first == second == {"a": 1}
    assert first is not second


def test_a_value_nested_too_deeply_is_told_when_the_copier_is_made() -> None:
    value: Any = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(RecursionError):
        copier(value)
