"""The shop beside its peer on FastAPI and SQLAlchemy's ORM: one process each, the same database, rows and passwords."""

import asyncio
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import attrs
import httpx
from starlette.applications import Starlette

from pegboard import Principal, create_app
from pegboard.testing import running
from pegboard_accounts import Accounts, NewUser
from pegboard_models import Models
from pegboard_storefront import Category, Product

from .figures import Figure, in_turn
from .models import database
from .processes import Missing, load, uvicorn

NEEDED = {"accounts", "idempotency", "models", "store", "storefront"}
PRODUCTS = 1000
EMAILS, PASSWORD = "buyer%d@example.com", "correct horse"
BUYERS = 64
"""Several, since many sign-ins of one at a time are taken for guesses."""
OPERATOR = Principal("operator", "default", scopes=frozenset({"*"}))
LOGIN = "/auth/login?email={}&password=correct%20horse"
LOGINS = """
local number = 0
request = function()
  number = number + 1
  return wrk.format("POST", string.format("%s", number %% %d))
end
"""
ORDERS = """
math.randomseed(7)
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer %s"
request = function()
  local one, two = math.random(1, 500), math.random(501, 1000)
  local items = '[{"product_id":' .. one .. ',"quantity":1},{"product_id":' .. two .. ',"quantity":2}]'
  return wrk.format(nil, "/orders", nil,
    '{"items":' .. items .. ',"shipping_address":{"city":"Springfield"},"payment_method":"card"}')
end
"""
DRIVERS = {"sqlite://": "sqlite+aiosqlite://", "postgresql://": "postgresql+asyncpg://"}


def shop() -> Starlette:
    """The app of the environment."""
    return create_app()


def storefront() -> Iterator[Figure]:
    """Requests per second with 16 connections; sign-ins, which are all hashing, with few of them and for longer."""
    if find_spec("fastapi") is None:
        raise Missing("fastapi is not installed: tox run -e bench has it")
    for dialect in ("sqlite", "postgresql"):
        with _both(dialect) as (ours, peer):
            yield from _compared(f"products, list of 50, {dialect}", ours.list, peer.list, 1.2)
            yield from _compared(f"orders of two products, {dialect}", ours.order, peer.order, 1.0)
            yield from _compared(f"sign-ins, {dialect}", ours.login, peer.login, 1.0)


def _compared(name: str, ours: Any, peer: Any, limit: float) -> Iterator[Figure]:
    mine, theirs, ratio = in_turn(ours, peer)
    yield Figure(f"shop, {name}", mine, "requests/s")
    yield Figure(f"FastAPI, {name}", theirs, "requests/s")
    yield Figure(f"shop / FastAPI, {name}", ratio, "×", limit)


@attrs.frozen
class Served:
    """One of the two, with the files that tell wrk what to send."""

    port: int
    orders: Path
    logins: Path

    def list(self) -> float:
        return load(self.port, "/products").rate

    def order(self) -> float:
        return load(self.port, "/orders", script=self.orders).rate

    def login(self) -> float:
        return load(self.port, "/", script=self.logins, seconds=8, connections=4).rate


@contextmanager
def _both(dialect: str) -> Iterator[tuple[Served, Served]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for name in ("ours", "peer"):
            (folder / name).mkdir()
        environ = {
            "DATABASE_URL": stack.enter_context(_url(dialect, folder / "ours")),
            "PEGBOARD_DATA": str(folder / "ours"),
            "PEGBOARD_DISABLE": ",".join(sorted(entry_points(group="pegboard.plugin.v1").names - NEEDED)),
            "PEGBOARD_LOG__LEVEL": "error",
            "PEGBOARD_STORE__MIGRATE": "start",
        }
        asyncio.run(_filled(environ))
        ours = stack.enter_context(uvicorn("bench.storefront:shop", environ))
        where = {"SHOP_DATABASE": _driven(stack.enter_context(_url(dialect, folder / "peer")))}
        where |= {"SHOP_PRODUCTS": str(PRODUCTS), "SHOP_BUYERS": str(BUYERS)}
        peer = stack.enter_context(uvicorn("bench.peer_shop:app", where, factory=False))
        yield _served(ours, folder / "ours"), _served(peer, folder / "peer")


@contextmanager
def _url(dialect: str, folder: Path) -> Iterator[str]:
    """An empty database, until the block ends."""
    if dialect == "sqlite":
        yield f"sqlite:///{folder}/shop.db"
        return
    with asyncio.Runner() as runner:
        opened = database(dialect)
        yield runner.run(opened.__aenter__())
        runner.run(opened.__aexit__(None, None, None))


def _driven(url: str) -> str:
    for plain, driver in DRIVERS.items():
        url = url.replace(plain, driver)
    return url


def _served(port: int, folder: Path) -> Served:
    """Signed in, and warm."""
    answer = httpx.post(f"http://127.0.0.1:{port}{LOGIN.format(EMAILS % 0)}", timeout=30)
    answer.raise_for_status()
    orders, logins = folder / "orders.lua", folder / "logins.lua"
    orders.write_text(ORDERS % answer.json()["access_token"])
    logins.write_text(LOGINS % (LOGIN.replace("%20", "%%20").format(EMAILS), BUYERS))
    made = Served(port, orders, logins)
    load(port, "/products", seconds=1)
    load(port, "/orders", script=orders, seconds=1)
    return made


async def _filled(environ: Mapping[str, str]) -> None:
    """The rows that the peer makes for itself when it starts."""
    app = create_app(environ={**os.environ, **environ})
    async with running(app):
        services = app.state.board.services
        for number in range(BUYERS):
            new = NewUser(EMAILS % number, PASSWORD)
            await services.get(Accounts).create_user(new, "user", "default", by=OPERATOR)
        async with services.get(Models).begin(OPERATOR) as tx:
            names = [f"Category {number}" for number in range(1, 21)]
            drafts = [{"name": name, "slug": name.lower().replace(" ", "-"), "description": ""} for name in names]
            await tx.create_all(Category, drafts)
            await tx.create_all(Product, [_product(number) for number in range(1, PRODUCTS + 1)])


def _product(number: int) -> dict[str, Any]:
    return {
        "name": f"Product {number}",
        "description": f"What product {number} is good for",
        "sku": f"SKU-{number:06}",
        "price": f"{number % 500}.99",
        "category_id": number % 20 + 1,
        "stock_quantity": 1_000_000,
        "dimensions": {"length": 1.0, "width": 2.0},
        "attributes": {"colour": "blue"},
        "tags": ["one", "two"],
        "featured": number % 10 == 0,
    }
