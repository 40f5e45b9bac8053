"""An app with routes of every kind, some of them made while it runs."""

import enum
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Generic, Literal, TypeVar

import attrs
import pytest
from attrs.validators import and_, ge, le, matches_re, max_len, min_len
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

import pegboard_openapi
from pegboard import (
    AuthProvider,
    Call,
    Principal,
    Problem,
    Rate,
    RouteSpec,
    RouteTable,
    Secret,
    ServiceRegistry,
    Services,
    Settings,
    create_app,
    hookimpl,
)

KEYS = {"key-of-ann": "north", "key-of-bob": "south"}
T = TypeVar("T")


class Size(enum.StrEnum):
    LARGE = "large"
    SMALL = "small"


@attrs.frozen
class Logic:
    """What is made of it."""

    source: str = attrs.field(validator=max_len(100), metadata={"help": "defines ``process_data``"})
    language: Literal["python", "monty"] = "python"


@attrs.frozen
class NewThing:
    """A thing to be."""

    name: str = attrs.field(validator=and_(min_len(1), matches_re(r"[a-z ]+")))
    logic: Logic
    size: Size = Size.SMALL
    password: Secret | None = None


@attrs.frozen
class Thing:
    id: str
    name: str
    parent: "Thing | None" = None


@attrs.frozen
class Page(Generic[T]):
    data: tuple[T, ...]


@attrs.frozen
class Query:
    page: int = attrs.field(default=1, validator=and_(ge(1), le(100)), metadata={"help": "counts from 1"})
    tag: list[str] = attrs.field(factory=list)


class ByKey(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, Principal] | None:
        key = conn.headers.get("x-api-key")
        if key is None:
            return None
        if key not in KEYS:
            raise AuthenticationError("the key is not known")
        return AuthCredentials(), Principal("user", KEYS[key], scopes=frozenset({"*"}))


async def create(call: Call[NewThing, None]) -> Thing:
    return Thing("thing_1", call.body.name)


async def listed(call: Call[None, Query]) -> Page[Thing]:
    return Page((Thing("thing_1", str(call.query.page)),))


async def whatever(call: Call[Any, Any]) -> Any:
    return {"path": dict(call.path)}


def things() -> Iterator[RouteSpec]:
    tags, read = ("things",), ("things:read",)
    yield RouteSpec(
        "things.create",
        "/things",
        create,
        ("POST",),
        "Create a thing",
        "With ``logic`` of its own.",
        tags=tags,
        scopes=("things:write",),
        body=NewThing,
        result=Thing,
        status=201,
        answers={409: "The name is taken"},
    )
    yield RouteSpec("things.list", "/things", listed, query=Query, result=Page[Thing], scopes=read, tags=tags)
    yield RouteSpec("things.any", "/things/{id:int}", whatever, ("PUT", "PATCH"), result=Any, tags=tags)
    yield RouteSpec("things.rest", "/files/{rest:path}", whatever, anonymous=True, rate=Rate(60, 60))
    yield RouteSpec("things.odd", "/odd", whatever, result=Thing, render=odd_problem, anonymous=True)
    yield RouteSpec("things.put", "/things/once", whatever, ("PUT",), idempotent="required")
    answers = {409: "There is one"}
    yield RouteSpec("things.once", "/things/once", whatever, ("POST",), idempotent="optional", answers=answers)
    yield RouteSpec("things.secret", "/secret", whatever, hidden=True)
    yield RouteSpec("things.gone", "/things/{id}/parts/{part}", whatever, ("DELETE",), status=204, scopes=read)


def odd_problem(problem: Problem, request: Request) -> Response:
    return Response(f"{problem.status}", problem.status, media_type="application/vnd.odd+json")


@attrs.define
class Example:
    """A plugin with routes, and with one run-time route per tenant and for everybody."""

    made: list[tuple[str, RouteSpec]] = attrs.field(factory=list)

    @hookimpl
    def pegboard_auth_providers(self, settings: Settings) -> AuthProvider:
        scheme = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
        return AuthProvider("apikey", "A key of yours", inbound=lambda config, services: ByKey(), openapi=scheme)

    @hookimpl
    def pegboard_routes(self, settings: Settings) -> Iterator[RouteSpec]:
        return things()

    @hookimpl
    def pegboard_services(self, registry: ServiceRegistry, settings: Settings) -> None:
        async def catalog(principal: Principal | None) -> AsyncIterator[RouteSpec]:
            for tenant, spec in self.made:
                if not tenant or (principal and principal.tenant == tenant):
                    yield spec

        def opened(services: Services) -> Example:
            services.get(RouteTable).describe(catalog)
            return self

        registry.offer(Example, opened, eager=True)

    def add(self, path: str, tenant: str = "", **options: Any) -> None:
        """Describe a run-time route, of one tenant or of all."""
        name = f"made{len(self.made)}"
        self.made.append((tenant, RouteSpec(name, path, whatever, result=Any, **{"tags": ("made",), **options})))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def example() -> Example:
    return Example()


@pytest.fixture
def make_app(example: Example, tmp_path: Any) -> Callable[..., Starlette]:
    """An app of the example and this plugin, and of further `plugins`; `openapi` is this plugin's section."""

    def make(plugins: dict[str, Any] | None = None, openapi: dict[str, Any] | None = None, **top: Any) -> Starlette:
        return create_app(
            settings={"data": str(tmp_path), "plugins": {"openapi": openapi or {}}, **top},
            plugins={"example": example, "openapi": pegboard_openapi, **(plugins or {})},
            environ={},
            installed=False,
        )

    return make
