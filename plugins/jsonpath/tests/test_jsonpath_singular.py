"""Singular paths, as RFC 9535 has them."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard import MISSING
from pegboard_jsonpath import PathError, compile_path

OBJECT = {"o": {"j j": {"k.k": 3}}, "'": {"@": 2}, "a": 1, "b": None, "☺": "smile", "𝄞": "clef", "": "empty", "\n": 4}

CHOSEN = [
    # section 2.2.3: the root
    ("$", OBJECT, OBJECT),
    ("$", 7, 7),
    # section 2.3.1.3: names
    ("$.o['j j']", OBJECT, {"k.k": 3}),
    ("$.o['j j']['k.k']", OBJECT, 3),
    ('$.o["j j"]["k.k"]', OBJECT, 3),
    ('$["\'"]["@"]', OBJECT, 2),
    (r"$['\'']['@']", OBJECT, 2),
    # section 2.3.3.3: indexes
    ("$[1]", ["a", "b"], "b"),
    ("$[-2]", ["a", "b"], "a"),
    ("$[2]", ["a", "b"], MISSING),
    ("$[-3]", ["a", "b"], MISSING),
    # section 2.5.1.1: child segments and white space between them
    ("$ .o ['j j']\n[ 'k.k'\t]", OBJECT, 3),
    ("$.☺", OBJECT, "smile"),
    ("$._a1", {"_a1": 1}, 1),
    ("$.true", {"true": 1}, 1),
    ("$.null", {"null": 1}, 1),
    ("$['']", OBJECT, "empty"),
    # section 2.3.1.1: escapes
    (r"$['\u263A']", OBJECT, "smile"),
    (r'$["\uD834\uDD1E"]', OBJECT, "clef"),
    (r"$['\n']", OBJECT, 4),
    (r'$["\"\\\/\b\f\t\r"]', {'"\\/\b\f\t\r': 5}, 5),
    ("$['\"']", {'"': 6}, 6),
    # section 2.6: null is a value; missing is none
    ("$.b", OBJECT, None),
    ("$.b.c", OBJECT, MISSING),
    ("$.b[0]", OBJECT, MISSING),
    ("$.c", OBJECT, MISSING),
    ("$.a.b.c.d", OBJECT, MISSING),
    ("$.a.b", {"a": [{"b": 1}]}, MISSING),
    # section 2.3.3.2: an index selects nothing from what is no array; 2.3.1.2: nor a name from what is no object
    ("$[0]", {"0": 1}, MISSING),
    ("$[0]", "text", MISSING),
    ("$['0']", ["a"], MISSING),
    ("$.a[0]", {"a": "text"}, MISSING),
    # section 2.7: normalized paths
    ("$['a']", {"a": 1}, 1),
    ("$[1]['b']", [0, {"b": 2}], 2),
    (r"$['\u000b']", {"\u000b": 3}, 3),
    ("$['a']['b'][1]['c']", {"a": {"b": [0, {"c": 4}]}}, 4),
]


@pytest.mark.parametrize(("text", "document", "value"), CHOSEN)
def test_what_a_singular_path_gives(text: str, document: Any, value: Any) -> None:
    path = compile_path(text)
    assert path.singular
    assert path.get(document) is value or path.get(document) == value


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("", 1, '"$"'),
        ("data.items", 1, "write $.data.items"),
        (" $.a", 1, '"$"'),
        ("$a", 2, '".name"'),
        ("$.", 3, "a name"),
        ("$.a.", 5, "a name"),
        ("$. a", 3, "a name"),
        ("$.a ", 4, "no white space"),
        ("$.a b", 5, '".name"'),
        ("$.1st", 3, "write ['1st']"),
        ("$.first-name", 8, "write ['first-name']"),
        ("$.['a']", 3, "a name"),
        ("$[a]", 3, "an index, a quoted name"),
        ("$[]", 3, "an index, a quoted name"),
        ("$[01]", 4, '"]"'),
        ("$[-0]", 3, "an index"),
        ("$[1.0]", 4, '"]"'),
        ("$[9007199254740992]", 3, "an index between"),
        ("$[-9007199254740992]", 3, "an index between"),
        ("$[0", 4, '"]"'),
        ("$['a", 5, "the closing '"),
        ("$['a\"]", 7, "the closing '"),
        ("$['a' 'b']", 7, '"]"'),
        (r"$['\x']", 4, "an escape"),
        (r"$['\"']", 4, "an escape"),
        (r'$["\'"]', 4, "an escape"),
        (r"$['\uD834']", 4, "an escape"),
        (r"$['\uDD1E']", 4, "an escape"),
        (r"$['\u00']", 4, "an escape"),
        ("$['\n']", 4, "the closing '"),
    ],
)
def test_a_path_that_is_none_is_refused_with_the_column(text: str, column: int, expected: str) -> None:
    with pytest.raises(PathError) as refused:
        compile_path(text)
    assert refused.value.column == column
    assert expected in refused.value.expected
    assert f"column {column}: expected " in str(refused.value)


def test_a_long_path_is_shown_cut() -> None:
    with pytest.raises(PathError) as refused:
        compile_path("$." + "a" * 1000 + ".")
    assert refused.value.column == 1004
    assert len(str(refused.value)) < 150


KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def places(document: Any, place: str = "$") -> list[tuple[str, Any]]:
    """Every place of a document with its path, names in JSON's own writing."""
    children: list[tuple[Any, Any]] = []
    if isinstance(document, dict):
        children = [(orjson.dumps(key).decode(), value) for key, value in document.items()]
    elif isinstance(document, list):
        children = list(enumerate(document))
    return [(place, document), *(found for key, value in children for found in places(value, f"{place}[{key}]"))]


@given(DOCUMENTS)
def test_every_place_of_a_document_has_a_path(document: Any) -> None:
    for text, value in places(document):
        assert compile_path(text).get(document) is value


def column_of_refusal(text: str) -> int | None:
    try:
        compile_path(text)
    except PathError as refused:
        return refused.column
    return None


@given(st.text(alphabet="$.[]'\"*?:@ab01-\\u ", max_size=12))
def test_any_text_is_a_path_or_refused_with_a_column_in_it(text: str) -> None:
    column = column_of_refusal(f"${text}")
    assert column is None or 1 <= column <= len(text) + 2
