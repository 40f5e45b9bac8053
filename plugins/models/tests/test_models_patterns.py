"""Patterns of callers: what runs away or differs between engines is refused in words, the rest means one thing."""

import re
import time

import pytest
import re2

from pegboard_models.patterns import check_like, like_escaped, portable_regex


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        ("(", "without its )"),
        (")", "without its ("),
        ("[", "too early"),
        ("[]", "empty class"),
        ("a**", "two quantifiers"),
        ("*a", "repeats nothing"),
        ("+", "repeats nothing"),
        ("a|*", "repeats nothing"),
        ("^*", "anchor"),
        ("a+?", "lazy"),
        ("a{2,1}", "smaller"),
        ("a{101}", "100"),
        ("(a{100}){100}", "too large"),
        ("((a{50}b){50})", "too large"),
        ("(?i)a", "(?i"),
        ("(?=a)", "(?="),
        ("(?<n>a)", "(?<"),
        (r"(a)\1", "\\1"),
        (r"\bword", "\\b"),
        (r"\p{L}", "\\p"),
        (r"\u0041", "\\u"),
        ("[[:alpha:]]", "within a class"),
        ("[z-a]", "z-a"),
        ("a" * 201, "200"),
        ("(" * 12 + ")" * 12, "deep"),
        ("\\", "too early"),
        ("{", "repeats nothing"),
        ("a{1}{2}", "two quantifiers"),
        ("[]a]", "empty class"),
    ],
)
def test_an_expression_that_cannot_be_says_why(pattern: str, word: str) -> None:
    with pytest.raises(ValueError, match=re.escape(word)):
        portable_regex(pattern)


@pytest.mark.parametrize(
    ("pattern", "hits", "misses"),
    [
        ("^Tea$", ["Tea"], ["Tea\n", "Green Tea", "tea"]),
        ("a.c", ["abc", "a-c"], ["a\nc", "ac"]),
        (r"\d{3}-\w+", ["123-abc"], ["12-abc", "123-"]),
        (r"\s", [" ", "\t"], ["a", "\u00a0"]),
        (r"\W", ["é", "-"], ["aZ_9"]),
        ("[^a-c]x", ["dx"], ["ax", "x"]),
        (r"[\w-z]", ["-", "z", "_"], [" "]),
        (r"[\]\-^a]", ["]", "-", "^", "a"], ["b"]),
        ("[a-]", ["-"], ["b"]),
        ("(ab|c)+d{0,2}$", ["ababc", "cdd"], ["dd", "cddd d"]),
        (r"\$1\.00", ["$1.00"], ["1.00", "$1x00"]),
        ("é+🍵?", ["é", "éé🍵"], ["e"]),
        ("", ["", "x"], []),
        ("a||b", ["", "zzz"], []),
    ],
)
def test_an_expression_means_what_it_looks_like(pattern: str, hits: list[str], misses: list[str]) -> None:
    written = portable_regex(pattern)
    assert [text for text in hits if not re2.search(written, text)] == []
    assert [text for text in misses if re2.search(written, text)] == []


def test_an_expression_that_blows_up_elsewhere_does_not() -> None:
    started = time.process_time()
    assert not re2.search(portable_regex("^(a+)+$"), "a" * 50_000 + "b")
    assert not re2.search(portable_regex("(a|aa)+(a|aa)+$"), "a" * 50_000 + "b")
    assert time.process_time() - started < 1


@pytest.mark.parametrize("pattern", ["\\", "a\\b", "\\\\\\", "%" * 11, "a" * 201])
def test_a_like_that_cannot_be_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="has"):
        check_like(pattern)


def test_a_text_becomes_a_pattern_of_itself() -> None:
    assert like_escaped(r"50%_\ off") == r"50\%\_\\ off"
    check_like(like_escaped(r"50%_\ off"))
