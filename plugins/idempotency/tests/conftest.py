"""An app with a desk at which things are ordered, each once for its key."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from sqlalchemy import delete
from starlette.responses import PlainTextResponse, Response, StreamingResponse

import pegboard_idempotency
import pegboard_store
from pegboard import Call, IdempotencyStore, Problem, RouteSpec, create_app, hookimpl
from pegboard.testing import caller, callers, client
from pegboard.testing.fixtures import anyio_backend  # noqa: F401
from pegboard_idempotency.tables import keys
from pegboard_store import Store
from pegboard_store.testing import (  # noqa: F401
    _postgresql_database,
    database_url,
    postgresql_url,
    store_section,
)

ANN = caller("*", id="ann", tenant="acme")


@attrs.frozen
class Order:
    item: str
    count: int = 1


@attrs.define
class Desk:
    """What was ordered, and the answers that further routes give, by their names."""

    orders: list[str] = attrs.field(factory=list)
    client: Any = None

    async def order(self, call: Call[Order, None]) -> Any:
        self.orders.append(call.body.item)
        match call.body.item:
            case "stream":
                return StreamingResponse(iter([b"a", b"b"]))
            case "large":
                return PlainTextResponse("x" * 2000)
            case "text":
                headers = {"Location": "/orders/1", "Set-Cookie": "a=b", "X-Own": "1"}
                return PlainTextResponse("done", 202, headers)
            case "refused":
                raise Problem(409, "sold-out", "there is none left")
            case "busy":
                raise Problem(503, "busy", "try again")
            case "full":
                raise Problem(409, "full", "try again", headers={"Retry-After": "5"})
            case "broken":
                raise ZeroDivisionError
        return {"number": len(self.orders)}

    async def upload(self, call: Call[None, None]) -> Response:
        self.orders.append((await call.request.body()).decode())
        return Response(status_code=204)

    @hookimpl
    def pegboard_routes(self) -> Iterator[RouteSpec]:
        more: dict[str, Any] = {"summary": "Order", "body": Order, "status": 201}
        yield RouteSpec("desk.order", "/orders", self.order, ("POST",), idempotent="optional", **more)
        yield RouteSpec("desk.again", "/again", self.order, ("POST",), idempotent="required", **more)
        yield RouteSpec("desk.open", "/open", self.order, ("POST",), idempotent="optional", anonymous=True, **more)
        raw: dict[str, Any] = {"summary": "Upload", "body_limit": 100}
        yield RouteSpec("desk.upload", "/upload", self.upload, ("GET", "PUT"), idempotent="required", **raw)

    async def send(
        self,
        item: str = "pen",
        key: str | None = "k-1",
        path: str = "/orders",
        by: Mapping[str, str] = ANN,
        **more: Any,
    ) -> httpx.Response:
        headers = {**by, **({} if key is None else {"Idempotency-Key": key}), **more.pop("headers", {})}
        method = more.pop("method", "POST")
        if method == "POST":
            more.setdefault("json", {"item": item})
        answer: httpx.Response = await self.client.request(method, path, headers=headers, **more)
        return answer

    @property
    def services(self) -> Any:
        return self.client.app.state.board.services

    @property
    def claims(self) -> Any:
        return self.services.get(IdempotencyStore).claims

    async def rows(self) -> list[Any]:
        async with self.services.get(Store).read() as session:
            return list(await session.execute(keys.select()))


@asynccontextmanager
async def opened(folder: Path, url: str, **idempotency: Any) -> AsyncIterator[Desk]:
    """A desk at an app over a database; `idempotency` is the plugin's section."""
    desk = Desk()
    plugins = {"callers": callers, "desk": desk, "idempotency": pegboard_idempotency, "store": pegboard_store}
    settings = {"data": str(folder), "plugins": {"store": store_section(url), "idempotency": idempotency}}
    async with client(create_app(settings=settings, plugins=plugins, environ={}, installed=False)) as made:
        desk.client = made
        yield desk


@pytest.fixture
def desk_with(database_url: str, tmp_path: Path) -> Any:  # noqa: F811
    """Opens a desk with settings of its own."""
    return partial(opened, tmp_path, database_url)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def _desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    url = f"sqlite:///{folder}/test.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("_postgresql_database")
    async with opened(folder, url) as made:
        yield made


@pytest.fixture
async def desk(_desk: Desk) -> Desk:
    """A desk at which nothing was ordered, of an app that a module's tests share: migrations take their time."""
    _desk.orders.clear()
    async with _desk.services.get(Store).begin() as session:
        await session.execute(delete(keys))
    return _desk


@pytest.fixture
async def bare() -> AsyncIterator[Desk]:
    """A desk at an app in which nothing keeps answers."""
    made = Desk()
    app = create_app(plugins={"callers": callers, "desk": made}, environ={}, installed=False)
    async with client(app) as api:
        made.client = api
        yield made
