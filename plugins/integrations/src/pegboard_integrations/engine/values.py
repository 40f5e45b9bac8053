"""Values of parameters: read as the type that the endpoint declares, or refused in words."""

import re
from collections.abc import Mapping
from typing import Any

from pegboard import MISSING
from pegboard_jsonpath import text_of

INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
DECIMAL = re.compile(r"-?[0-9]{1,15}\.[0-9]{1,15}", re.ASCII)
WORDS = {"true": True, "false": False}


def typed(value: Any, kind: str) -> Any:
    """The value as `kind` of a parameter or a property. Raises ValueError.

    A text that is exactly a number or a boolean is read as one where that is wanted: forms and command lines know
    nothing else. Nothing else is guessed.
    """
    if value is None or value is MISSING:
        return value
    match kind:
        case "string":
            return _text(value)
        case "number":
            return _number(value)
        case "boolean":
            return _boolean(value)
        case "array":
            return _array(value)
        case "object" if isinstance(value, Mapping):
            return value
    raise ValueError(f"must be an object, and is {shown(value)}")


def _text(value: Any) -> str:
    if isinstance(value, Mapping | list | tuple):
        raise ValueError(f"must be a text, and is {shown(value)}")
    return text_of(value)


def _number(value: Any) -> Any:
    if isinstance(value, str) and INTEGER.fullmatch(value):
        return int(value)
    if isinstance(value, str) and DECIMAL.fullmatch(value):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number, and is {shown(value)}")
    return value


def _boolean(value: Any) -> bool:
    found = WORDS.get(value) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise ValueError(f"must be true or false, and is {shown(value)}")
    return found


def _array(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"must be a list, and is {shown(value)}")
    return list(value)


def shown(value: Any) -> str:
    """The kind of a value in words; never the value, which may be secret."""
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number"}
    return "null" if value is None else kinds.get(type(value), f"of type {type(value).__name__}")
