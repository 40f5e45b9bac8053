"""What an entry shows of a change: where something differs and how, and of secrets only that they do."""

import json
from typing import Any

import attrs
import pytest

from pegboard import Secret
from pegboard_audit.changes import Bounds, difference
from pegboard_audit.masking import MASK, is_secret_name, masked_text

BOUNDS = Bounds()
HIDDEN = "s3cr3t-0123456789"


@attrs.frozen
class Peg:
    colour: str
    key: Secret
    sizes: tuple[int, ...] = ()


def told(before: Any, after: Any, **bounds: int) -> list[dict[str, Any]]:
    return difference(before, after, Bounds(**bounds))


def test_only_what_differs_is_told_with_its_place() -> None:
    before = {"name": "a", "deep": {"one": 1, "a/b~c": 2}, "gone": True}
    after = {"name": "a", "deep": {"one": 1, "a/b~c": 3}, "new": None}
    assert told(before, after) == [
        {"pointer": "/deep/a~1b~0c", "before": 2, "after": 3},
        {"pointer": "/gone", "before": True},
        {"pointer": "/new", "after": None},
    ]


def test_lists_of_one_length_are_compared_item_by_item_and_others_as_a_whole() -> None:
    assert told({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}) == [{"pointer": "/a/1/b", "before": 2, "after": 3}]
    assert told({"a": [1]}, {"a": [1, 2]}) == [{"pointer": "/a", "before": [1], "after": [1, 2]}]


def test_what_is_made_and_what_is_deleted_is_told_member_by_member() -> None:
    assert told(None, {"a": 1}) == [{"pointer": "/a", "after": 1}]
    assert told({"a": 1}, None) == [{"pointer": "/a", "before": 1}]
    assert told(None, None) == []


def test_true_is_not_one_and_one_is_one() -> None:
    assert told({"a": 1}, {"a": 1.0}) == []
    assert told({"a": 1, "b": [1]}, {"a": True, "b": [True]}) == [
        {"pointer": "/a", "before": 1, "after": True},
        {"pointer": "/b/0", "before": 1, "after": True},
    ]


def test_classes_are_told_by_their_fields() -> None:
    old, new = Peg("red", Secret(HIDDEN), (1, 2)), Peg("blue", Secret(HIDDEN + "x"), (1, 3))
    assert told(old, new) == [
        {"pointer": "/colour", "before": "red", "after": "blue"},
        {"pointer": "/key", "before": MASK, "after": MASK, "masked": True},
        {"pointer": "/sizes/1", "before": 2, "after": 3},
    ]
    assert told(old, attrs.evolve(old)) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"password": HIDDEN}, {"password": "another"}),
        ({"auth": {"clientSecret": {"deep": [HIDDEN]}}}, {"auth": {"clientSecret": None}}),
        ({"value": Secret(HIDDEN)}, {"value": "seen"}),
        ({"value": {"sealed": f"pv1.{HIDDEN}"}}, {"value": {"sealed": "pv1.other"}}),
        ({"value": {"sealed": f"pv1.{HIDDEN}"}}, {}),
        ({"headers": [{"name": "X-API-Key", "value": HIDDEN}]}, {"headers": [{"name": "X-API-Key", "value": "x"}]}),
        ({"headers": []}, {"headers": [{"key": "Authorization", "value": HIDDEN}]}),
        ({"list": [Secret(HIDDEN)]}, {"list": []}),
        ({"url": f"https://ann:{HIDDEN}@example.com/"}, {"url": f"https://example.com/?api_key={HIDDEN}&a=1"}),
        ({f"https://ann:{HIDDEN}@example.com/": 1}, {}),
    ],
)
def test_of_a_secret_only_the_change_is_told(before: Any, after: Any) -> None:
    for old, new in ((before, after), (after, before), (None, before), (after, None)):
        assert HIDDEN not in json.dumps(told(old, new))
    assert [change for change in told(before, after) if MASK in json.dumps(change)]
    assert told(before, before) == told(after, after) == []


