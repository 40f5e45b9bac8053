"""Orders: exact sums, stock that goes down and comes back, statuses in their order."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard_storefront.pricing import CENT, LARGEST, TooExpensive, totals

pytestmark = pytest.mark.anyio

prices = st.decimals(0, 10**10, places=2, allow_nan=False)


@given(st.lists(st.tuples(prices, st.integers(1, 10**6)), min_size=1, max_size=100))
def test_the_total_is_the_sum_of_its_parts(basket: list[tuple[Decimal, int]]) -> None:
    lines = [price * quantity for price, quantity in basket]
    try:
        made = totals(lines)
    except TooExpensive:
        assert sum(lines) * Decimal("1.08") > LARGEST - 10
        return
    assert made.total == made.subtotal + made.tax_amount + made.shipping_amount
    assert made.subtotal == sum(lines)
    assert abs(made.tax_amount - made.subtotal * 8 / 100) <= CENT / 2
    assert made.shipping_amount == (Decimal("9.99") if made.subtotal < 50 else 0)
    assert all(value == value.quantize(CENT) for value in (made.subtotal, made.tax_amount, made.total))


@pytest.mark.parametrize(("price", "shipping"), [("49.99", "9.99"), ("50.00", "0"), ("0.00", "9.99")])
def test_shipping_is_free_from_fifty_on(price: str, shipping: str) -> None:
    assert totals([Decimal(price)]).shipping_amount == Decimal(shipping)


async def test_one_product_in_several_lines_is_counted_together(shop: Any) -> None:
    customer, product = await shop.register(), await shop.product(stock_quantity=5)
    assert (await customer.order((product, 3), (product, 3))).status_code == 409
    made = await customer.order((product, 3), (product, 2))
    assert [item["quantity"] for item in made.json()["items"]] == [3, 2]
    assert await shop.stock(product) == 0


async def test_a_number_that_is_taken_is_drawn_again(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    customer, product = await shop.register(), await shop.product()
    drawn = iter(["11111111", "11111111", "22222222"])
    monkeypatch.setattr("pegboard_storefront.buying.token_hex", lambda size: next(drawn))
    made = [(await customer.order((product, 1))).json()["order_number"] for _ in range(2)]
    assert made == ["ORD-11111111", "ORD-22222222"]
    assert await shop.stock(product) == 98


async def test_an_order_that_fails_changes_nothing(shop: Any) -> None:
    customer = await shop.register()
    plenty, few = await shop.product("AAA"), await shop.product("BBB", stock_quantity=1)
    assert (await customer.order((plenty, 1), (few, 2))).status_code == 409
    assert (await customer.order((plenty, 1), (9999, 1))).status_code == 404
    assert [await shop.stock(one) for one in (plenty, few)] == [100, 1]
    assert (await customer.call("GET", "/orders")).json() == []


async def test_what_is_not_for_sale_is_not_sold(shop: Any) -> None:
    customer, admin = await shop.register(), await shop.admin()
    hidden, deleted = await shop.product("AAA", is_active=False), await shop.product("BBB")
    answer = await admin.call("DELETE", f"/products/{deleted}")
    assert answer.json() == {"message": "Product deleted successfully"}
    assert (await admin.call("DELETE", f"/products/{deleted}")).status_code == 404
    assert [(await customer.order((one, 1))).status_code for one in (hidden, deleted)] == [404, 404]
    assert (await shop.http.get("/products")).json() == []
    assert len((await shop.http.get("/products?is_active=false")).json()) == 1


async def test_an_order_keeps_what_a_product_was(shop: Any) -> None:
    customer, admin, product = await shop.register(), await shop.admin(), await shop.product()
    order = (await customer.order((product, 1))).json()
    changed = await admin.call("PUT", f"/products/{product}", json={"price": 1, "name": "Other", "weight": None})
    assert (changed.json()["price"], changed.json()["name"], changed.json()["sku"]) == (1.0, "Other", "TEST-001")
    assert (await customer.call("GET", f"/orders/{order['id']}")).json() == order


async def test_statuses_follow_one_another(shop: Any) -> None:
    customer, admin, product = await shop.register(), await shop.admin(), await shop.product()
    order = (await customer.order((product, 1))).json()["id"]
    move = f"/orders/{order}/status"
    assert (await customer.call("PUT", f"{move}?status=confirmed")).status_code == 403
    for status, expected in (
        ("shipped", 409), ("delivered", 409), ("pending", 409), ("lost", 400), ("confirmed", 200), ("confirmed", 409),
        ("shipped", 200), ("cancelled", 409), ("delivered", 200), ("cancelled", 409),
    ):  # fmt: skip
        answer = await admin.call("PUT", move, params={"status": status})
        assert answer.status_code == expected, (status, answer.text)
    assert (await admin.call("PUT", move)).json()["detail"][0] == {
        "loc": ["query", "status"],
        "msg": "is missing",
        "type": "missing",
    }
    assert (await admin.call("PUT", "/orders/4711/status?status=shipped")).status_code == 404
    assert [one["id"] for one in (await customer.call("GET", "/orders?status=delivered")).json()] == [order]
    assert (await customer.call("GET", "/orders?status=pending")).json() == []
    assert (await customer.call("GET", "/orders?status=lost")).status_code == 400


async def test_cancelling_puts_the_pieces_back_once(shop: Any) -> None:
    customer, admin = await shop.register(), await shop.admin()
    one, two = await shop.product("AAA"), await shop.product("BBB")
    order = (await customer.order((one, 3), (two, 4), (one, 1))).json()["id"]
    await admin.call("DELETE", f"/products/{two}")
    answers = [await admin.call("PUT", f"/orders/{order}/status?status=cancelled") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 409]
    assert answers[0].json() == {"message": "Order status updated to cancelled"}
    assert [await shop.stock(product) for product in (one, two)] == [100, 100]


async def test_sales_are_what_was_sold(shop: Any) -> None:
    customer, admin = await shop.register(), await shop.admin()
    cheap, dear = await shop.product("AAA", price="10"), await shop.product("BBB", price="100")
    orders = [(await customer.order(*items)).json() for items in [((cheap, 5),), ((dear, 1), (cheap, 1)), ((dear, 9),)]]
    await admin.call("PUT", f"/orders/{orders[2]['id']}/status?status=cancelled")
    found = (await admin.call("GET", "/analytics/sales?days=7")).json()
    revenue = round(orders[0]["total"] + orders[1]["total"], 2)
    assert (found["period_days"], found["total_orders"], found["total_revenue"]) == (7, 2, revenue)
    assert found["average_order_value"] == round(revenue / 2, 2)
    [(day, sales)] = found["daily_sales"].items()
    assert (day, sales) == (orders[0]["created_at"][:10], {"orders": 2, "revenue": revenue})
    assert found["top_products"] == [
        {"product_id": dear, "quantity": 1, "revenue": 100.0},
        {"product_id": cheap, "quantity": 6, "revenue": 60.0},
    ]
    assert [(await admin.call("GET", f"/analytics/sales?days={days}")).status_code for days in (0, 366)] == [422, 422]


async def test_products_come_featured_first_then_newest(shop: Any) -> None:
    old, star, new = [
        await shop.product(f"SKU-{number}", featured=number == 1, category_id=None if number == 0 else 1)
        for number in range(3)
    ]
    assert [one["id"] for one in (await shop.http.get("/products")).json()] == [star, new, old]
    assert [one["id"] for one in (await shop.http.get("/products?featured=true")).json()] == [star]


async def test_categories_come_in_their_order(shop: Any) -> None:
    admin = await shop.admin()
    tea = await shop.category("tea", sort_order=2)
    await shop.category("coffee", sort_order=1)
    await shop.category("gone", is_active=False)
    made = await admin.call("POST", "/categories", json={"name": "B", "slug": "b", "description": "", "parent_id": tea})
    assert made.json() == {
        "id": made.json()["id"], "name": "B", "slug": "b", "description": "", "parent_id": tea, "is_active": True,
        "sort_order": 0, "metadata": {},
    }  # fmt: skip
    assert [one["slug"] for one in (await shop.http.get("/categories")).json()] == ["b", "coffee", "tea"]
    assert [one["slug"] for one in (await shop.http.get(f"/categories?parent_id={tea}")).json()] == ["b"]
    assert [one["slug"] for one in (await shop.http.get("/categories?is_active=false")).json()] == ["gone"]
    unknown = await admin.call(
        "POST", "/categories", json={"name": "C", "slug": "c", "description": "", "parent_id": 99}
    )
    assert (unknown.status_code, unknown.json()["detail"][0]["loc"]) == (422, ["body", "parent_id"])


async def test_bounds_of_prices_are_any_numbers(shop: Any) -> None:
    await shop.product(price="10.00")
    for query, count in (
        ("min_price=9.999", 1), ("min_price=10.001", 0), ("max_price=10.001", 1), ("max_price=9.999", 0),
        ("max_price=1e30", 1), ("min_price=1e30", 0), ("min_price=-1e30", 1), ("min_price=1e-30", 1),
    ):  # fmt: skip
        assert len((await shop.http.get(f"/products?{query}")).json()) == count, query
    for query in ("min_price=NaN", "max_price=Infinity", "min_price=x"):
        answer = await shop.http.get(f"/products?{query}")
        assert (answer.status_code, answer.json()["detail"][0]["loc"][0]) == (422, "query")
