"""Widgets as they go over the wire (contract custom-endpoints)."""

import re
from datetime import datetime
from typing import Any, Literal

import attrs
from attrs.validators import and_, ge, le, matches_re, max_len, min_len, optional

from pegboard_store import PageQuery

Size = Literal["small", "medium", "large", "extra_large"]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
ENTRY = "process_data"
SOURCE_LIMIT = 64 * 1024


def _no_nul(instance: object, attribute: Any, value: str) -> None:
    # PostgreSQL can store every character but this one
    if "\0" in value:
        raise ValueError("must not hold the character U+0000")


def _scalars(instance: object, attribute: Any, value: dict[str, Any]) -> None:
    for name, given in value.items():
        items = given if isinstance(given, list) else [given]
        for item in (name, *items):
            _no_nul(instance, attribute, str(item))
        if not all(isinstance(item, str | int | float | bool) for item in items):
            raise ValueError(f"{name!r} must be text, a number, true, false, or a list of these")


def _header_lines(instance: object, attribute: Any, value: dict[str, str]) -> None:
    for name, text in value.items():
        if not TOKEN.fullmatch(name):
            raise ValueError(f"{name!r} is not a header name (RFC 9110, section 5.1)")
        if any(character in text for character in "\r\n\0") or not text.isascii():
            raise ValueError(f"the value of {name!r} must be one line of ASCII")


@attrs.frozen
class EndpointData:
    """How the upstream is asked and what is made of its answer.

    `refresh_interval` is the age in seconds up to which a fetched body is served again. Values of headers that hold
    credentials are read back as ``***``; writing that back keeps them.
    """

    logic: str = attrs.field(metadata={"help": "Python source that defines process_data(widget_data, request, user)"})
    params: dict[str, Any] = attrs.field(factory=dict, validator=_scalars, repr=False)
    headers: dict[str, str] = attrs.field(factory=dict, validator=_header_lines, repr=False)
    refresh_interval: float = attrs.field(default=0, validator=and_(ge(0), le(31_536_000)))
    sandbox: str | None = attrs.field(default=None, validator=optional(max_len(100)))


@attrs.frozen
class WidgetDraft:
    """What a user says of a widget.

    `path` is a template under ``/e/`` that gives the endpoint an address of its own, for `methods`.
    """

    name: str = attrs.field(validator=and_(min_len(1), max_len(200), _no_nul))
    project_id: str = attrs.field(validator=and_(min_len(1), max_len(200), _no_nul))
    endpoint: str = attrs.field(
        validator=and_(min_len(1), max_len(4000)), metadata={"help": "the upstream URL, http or https"}
    )
    endpoint_data: EndpointData
    description: str = attrs.field(default="", validator=and_(max_len(4000), _no_nul))
    size: Size = "medium"
    public: bool = False
    path: str | None = attrs.field(default=None, validator=optional(and_(max_len(500), matches_re(r"/e/.+"))))
    methods: list[Method] = attrs.field(factory=lambda: ["GET"], validator=min_len(1))


@attrs.frozen
class Widget:
    """A saved widget."""

    id: str
    name: str
    project_id: str
    description: str
    size: str
    endpoint: str
    endpoint_data: EndpointData
    public: bool
    path: str | None
    methods: list[str]
    execute_url: str
    revision: int
    created_at: datetime
    updated_at: datetime


@attrs.frozen
class WidgetQuery(PageQuery):
    """`search` is looked for in names, descriptions and paths, whatever its case."""

    project_id: str = attrs.field(default="", validator=and_(max_len(200), _no_nul))
    search: str = attrs.field(default="", validator=and_(max_len(200), _no_nul))


@attrs.frozen
class ValidateRequest:
    logic: str
    sandbox: str | None = None


@attrs.frozen
class ViolationReport:
    """One thing that keeps a program from being saved; lines and columns count from 1."""

    code: str
    name: str
    line: int
    column: int
    message: str
    hint: str


@attrs.frozen
class Validation:
    valid: bool
    violations: list[ViolationReport]


@attrs.frozen
class PreviewQuery:
    """The request that a preview pretends to be."""

    headers: dict[str, str] = attrs.field(factory=dict)
    query_params: dict[str, str] = attrs.field(factory=dict)
    path_params: dict[str, str] = attrs.field(factory=dict)
    method: str = "GET"
    body: str | None = None


@attrs.frozen
class PreviewUser:
    id: str = ""
    username: str = ""
    email: str = ""


@attrs.frozen
class PreviewRequest:
    """Logic to try: over `widget_data` as given, or over what `endpoint` answers. Nothing is stored.

    A credential that reads ``***`` is the stored one of the widget `widget_id`, if `endpoint` has the same origin.
    """

    logic: str
    sandbox: str | None = None
    widget_data: Any = None
    endpoint: str | None = attrs.field(default=None, validator=optional(max_len(4000)))
    params: dict[str, Any] = attrs.field(factory=dict, validator=_scalars, repr=False)
    headers: dict[str, str] = attrs.field(factory=dict, validator=_header_lines, repr=False)
    request: PreviewQuery = PreviewQuery()
    user: PreviewUser | None = None
    widget_id: str | None = None


@attrs.frozen
class Timings:
    """Milliseconds."""

    upstream: float
    queue: float
    sandbox: float


@attrs.frozen
class Preview:
    result: Any
    stdout: str
    stderr: str
    timings: Timings
    sandbox: str
    isolation: str


def text(value: Any) -> str:
    """A query value as it is written in a URL."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def query_pairs(params: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, text(item)) for name, value in params.items() for item in (value if isinstance(value, list) else [value])
    )
