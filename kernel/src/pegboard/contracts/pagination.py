"""Walking the pages of somebody else's API, without doing any I/O."""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import attrs

from .record import NoConfig, check_name

State = Mapping[str, Any]


@attrs.frozen
class PageRequest:
    """What the next page changes in the endpoint's own request.

    `url` replaces the whole address (next links); `params`, `headers` and `body` are merged over the
    endpoint's. `state` is JSON: a walk that is given it starts with this very request again.
    """

    state: State
    url: str | None = None
    params: Mapping[str, Any] = attrs.field(factory=dict)
    headers: Mapping[str, str] = attrs.field(factory=dict)
    body: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class PageResponse:
    """The page that came back: `body` as decoded, `records` as selected from it, `url` after redirects."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: Any
    records: Sequence[Any]


@attrs.frozen
class Stop:
    """Why a walk ended: the stop rule's name, and in words with the evidence."""

    rule: str
    detail: str = ""


Walk = Generator[PageRequest, PageResponse, Stop]


@attrs.frozen
class Paginator:
    """A way to walk pages, in the shape of `httpx.Auth.auth_flow`.

    `pages(config, state)` is a generator: it yields a `PageRequest`, receives the `PageResponse`, and
    returns a `Stop`. `state` is None for a walk from the start. Nothing mutable outlives the
    generator.
    """

    name: str = attrs.field(validator=check_name)
    summary: str
    config: type = NoConfig
    pages: Callable[[Any, State | None], Walk] = attrs.field(kw_only=True)
