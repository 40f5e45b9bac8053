"""What a mapping says."""

from typing import Any, Literal

import attrs

from pegboard import setting

LONGEST = 16 * 1024
"""Of an expression, in bytes of UTF-8."""

LONGEST_TIMEOUT = 5000


def _is_text(instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not value.strip():
        raise ValueError("is empty: write an expression, such as value.trim()")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise ValueError("has half a character in it (a lone surrogate)") from None
    if size > LONGEST:
        raise ValueError(f"has {size} bytes; at most {LONGEST} are taken: look values up with map or lookup")
    if "\0" in value:
        raise ValueError("has the character U+0000 in it")


def _is_timeout(instance: object, attribute: "attrs.Attribute[int]", value: Any) -> None:
    if not 1 <= value <= LONGEST_TIMEOUT:
        raise ValueError(f"is {value}: give 1 to {LONGEST_TIMEOUT} milliseconds")


@attrs.frozen
class ExpressionConfig:
    """An expression over `value`, `record` and `index`. Its syntax is looked at by `check`, in a jail."""

    expression: str = setting(
        help="one expression over value, record and index, such as value.trim().toLowerCase()", validator=_is_text
    )
    language: Literal["javascript", "python"] = setting("javascript", help="the language that it is written in")
    timeoutMs: int = setting(
        100, help=f"milliseconds that one record may take; at most {LONGEST_TIMEOUT}", validator=_is_timeout
    )
