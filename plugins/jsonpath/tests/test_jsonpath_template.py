"""Templates: a placeholder alone keeps its value's type, and mistakes are found when they are written."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard import MISSING
from pegboard_jsonpath import PathError, Template, text_of

SCOPE = {"$": {"n": 1, "source": "web"}, "contact": {"name": "Ada", "tags": ["a", "b"], "none": None, "score": 9.5}}


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("", ""),
        ("100%", "100%"),
        ("{{contact.tags}}", ["a", "b"]),
        ("{{ contact.tags[-1] }}", "b"),
        ("{{contact['name']}}", "Ada"),
        ("{{contact.none}}", None),
        ("{{contact.nothing}}", MISSING),
        ("{{contact.tags[*]}}", ["a", "b"]),
        ("{{$.n}}", 1),
        (" {{$.n}}", " 1"),
        ("{{$.n}}{{$.n}}", "11"),
        ("{{contact.score}}%s%%", "9.5%s%%"),
        ("<{{contact.none}}{{contact.nothing}}>", "<>"),
        ("{{contact.tags}}!", '["a","b"]!'),
        ("} {{$.source}} }}", "} web }}"),
        ("{{contact['}}']}}", MISSING),
    ],
)
def test_what_a_template_becomes(text: str, rendered: Any) -> None:
    made = Template.parse(text).render(SCOPE)
    assert (type(made), made) == (type(rendered), rendered)


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("Dear {{contct.name}}", 8, 'did you mean "contact"?'),
        ("{{$.n}}", 3, "'$' is not; known are contact"),
        ("{{contact.first-name}}", 16, "write ['first-name']"),
        ("{{ contact[ }}", 12, "an index"),
        ("ab {{contact", 13, 'for the "{{" at column 4'),
        ("{{}}", 3, "a name, or a path"),
        ("{{ 1 }}", 4, "a name, or a path"),
    ],
)
def test_a_mistake_is_told_with_its_column(text: str, column: int, expected: str) -> None:
    with pytest.raises(PathError) as refused:
        Template.parse(text, names=["contact"])
    assert refused.value.column == column
    assert expected in refused.value.expected


def test_it_names_what_it_needs_and_what_is_missing() -> None:
    template = Template.parse("{{contact.name}} {{contact.none}} {{lead.id}}")
    assert template.names == {"contact", "lead"}
    assert template.missing(SCOPE) == ("contact.none", "lead.id")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (None, ""),
        (MISSING, ""),
        (True, "true"),
        (10**30, "1" + "0" * 30),
        (1.0, "1.0"),
        (Decimal("1.10"), "1.10"),
        ({"a": [1, None]}, '{"a":[1,null]}'),
    ],
)
def test_values_within_a_text_stand_as_in_json(value: Any, text: str) -> None:
    assert text_of(value) == text


@given(st.text())
def test_a_text_alone_stays_that_text(value: str) -> None:
    assert Template.parse("{{x}}").render({"x": value}) == value


@given(st.text(), st.text())
def test_what_is_put_in_is_no_template(before: str, value: str) -> None:
    before = before.replace("{", "(")
    assert Template.parse(f"{before}{{{{x}}}}.").render({"x": value}) == f"{before}{value}."
