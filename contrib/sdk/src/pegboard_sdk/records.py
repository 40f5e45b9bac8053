"""What the server tells, as frozen records. Members that a newer server adds are left out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

import attrs

T = TypeVar("T")


def made(kind: type[T], document: Mapping[str, Any]) -> T:
    """A record of what is known of a JSON object."""
    known: Any = kind
    names = {field.name for field in attrs.fields(known)}
    return kind(**{name: value for name, value in document.items() if name in names})


def _time(value: Any) -> Any:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


@attrs.frozen
class EndpointData:
    """How the upstream is asked and what is made of its answer.

    `logic` is Python source that defines ``process_data(widget_data, request, user)``; `refresh_interval` is the age in
    seconds up to which a fetched body is served again.
    """

    logic: str
    params: Mapping[str, Any] = attrs.field(factory=dict)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    refresh_interval: float = 0
    sandbox: str | None = None


def _data(value: Any) -> EndpointData:
    return made(EndpointData, value) if isinstance(value, Mapping) else value


@attrs.frozen
class Widget:
    """A saved widget. Values of headers that hold credentials are masked."""

    id: str
    name: str
    project_id: str
    endpoint: str
    endpoint_data: EndpointData = attrs.field(converter=_data)
    execute_url: str
    description: str = ""
    size: str = "medium"
    public: bool = False
    path: str | None = None
    methods: tuple[str, ...] = attrs.field(default=("GET",), converter=tuple)
    revision: int = 0
    created_at: datetime | None = attrs.field(default=None, converter=_time)
    updated_at: datetime | None = attrs.field(default=None, converter=_time)


@attrs.frozen
class Pagination:
    page: int
    per_page: int
    total_items: int
    total_pages: int
    has_next: bool
    has_previous: bool


@attrs.frozen
class Page(Generic[T]):
    """One page of a list."""

    data: tuple[T, ...]
    pagination: Pagination


@attrs.frozen
class Violation:
    """One thing that keeps a program from being saved; lines and columns count from 1."""

    code: str
    name: str = ""
    line: int = 0
    column: int = 0
    message: str = ""
    hint: str = ""


def _violations(values: Any) -> tuple[Violation, ...]:
    return tuple(made(Violation, value) if isinstance(value, Mapping) else value for value in values)


@attrs.frozen
class Validation:
    valid: bool
    violations: tuple[Violation, ...] = attrs.field(default=(), converter=_violations)


@attrs.frozen
class Timings:
    """Milliseconds."""

    upstream: float = 0.0
    queue: float = 0.0
    sandbox: float = 0.0


def _timings(value: Any) -> Timings:
    return made(Timings, value) if isinstance(value, Mapping) else value


@attrs.frozen
class Preview:
    """What a program returned and wrote when it was tried."""

    result: Any
    stdout: str = ""
    stderr: str = ""
    timings: Timings = attrs.field(default=Timings(), converter=_timings)
    sandbox: str = ""
    isolation: str = ""