def test_what_was_a_secret_or_becomes_one_is_one() -> None:
    for pair in (({"value": MASK}, {"value": HIDDEN}), ({"value": HIDDEN}, {"value": Secret("x")})):
        assert told(*pair) == [{"pointer": "/value", "before": MASK, "after": MASK, "masked": True}]


def test_two_masks_are_nothing_new() -> None:
    assert told({"value": MASK, "a": 1}, {"value": MASK, "a": 2}) == [{"pointer": "/a", "before": 1, "after": 2}]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://ann:pw@example.com/a@b", "https://***@example.com/a@b"),
        ("see http://x.example/?page=2&access_token=abc#end", "see http://x.example/?page=2&access_token=***#end"),
        ("http://x.example/?a%70i_key=abc", "http://x.example/?a%70i_key=***"),
        ("http://x.example/?key=abc;sig=d", "http://x.example/?key=***;sig=***"),
        ("Authorization: Bearer abcdefgh12345", "Authorization: Bearer ***"),
        ("basic dXNlcjpwYXNz", "basic ***"),
        ("k = 'pk_abcdefghij_" + "A" * 43 + "'", "k = '***'"),
        ("pv1.0123456789abcdef.AAAA-bb_", "***"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nend", "***\nend"),
        ("-----BEGIN PRIVATE KEY-----\nabc", "***"),
        ("""PASSWORD = "abc"; {"api_key": "def"}""", """PASSWORD = "***"; {"api_key": "***"}"""),
        (
            "an ordinary text: name='x', https://example.com/?q=1",
            "an ordinary text: name='x', https://example.com/?q=1",
        ),
    ],
)
def test_secrets_within_texts_are_known_by_their_form(text: str, shown: str) -> None:
    assert masked_text(text, 500) == shown


def test_what_no_database_could_store_is_replaced() -> None:
    assert told(None, {"a\0": "b\0\ud800", "n": float("nan"), "i": 2**80, "b": b"x"}) == [
        {"pointer": "/a\ufffd", "after": "b\ufffd?"},
        {"pointer": "/n", "after": "nan"},
        {"pointer": "/i", "after": str(2**80)},
        {"pointer": "/b", "after": "(bytes)"},
    ]


def test_long_texts_are_cut_after_they_were_masked() -> None:
    [change] = told(None, {"text": "x" * 20 + f"https://a:{HIDDEN}@b.example/"}, longest_text=32)
    assert change["after"].startswith("x" * 20 + "https://***@")
    assert change["after"].endswith("(42 characters)")


def test_a_large_change_keeps_its_places_and_a_huge_one_says_that_it_is_cut() -> None:
    changes = told(None, {f"f{number}": "x" * 50 for number in range(10)}, largest=200)
    assert [change["pointer"] for change in changes] == [f"/f{number}" for number in range(10)]
    assert ["cut" in change for change in changes] == [False] * 2 + [True] * 8
    many = told(None, {str(number): number for number in range(5000)})
    assert len(many) == 1001
    assert many[-1] == {"pointer": "", "cut": True}


def test_what_is_nested_too_deep_is_not_followed() -> None:
    deep: Any = HIDDEN
    for _ in range(5000):
        deep = [deep]
    assert HIDDEN not in json.dumps(told(None, {"a": deep}))
    circle: dict[str, Any] = {}
    circle["self"] = circle
    assert "deeper" in json.dumps(told(None, circle))


def test_names_that_tell_a_secret() -> None:
    secret = ("Authorization", "x-api-key", "clientSecret", "refresh_token", "Set-Cookie", "sessionId", "webhookUrl")
    assert [name for name in secret if not is_secret_name(name)] == []
    assert [name for name in ("name", "url", "keyboard", "pagination", "monkey") if is_secret_name(name)] == []
