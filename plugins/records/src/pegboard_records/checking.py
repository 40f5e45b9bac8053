"""Whether a record is as its type wants it: compiled once for a type, then some 100 ns a field."""

import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from pegboard import FieldError
from pegboard.invalid import escape
from pegboard.problems import nearest

from .errors import cut
from .fields import Field
from .shard_types import ShardType

Check = Callable[[Mapping[str, Any]], list[FieldError]]
"""Every mistake of a record, each with a JSON pointer (RFC 6901) into it; none for a good one."""

Test = Callable[[Any], str | None]
"""Why a value is wrong, or None."""

SMALLEST, LARGEST = -(2**63), 2**63 - 1
FINITE = sys.float_info.max
WORDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number", float: "a number"}


def compile_check(kind: ShardType) -> Check:
    """The check of a type's records."""
    plan = [(field.name, f"/{escape(field.name)}", field.required, *_quick(field)) for field in kind.fields]
    names = frozenset(field.name for field in kind.fields)

    def check(data: Mapping[str, Any]) -> list[FieldError]:
        errors: list[FieldError] = []
        for name, pointer, required, exact, low, high, test in plan:
            value = data.get(name)
            if type(value) is exact and (low is None or low <= value <= high):
                continue
            if value is None:
                if required:
                    errors.append(FieldError("is null" if name in data else "is missing", pointer))
            elif reason := test(value):
                errors.append(FieldError(reason, pointer))
        if kind.strict and not data.keys() <= names:
            errors += _unknown(data, names, kind.id)
        return errors

    return check


def _unknown(data: Mapping[str, Any], names: frozenset[str], type_id: str) -> list[FieldError]:
    return [
        FieldError(f'is no field of "{type_id}"{nearest(str(name), names)}', f"/{escape(name)}")
        for name in data
        if name not in names
    ]


def _quick(field: Field) -> tuple[type | None, Any, Any, Test]:
    """A Python type whose values are right, of numbers those within two bounds, and the test for all others."""
    test = _TESTS[field.type](field)
    plain = field.maxLength is None and field.items is None and field.min is None and field.max is None
    return ((_EXACT.get(field.type) if plain else None), *(_BOUNDS.get(field.type, (None, None))), test)


def _expected(what: str, value: Any) -> str:
    return f"expected {what}, got {WORDS.get(type(value), type(value).__name__)}"


def _text(field: Field) -> Test:
    longest = field.maxLength

    def test(value: Any) -> str | None:
        if not isinstance(value, str):
            return _expected("a text", value)
        if longest is not None and len(value) > longest:
            return f"has {len(value)} characters; at most {longest} are allowed"
        return None

    return test


def _shaped(parse: Callable[[str], object], what: str) -> Callable[[Field], Test]:
    """A text that can be read as something."""

    def make(field: Field) -> Test:
        text = _text(field)

        def test(value: Any) -> str | None:
            wrong = text(value)
            if wrong:
                return wrong if isinstance(value, str) else _expected(what, value)
            try:
                parse(value)
            except ValueError:
                return f"expected {what}, got {cut(value)!r}"
            return None

        return test

    return make


def _date(text: str) -> date:
    if len(text) != 10:
        raise ValueError(text)
    return date.fromisoformat(text)


def _datetime(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or text[10:11] not in ("T", "t", " "):
        raise ValueError(text)
    return moment


def _url(text: str) -> None:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or any(map(str.isspace, text)):
        raise ValueError(text)


def _email(text: str) -> None:
    # RFC 5321 in short: what is before the last @ is its owner's matter
    local, _, domain = text.rpartition("@")
    if not local or not domain or any(map(str.isspace, text)) or domain[0] == "." or domain[-1] == ".":
        raise ValueError(text)


def _select(field: Field) -> Test:
    allowed = {option.value for option in field.options or ()}
    words = ", ".join(sorted(allowed)[:20])

    def test(value: Any) -> str | None:
        if not isinstance(value, str):
            return _expected("a text", value)
        return None if value in allowed else f"expected one of {words}; got {cut(value)!r}"

    return test


def _number(kinds: tuple[type, ...], what: str, field: Field) -> Test:
    low, high = field.min, field.max

    def test(value: Any) -> str | None:
        if not isinstance(value, kinds) or isinstance(value, bool):
            return _expected(what, value)
        number: Any = value
        if not (SMALLEST <= number <= LARGEST if isinstance(value, int) else isfinite(number)):
            return f"expected {what} that JSON and the database can hold (64 bits)"
        if low is not None and number < low:
            return f"is {value}; the least is {low:g}"
        if high is not None and number > high:
            return f"is {value}; the most is {high:g}"
        return None

    return test


def _boolean(field: Field) -> Test:
    return lambda value: None if isinstance(value, bool) else _expected("true or false", value)


def _object(field: Field) -> Test:
    return lambda value: None if isinstance(value, dict) else _expected("an object", value)


def _array(field: Field) -> Test:
    longest = field.maxLength
    item = _TESTS[field.items](Field("item", field.items)) if field.items else None

    def test(value: Any) -> str | None:
        if not isinstance(value, list | tuple):
            return _expected("a list", value)
        if longest is not None and len(value) > longest:
            return f"has {len(value)} items; at most {longest} are allowed"
        for index, inner in enumerate(value if item else ()):
            if item and (reason := item(inner)):
                return f"item {index}: {reason}"
        return None

    return test


def _json(field: Field) -> Test:
    return lambda value: None


_TESTS: dict[str, Callable[[Field], Test]] = {
    "text": _text,
    "textarea": _text,
    "select": _select,
    "email": _shaped(_email, "an e-mail address"),
    "url": _shaped(_url, "an http or https URL"),
    "number": partial(_number, (int, float, Decimal), "a number"),
    "integer": partial(_number, (int,), "an integer"),
    "boolean": _boolean,
    "date": _shaped(_date, "a date such as 2026-01-31"),
    "datetime": _shaped(_datetime, "a time with its offset, such as 2026-01-31T12:00:00Z (RFC 3339)"),
    "array": _array,
    "object": _object,
    "json": _json,
}
_EXACT: dict[str, type] = {
    "text": str, "textarea": str, "boolean": bool, "array": list, "object": dict, "integer": int, "number": float,
}  # fmt: skip
_BOUNDS: dict[str, tuple[Any, Any]] = {"integer": (SMALLEST, LARGEST), "number": (-FINITE, FINITE)}
