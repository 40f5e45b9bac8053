"""A value of JSON, as it stands within a text."""

from decimal import Decimal
from typing import Any

import orjson

from pegboard import MISSING


def text_of(value: Any) -> str:
    """Text is itself, null and MISSING are nothing, a number or a boolean is as in JSON, and so is all else."""
    if type(value) is str:
        return value
    if value is None or value is MISSING:
        return ""
    if type(value) is int:  # JSON's integers have no largest one, orjson's do
        return str(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return orjson.dumps(value, _plain).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
