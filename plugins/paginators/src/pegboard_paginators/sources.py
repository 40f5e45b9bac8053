"""Where something stands in an answer: `$.meta.next`, `header:X-Next` or `record:$.id`."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from pegboard import MISSING, PageResponse
from pegboard_jsonpath import compile_path

HEADER = "header:"
RECORD = "record:"

Look = Callable[[PageResponse], Any]


def compile_source(text: str) -> Look:
    """The function that finds it, or MISSING. `record:` is the last record of the page. Raises ValueError."""
    if text.startswith(HEADER):
        return _header(text.removeprefix(HEADER).strip())
    if text.startswith(RECORD):
        get = _singular(text.removeprefix(RECORD))
        return lambda response: get(response.records[-1]) if response.records else MISSING
    get = _singular(text)
    return lambda response: get(response.body)


def is_source(instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    """The attrs validator of a field that holds one. Raises ValueError."""
    compile_source(value)


def is_field_if_given(instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    """The attrs validator of what is said of the whole page, or not at all. Raises ValueError."""
    if value.startswith(RECORD):
        raise ValueError(f"{value!r} looks into a record: take a path in the answer, or {HEADER}Name")
    if value:
        compile_source(value)


def _singular(text: str) -> Callable[[Any], Any]:
    path = compile_path(text)
    if not path.singular:
        raise ValueError(f"{text!r} may choose several values: take a path of names and indexes")
    return path.get


def _header(name: str) -> Look:
    if not name:
        raise ValueError(f'"{HEADER}" needs the name of a header: {HEADER}Link')
    return lambda response: header(response.headers, name)


def header(headers: Mapping[str, str], name: str) -> Any:
    """A header by its name, whose case means nothing (RFC 9110, section 5.1); MISSING if it is not there."""
    if name in headers:
        return headers[name]
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), MISSING)
