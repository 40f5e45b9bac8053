"""Whatever a plugin tells of, as plain values: what JSON has, and secrets that are still shut."""

import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import attrs

from pegboard import Secret

from .masking import storable

DEEPEST = 32
TOO_DEEP = "… (deeper)"
LARGEST = 2**63


def plain(value: Any, depth: int = 0) -> Any:
    """`value` in dictionaries, lists, text, numbers, booleans, None, and `Secret`.

    Beyond `DEEPEST` levels nothing is shown. What JSON has no form for is named by its type alone: its text may hold
    anything.
    """
    if depth > DEEPEST:
        return TOO_DEEP
    if attrs.has(type(value)):
        fields = ((field.name, getattr(value, field.name)) for field in attrs.fields(type(value)))
        return {name: plain(inner, depth + 1) for name, inner in fields}
    if isinstance(value, Mapping):
        return {storable(str(name)): plain(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner, depth + 1) for inner in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(inner, depth + 1) for inner in value), key=str)
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, Secret | bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return int(value) if -LARGEST <= value < LARGEST else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return f"({type(value).__name__})"
