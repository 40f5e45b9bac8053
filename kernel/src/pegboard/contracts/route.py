"""A route as data: enough to serve it, guard it, and describe it in an OpenAPI document."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Generic, Literal, Protocol, TypeVar

import attrs
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from .auth import Principal
from .record import Services, check_name

B = TypeVar("B")
Q = TypeVar("Q")


@attrs.define
class Call(Generic[B, Q]):
    """One request as a handler sees it: whatever the spec declares is parsed and checked already.

    `body` and `query` are instances of the declared types, or None where none is declared. `principal` is
    None only on routes that say `anonymous`; `caller` is for all others.
    """

    request: Request
    services: Services
    principal: Principal | None
    body: B
    query: Q

    @property
    def path(self) -> Mapping[str, Any]:
        return self.request.path_params

    @property
    def caller(self) -> Principal:
        if self.principal is None:
            raise LookupError("an anonymous route has no caller: use call.principal")
        return self.principal


SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))
"""Methods that change nothing (RFC 9110, section 9.2.1)."""

Handler = Callable[[Call[Any, Any]], Awaitable[Any]]


class ErrorRenderer(Protocol):
    """Renders a `pegboard.Problem` in the shape a route's own contract has."""

    def __call__(self, problem: Any, request: Request, /) -> Response: ...


@attrs.frozen
class Rate:
    """At most `limit` calls in `window` seconds, counted apart for each of what `by` names.

    A `credential` is one key or token of a principal. Callers without one are counted by their address instead.
    """

    limit: int
    window: int
    by: Literal["principal", "address", "route", "credential", "tenant"] = "principal"


class RateLimiter(Protocol):
    """The service that keeps the `Rate` of routes, and rates that an operator sets, where a plugin offers one."""

    async def check(self, spec: "RouteSpec", request: Request, principal: Principal | None) -> Mapping[str, str]:
        """Count one call of any route and return the headers that tell the caller, none where there is no rate.

        Asked for each HTTP request that was let in. Raises `Problem` 429 when it is too many.
        """
        ...

    def rates(self, spec: "RouteSpec") -> Sequence[Rate]:
        """The rates of a route for callers of whom nothing is known, to describe it; none where there is no limit."""
        ...


class RequestObserver(Protocol):
    """The service that is told of each HTTP request's answer, where a plugin offers one."""

    def answered(self, route: str, plugin: str, method: str, status: int, seconds: float) -> None:
        """One request was answered, up to the last byte; `route` and `plugin` are empty where no route was found.

        Called on the event loop for every request: it must be quick, and must not raise.
        """
        ...


def check_path(instance: Any, attribute: object, value: str) -> None:
    """Raises ValueError for a path that is not absolute."""
    if not value.startswith("/"):
        raise ValueError(f'route "{instance.name}": path {value!r} must start with "/"')


def _upper(methods: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(method.upper() for method in methods)


@attrs.frozen
class RouteSpec:
    """An HTTP route. `name` is its operation id, such as ``widgets.create``.

    `scopes` are all needed. A route wants an authenticated caller unless it says `anonymous`; one that is
    anonymous still learns who calls where a credential is sent. `body` and `query` are attrs classes (or None),
    `result` the type that the handler returns; a handler may return a `Response` instead, and `media` are the types
    that it can have. `body_limit` is in bytes. `answers` describes further statuses. `render` shapes errors; the
    default is RFC 9457. An `idempotent` route takes, or wants, an ``Idempotency-Key``: an `IdempotencyStore` then
    answers repeated requests.
    """

    name: str = attrs.field(validator=check_name)
    path: str = attrs.field(validator=check_path)
    handler: Handler
    methods: tuple[str, ...] = attrs.field(default=("GET",), converter=_upper)
    summary: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    anonymous: bool = False
    body: Any = None
    query: Any = None
    result: Any = None
    status: int = 200
    answers: Mapping[int, str] = attrs.field(factory=dict)
    rate: Rate | None = None
    body_limit: int = 1024 * 1024
    render: ErrorRenderer | None = None
    hidden: bool = False
    idempotent: Literal["", "optional", "required"] = ""
    media: tuple[str, ...] = ("application/json",)

    def __attrs_post_init__(self) -> None:
        if self.anonymous and self.scopes:
            raise ValueError(f'route "{self.name}": an anonymous route cannot need scopes {list(self.scopes)}')
        if self.idempotent not in ("", "optional", "required"):
            raise ValueError(f'route "{self.name}": idempotent is {self.idempotent!r}: say "optional" or "required"')
        if self.idempotent == "required" and self.anonymous:
            raise ValueError(f'route "{self.name}": an anonymous route cannot require keys: only callers have them')
        if self.idempotent and SAFE_METHODS.issuperset(self.methods):
            raise ValueError(f'route "{self.name}": {list(self.methods)} may be repeated anyhow: leave idempotent out')


@attrs.define
class SocketCall:
    """One WebSocket: the handler accepts it, talks, and returns."""

    socket: WebSocket
    services: Services
    principal: Principal | None


@attrs.frozen
class SocketSpec:
    """A WebSocket route, guarded like an HTTP one; refused before it is accepted."""

    name: str = attrs.field(validator=check_name)
    path: str = attrs.field(validator=check_path)
    handler: Callable[[SocketCall], Awaitable[None]]
    summary: str = ""
    scopes: tuple[str, ...] = ()
    anonymous: bool = False


@attrs.frozen
class MountSpec:
    """A whole ASGI application under a path, such as a folder of static files. It guards itself."""

    name: str = attrs.field(validator=check_name)
    path: str = attrs.field(validator=check_path)
    app: ASGIApp
    summary: str = ""


AnyRoute = RouteSpec | SocketSpec | MountSpec

RouteCatalog = Callable[[Principal | None], AsyncIterator[RouteSpec]]
"""Describes routes that were made at run time, as far as this caller may know of them."""
