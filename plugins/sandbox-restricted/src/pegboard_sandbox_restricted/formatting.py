"""``str.format`` without the attribute walk that it allows (``"{0.__class__}"``)."""

from _string import formatter_field_name_split, formatter_parser  # type: ignore[import-not-found]
from collections.abc import Mapping
from typing import Any

from .names import GUARDED_ATTRIBUTES, is_refused_attribute


def format_text(text: str, /, *args: Any, **kwargs: Any) -> str:
    """What ``text.format(*args, **kwargs)`` gives, or AttributeError for a refused attribute."""
    plain = str.__str__(text)
    check_fields(plain)
    return plain.format(*args, **kwargs)


def format_text_map(text: str, mapping: Mapping[str, Any], /) -> str:
    """What ``text.format_map(mapping)`` gives, or AttributeError for a refused attribute."""
    plain = str.__str__(text)
    check_fields(plain)
    return plain.format_map(mapping)


def check_fields(text: str) -> None:
    """Raise AttributeError where a field of the format `text`, or of a specification in it, reads a refused attribute.

    By name alone, with the parser that ``str.format`` itself uses: what passes is then formatted by the built-in
    method and means exactly what it means elsewhere. Names that are safe on some objects only are refused here.
    """
    if "." not in text:
        return
    for _, field, specification, _ in formatter_parser(text):
        if field:
            for is_attribute, key in formatter_field_name_split(field)[1]:
                if is_attribute:
                    check_attribute(key)
        if specification:
            check_fields(specification)


def check_attribute(name: str) -> None:
    if is_refused_attribute(name) or (name in GUARDED_ATTRIBUTES and name != "__name__"):
        raise AttributeError(f"attribute {name!r} is not available in a format")
