"""Many buyers of few pieces, at two server processes over one database: real sockets, real locks."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from importlib.metadata import entry_points
from pathlib import Path

import attrs
import httpx
import pytest

from pegboard.testing import Forking, forking

pytestmark = pytest.mark.anyio

NEEDED = {"accounts", "idempotency", "models", "store", "storefront"}
PLUGINS = {
    "PEGBOARD_REQUIRED": ",".join(sorted(NEEDED)),
    "PEGBOARD_DISABLE": ",".join(sorted(entry_points(group="pegboard.plugin.v1").names - NEEDED)),
}
PRELOAD = ("aiosqlite", "alembic.command", "argon2", "asyncpg", "httptools", "uvicorn", "uvloop")
ADMIN = {"X-API-Key": "admin-of-these-tests-0123456789"}
ADDRESS = {"city": "Test City"}
PATIENCE = 60


@pytest.fixture(scope="module")
async def origin() -> AsyncIterator[Forking]:
    async with forking(preload=PRELOAD, environ=PLUGINS) as made:
        yield made


@attrs.frozen
class Market:
    """Two servers, told apart by nothing."""

    servers: Sequence[httpx.AsyncClient]

    async def product(self, sku: str, stock: int) -> int:
        [one, *_] = self.servers
        categories = (await one.get("/categories")).json()
        if not categories:
            tea = {"name": "Tea", "slug": "tea", "description": ""}
            categories = [(await one.post("/categories", json=tea, headers=ADMIN)).json()]
        values = {"name": sku, "description": "", "sku": sku, "price": 20, "stock_quantity": stock}
        made = await one.post("/products", json={**values, "category_id": categories[0]["id"]}, headers=ADMIN)
        assert made.status_code == 200, made.text
        return made.json()["id"]  # type: ignore[no-any-return]

    async def buyers(self, count: int) -> list[dict[str, str]]:
        """The headers of people who have registered, some here and some there."""

        async def register(number: int) -> dict[str, str]:
            person = {
                "email": f"buyer{number}@example.com",
                "username": f"buyer{number}",
                "password": "a-long-password",
            }
            given = {**person, "first_name": "", "last_name": ""}
            made = await self.servers[number % len(self.servers)].post("/auth/register", json=given)
            assert made.status_code == 200, made.text
            return {"Authorization": f"Bearer {made.json()['access_token']}"}

        return list(await asyncio.gather(*(register(number) for number in range(count))))

    async def order(self, number: int, headers: dict[str, str], *products: int) -> httpx.Response:
        items = [{"product_id": product, "quantity": 1} for product in products]
        wanted = {"items": items, "shipping_address": ADDRESS, "payment_method": "card"}
        return await self.servers[number % len(self.servers)].post("/orders", json=wanted, headers=headers)

    async def stock(self, product: int) -> int:
        found = {(await server.get(f"/products/{product}")).json()["stock_quantity"] for server in self.servers}
        [stock] = found
        return int(stock)


@pytest.fixture
async def market(origin: Forking, tmp_path: Path, database_url: str) -> AsyncIterator[Market]:
    environ = {
        **PLUGINS,
        "API_KEY": ADMIN["X-API-Key"],
        "DATABASE_URL": database_url,
        "SECRET_KEY": "of these tests 0123456789 abcdefghijk",
        "PEGBOARD_STORE__MIGRATE": "start",
        "PEGBOARD_LOG__LEVEL": "warning",
        "PEGBOARD_ACCOUNTS__HASH_COST": "owasp",
        "PEGBOARD_ACCOUNTS__ISSUER": "https://shop.example.com",  # that of all servers
        "PEGBOARD_STOREFRONT__SIGN_INS": "1000",
    }
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(2):
            server = await stack.enter_async_context(origin.served(tmp_path, environ=environ))
            made = httpx.AsyncClient(base_url=server.url, timeout=PATIENCE, trust_env=False)
            clients.append(await stack.enter_async_context(made))
        yield Market(clients)


async def test_fifty_buyers_of_ten_pieces_make_ten_orders(market: Market) -> None:
    one, two = [await market.product(sku, 10) for sku in ("ONE", "TWO")]
    buyers = await market.buyers(50)
    async with asyncio.timeout(PATIENCE):
        crossed = ((one, two), (two, one))
        orders = [market.order(number, buyer, *crossed[number % 3 % 2]) for number, buyer in enumerate(buyers)]
        answers = await asyncio.gather(*orders)
    assert Counter(answer.status_code for answer in answers) == {200: 10, 409: 40}
    assert all(
        answer.json()["error"].startswith("Insufficient stock") for answer in answers if answer.status_code == 409
    )
    assert len({answer.json()["order_number"] for answer in answers if answer.status_code == 200}) == 10
    assert [await market.stock(product) for product in (one, two)] == [0, 0]
    listed = (await market.servers[0].get("/orders", headers=ADMIN)).json()
    assert sum(item["quantity"] for order in listed for item in order["items"]) == 20


async def test_twenty_equal_keys_make_one_order(market: Market) -> None:
    product = await market.product("ONE", 10)
    [buyer] = await market.buyers(1)
    headers = buyer | {"Idempotency-Key": "basket-1"}
    answers = await asyncio.gather(*(market.order(number, headers, product) for number in range(20)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    again = await market.order(1, headers, product)
    assert again.headers["idempotent-replayed"] == "true"
    assert {answer.json()["id"] for answer in [*answers, again] if answer.status_code == 200} == {again.json()["id"]}
    assert await market.stock(product) == 9
    assert len((await market.servers[0].get("/orders", headers=buyer)).json()) == 1


async def test_orders_and_cancellations_at_once_lose_no_piece(market: Market) -> None:
    one, two = [await market.product(sku, 1000) for sku in ("ONE", "TWO")]
    [buyer] = await market.buyers(1)
    made = await asyncio.gather(*(market.order(number, buyer, one, two) for number in range(20)))
    orders = [answer.json()["id"] for answer in made]

    async def cancel(number: int, order: int) -> int:
        server = market.servers[number % 2]
        return (await server.put(f"/orders/{order}/status?status=cancelled", headers=ADMIN)).status_code

    async with asyncio.timeout(PATIENCE):
        results = await asyncio.gather(
            *(cancel(number, order) for number, order in enumerate([*orders, *orders])),
            *(market.order(number, buyer, two, one) for number in range(20)),
        )
    assert Counter(one for one in results if isinstance(one, int)) == {200: 20, 409: 20}
    assert [await market.stock(product) for product in (one, two)] == [980, 980]
