"""Paths that choose several values."""

from typing import Any

import pytest

from pegboard_jsonpath import PathError, compile_path

ITEMS = {"items": [{"id": 1, "tags": ["a", "b"]}, {"id": 2, "tags": None}, {"id": 3}], "main": 2}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("$.items[*].id", [1, 2, 3]),
        ("$.items[*].tags", [["a", "b"], None]),
        ("$.items[*].tags[0]", ["a"]),
        ("$.items[0:2].id", [1, 2]),
        ("$.items[::-1].id", [3, 2, 1]),
        ("$.items[-1:].id", [3]),
        ("$.items[0,2].id", [1, 3]),
        ("$.items[0]['id','tags']", [1, ["a", "b"]]),
        ("$..id", [1, 2, 3]),
        ("$.*", [ITEMS["items"], 2]),
        ("$.items[?@.id >= 2].id", [2, 3]),
        ("$.items[?@.tags].id", [1, 2]),
        ("$.items[?@.tags == null].id", [2]),
        ("$.items[?!@.tags].id", [3]),
        ("$.items[?@.id == 1 || @.id == 3].id", [1, 3]),
        ("$.items[?@.id == $.main].id", [2]),
        ("$.nothing[*]", []),
    ],
)
def test_a_path_of_several_values_gives_a_list(text: str, values: list[Any]) -> None:
    path = compile_path(text)
    assert not path.singular
    assert path.get(ITEMS) == values


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("$.items[*", 10),
        ("$.items[*].", 12),
        ("$.items[?@.id=]", 15),
        ("$.items[?]", 10),
        ("$.items[*] ", 11),
        ("$...id", 4),
        ("$.items[?@.id == 1e2]", 19),
    ],
)
def test_a_mistake_has_its_column(text: str, column: int) -> None:
    with pytest.raises(PathError) as refused:
        compile_path(text)
    assert refused.value.column == column


@pytest.mark.filterwarnings("ignore:The `|`")
@pytest.mark.parametrize(
    "text",
    [
        "$.items[?@.id =~ '(a+)+$']",
        "$.items[?@.id = 1]",
        "$.items[*].`sub(/a/, b)`",
        "$.items[*].`len`",
        "$.items[*].`parent`",
        "$.items[*].id + 1",
        "$.items[*][/id]",
        "$.items[*] where id",
        "$.items[*] | $.main",
    ],
)
def test_the_librarys_own_language_is_refused(text: str) -> None:
    with pytest.raises(PathError, match="of RFC 9535"):
        compile_path(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$..a..b..c", "2 times at most"),
        ("$.items[?@..id]", 'without ".."'),
        ("$.items[?$.items[*].id]", "names and indexes"),
        ("$.items[?@.tags[?$.items[*].id]]", "names and indexes"),
        (f"$[*]{'.a' * 300}", "500 characters"),
    ],
)
def test_what_could_cost_more_than_the_document_is_refused(text: str, expected: str) -> None:
    with pytest.raises(PathError, match=expected):
        compile_path(text)


def test_a_document_may_be_nested_deeply() -> None:
    document: dict[str, Any] = {"zz": 1}
    for _ in range(900):
        document = {"a": document}
    assert compile_path("$..zz").get(document) == [1]
    assert compile_path(f"$..a{'.a' * 245}").get(document)
