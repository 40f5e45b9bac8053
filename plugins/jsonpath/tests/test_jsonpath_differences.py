"""What README.md says of jsonpath-ng and RFC 9535, held against the library: a newer one may do better."""

from pathlib import Path
from typing import Any

import pytest

from pegboard_jsonpath import PathError, compile_path

README = (Path(__file__).parents[1] / "README.md").read_text()
RECORD = {"id": 3, "u0069d": 4, "k": 5, "e-mail": 6, "1": 7, "größe": 8, "state": "open", "tags": ["a"], "list": [8, 9]}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("$[?length(@.tags) == 1]", "`length()`"),
        ("$[?count(@.*) == 1]", "`count()`"),
        ("$[?match(@.state, 'o.*')]", "`match()`"),
        ("$[?search(@.state, 'o')]", "`search()`"),
        ("$[?value(@.id) == 3]", "`value()`"),
        ("$['id', 0]", "`['id', 0]`"),
        ("$[0:2, 5]", "`[0:2, 5]`"),
        ("$[*, 1]", "`[*, 1]`"),
        ("$[?@.a, ?@.b]", "`[?@.a, ?@.b]`"),
        ("$[*].größe", "`[*].größe`"),
        ("$[?@.k == 1e2]", "`1e2`"),
        ("$[?!(@.a == 1)]", "`[?!(@.a == 1)]`"),
    ],
)
def test_what_is_refused(text: str, told: str) -> None:
    assert told in README
    with pytest.raises(PathError):
        compile_path(text)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("[*]['größe']", [8]),
        ("[?@.a != 1]", [RECORD]),
        (r"[*]['\u0069d']", [4]),
        ("[*].e-mail", [6]),
        ("[*].1", [7]),
        ('[*]."id"', [3]),
        ("[*].(id)", [3]),
        ("[*].['id']", [3]),
        ("[*].k,id", [5, 3]),
        ("[?state == 'open']", [RECORD]),
        ("[?@.tags[*] == 'a']", [RECORD]),
        ("[?true]", []),
        ("[0:01]", [RECORD]),
        ("[0:-0]", []),
    ],
)
def test_what_is_read(text: str, values: list[Any]) -> None:
    assert f"`{text}`" in README
    assert compile_path(f"${text}").get([RECORD]) == values


def test_an_index_with_a_leading_zero() -> None:
    assert compile_path("$[*][01]").get([RECORD["list"]]) == [9]


@pytest.mark.filterwarnings("ignore:An unquoted word")
def test_a_bare_word_is_a_text() -> None:
    assert compile_path("$[?@.state == open].id").get([RECORD]) == [3]
