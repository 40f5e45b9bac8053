"""Document 003's own tests, at both addresses; stronger where one of them tolerates failure."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

USER = {
    "email": "test@example.com",
    "username": "testuser",
    "password": "testpassword123",
    "first_name": "Test",
    "last_name": "User",
}
PRODUCT = {
    "name": "Test Product",
    "description": "A test product",
    "sku": "TEST-001",
    "price": 29.99,
    "category_id": 1,
    "stock_quantity": 100,
}


@pytest.fixture(params=["", "/api/v1"], ids=["root", "v1"])
async def shop(request: pytest.FixtureRequest, open_shop: Any) -> AsyncIterator[Any]:
    async with open_shop(request.param) as opened:
        yield opened


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def registered(shop: Any, **more: str) -> Any:
    answer = await shop.http.post("/auth/register", json=USER | more)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_health_check(shop: Any) -> None:
    for path in ("/health", "/health/live", "/health/ready"):
        answer = await shop.http.get(path)
        assert (answer.status_code, answer.json()["status"]) == (200, "healthy")


async def test_user_registration(shop: Any) -> None:
    data = await registered(shop)
    assert data.keys() == {"user", "access_token", "refresh_token", "token_type", "expires_in"}
    assert (data["user"]["email"], data["user"]["role"], data["token_type"]) == (USER["email"], "user", "bearer")
    again = await shop.http.post("/auth/register", json=USER)
    assert (again.status_code, again.json()) == (400, {"error": "Email or username already exists", "status_code": 400})


async def test_user_login(shop: Any) -> None:
    await registered(shop)
    given = {"email": USER["email"], "password": USER["password"]}
    for sent in ({"params": given}, {"json": given}, {"data": given}):
        answer = await shop.http.post("/auth/login", **sent)
        assert answer.status_code == 200, answer.text
        me = await shop.http.get("/auth/me", headers=bearer(answer.json()["access_token"]))
        assert me.json()["email"] == USER["email"]
    wrong = await shop.http.post("/auth/login", params=given | {"password": "another1"})
    assert (wrong.status_code, wrong.json()) == (401, {"error": "Invalid credentials", "status_code": 401})


async def test_protected_endpoint(shop: Any) -> None:
    assert (await shop.http.get("/auth/me")).status_code == 403
    data = await registered(shop)
    answer = await shop.http.get("/auth/me", headers=bearer(data["access_token"]))
    assert (answer.status_code, answer.json()) == (200, data["user"])


async def test_product_listing(shop: Any) -> None:
    assert (await shop.http.get("/products")).json() == []
    product = await shop.product()
    answer = await shop.http.get("/products")
    assert (answer.status_code, [one["id"] for one in answer.json()]) == (200, [product])


async def test_product_search(shop: Any) -> None:
    tea = await shop.product("TEA-001", name="Green tea", description="Leaves", price="5")
    test = await shop.product("X-001", description="Just a TEST", price="30")
    other = await shop.product("Y-001", price="60", category_id=await shop.category("other"))
    for query, found in (
        ("search=test", {test, other}),
        ("min_price=10&max_price=50", {test}),
        ("max_price=5", {tea}),
        ("category_id=1", {tea, test}),
        ("search=tea-0", {tea}),
        ("search=%25", set()),
    ):
        answer = await shop.http.get(f"/products?{query}")
        assert answer.status_code == 200
        assert {one["id"] for one in answer.json()} == found, query


async def test_product_creation_requires_admin(shop: Any) -> None:
    data = await registered(shop)
    answer = await shop.http.post("/products", json=PRODUCT, headers=bearer(data["access_token"]))
    assert (answer.status_code, answer.json()["error"]) == (403, "Requires admin role")
    admin = await shop.admin()
    await shop.category()
    made = await admin.call("POST", "/products", json=PRODUCT)
    assert (made.status_code, made.json()["price"], made.json()["sku"]) == (200, 29.99, "TEST-001")
    assert (await admin.call("POST", "/products", json=PRODUCT)).status_code == 409


async def test_order_creation(shop: Any) -> None:
    customer = await shop.register()
    product = await shop.product()
    answer = await customer.order((product, 2))
    assert answer.status_code == 200, answer.text
    data = answer.json()
    assert data["user_id"] == customer.user["id"]
    assert data["order_number"].startswith("ORD-")
    assert len(data["order_number"]) == 12
    assert (data["subtotal"], data["tax_amount"], data["shipping_amount"], data["total"]) == (59.98, 4.8, 0.0, 64.78)
    [item] = data["items"]
    assert (item["product_id"], item["quantity"], item["total_price"]) == (product, 2, 59.98)
    assert item["product_snapshot"] == {"name": "Test Product", "sku": "TEST-001", "price": 29.99}
    assert await shop.stock(product) == 98
    assert (await customer.order((99999, 1))).json() == {"error": "Product 99999 not found", "status_code": 404}
    refused = await customer.order((product, 99))
    assert refused.status_code == 409
    assert refused.json()["error"].startswith("Insufficient stock")


async def test_order_listing_authorization(shop: Any) -> None:
    one, two, admin = await shop.register("user1"), await shop.register("user2"), await shop.admin()
    product = await shop.product()
    first, second = [(await customer.order((product, 1))).json() for customer in (one, two)]
    assert (await one.call("GET", "/orders")).json() == [first]
    assert (await two.call("GET", "/orders")).json() == [second]
    assert (await admin.call("GET", "/orders")).json() == [second, first]
    foreign = await one.call("GET", f"/orders/{second['id']}")
    assert (foreign.status_code, foreign.json()["error"]) == (403, "Access denied")
    assert (await admin.call("GET", f"/orders/{second['id']}")).json() == second
    assert (await one.call("GET", "/orders/4711")).json() == {"error": "Order not found", "status_code": 404}


async def test_analytics_requires_admin(shop: Any) -> None:
    customer, admin = await shop.register(), await shop.admin()
    assert (await customer.call("GET", "/analytics/sales")).status_code == 403
    answer = await admin.call("GET", "/analytics/sales")
    assert (answer.status_code, answer.json()["total_orders"]) == (200, 0)


async def test_input_validation(shop: Any) -> None:
    for wrong in ({"email": "invalid-email"}, {"password": "123"}, {"username": "ab"}, {"username": "no space"}):
        answer = await shop.http.post("/auth/register", json=USER | wrong)
        assert answer.status_code == 422
        [mistake] = answer.json()["detail"]
        assert mistake["loc"] == ["body", *wrong]
        assert mistake["msg"]
        assert mistake["type"]
    admin = await shop.admin()
    negative = await admin.call("POST", "/products", json=PRODUCT | {"price": -10})
    assert (negative.status_code, negative.json()["detail"][0]["loc"]) == (422, ["body", "price"])


async def test_pagination(shop: Any) -> None:
    made = [await shop.product(f"SKU-{number:03}") for number in range(15)]
    first = (await shop.http.get("/products?skip=0&limit=10")).json()
    rest = (await shop.http.get("/products?skip=10&limit=10")).json()
    assert [one["id"] for one in first + rest] == made[::-1]
    for query in ("limit=0", "limit=101", "skip=-1", "limit=x"):
        answer = await shop.http.get(f"/products?{query}")
        assert (answer.status_code, answer.json()["detail"][0]["loc"][0]) == (422, "query")


async def test_error_handling(shop: Any) -> None:
    missing = await shop.http.get("/products/99999")
    assert (missing.status_code, missing.json()) == (404, {"error": "Product not found", "status_code": 404})
    assert (await shop.http.get("/products/x")).json()["detail"][0]["loc"] == ["path", "id"]
    bad = await shop.http.get("/auth/me", headers=bearer("invalid_token"))
    assert (bad.status_code, bad.json()["status_code"]) == (401, 401)


async def test_concurrent_requests(shop: Any) -> None:
    await shop.product()
    async with asyncio.timeout(5):
        answers = await asyncio.gather(*(shop.http.get("/products") for _ in range(10)))
    assert [answer.status_code for answer in answers] == [200] * 10
    assert len({answer.content for answer in answers}) == 1


async def test_large_product_list(shop: Any) -> None:
    for number in range(101):
        await shop.product(f"SKU-{number:03}", category_id=1 if number else None)
    answer = await shop.http.get("/products?limit=100")
    assert (answer.status_code, len(answer.json())) == (200, 100)
