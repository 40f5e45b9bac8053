"""The OWASP API Security Top 10 of 2023, line by line."""

import socket
from pathlib import Path
from typing import Any

import jwt
import pytest

from pegboard import StartupError, create_app
from pegboard.testing import running
from pegboard_storefront.routes import ROUTES

pytestmark = pytest.mark.anyio

DEFAULTS = ("your-secret-key-change-in-production", "your-secret-key-here", "your-production-secret-key")
PRODUCT = {
    "name": "Pot",
    "description": "",
    "sku": "POT-1",
    "price": 20,
    "category_id": 1,
    "cost": 7.77,
    "stock_quantity": 9,
}


async def test_api1_objects_of_others_are_not_shown_or_changed(shop: Any) -> None:
    ann, bob, product = await shop.register("ann"), await shop.register("bob"), await shop.product()
    order = (await ann.order((product, 1))).json()["id"]
    key = (await ann.call("POST", "/api-keys", json={"name": "x"})).json()["api_key"]["id"]
    for method, path, status in (
        ("GET", f"/orders/{order}", 403), ("PUT", f"/orders/{order}/status?status=cancelled", 403),
        ("GET", f"/users/{ann.user['id']}", 403), ("PUT", f"/users/{ann.user['id']}", 403),
        ("DELETE", f"/api-keys/{key}", 404),
    ):  # fmt: skip
        answer = await bob.call(method, path, **({"json": {"first_name": "x"}} if path.startswith("/users") else {}))
        assert answer.status_code == status, path
    assert (await bob.call("GET", "/orders")).json() == []


async def test_api2_tokens_that_we_did_not_sign_open_nothing(shop: Any) -> None:
    ann = await shop.register()
    good = ann.tokens["access_token"]
    claims = jwt.decode(good, options={"verify_signature": False})
    header = {"typ": "at+jwt"}
    forged = [
        jwt.encode(claims, None, "none", headers=header),
        jwt.encode(claims, DEFAULTS[0], "HS256", headers=header),
        ann.tokens["refresh_token"],
        good[:-2],
        good.rpartition(".")[0] + ".",
    ]
    for token in forged:
        answer = await shop.http.get("/auth/me", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.json()["status_code"]) == (401, 401), token


async def test_api2_an_access_token_is_no_refresh_token(shop: Any) -> None:
    ann = await shop.register()
    answer = await shop.http.post("/auth/refresh", json={"refresh_token": ann.tokens["access_token"]})
    assert answer.status_code == 401


async def test_api2_a_sign_in_does_not_tell_who_has_an_account(shop: Any) -> None:
    await shop.register("ann")
    answers = [
        await shop.http.post("/auth/login", json={"email": f"{name}@example.com", "password": "wrong-password"})
        for name in ("ann", "nobody")
    ]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    "more", [{"is_admin": True}, {"is_active": True}, {"is_verified": True}, {"id": 1}, {"tenant": "other"}]
)
async def test_api3_nobody_gives_himself_properties(shop: Any, more: dict[str, Any]) -> None:
    given = {
        "email": "a@example.com",
        "username": "ann",
        "password": "testpassword123",
        "first_name": "",
        "last_name": "",
    }
    assert (await shop.http.post("/auth/register", json=given | more)).status_code == 422
    made = await shop.http.post("/auth/register", json=given | {"role": "admin"})
    assert made.json()["user"]["role"] == "user"


async def test_api3_an_order_has_the_prices_of_the_shop(shop: Any) -> None:
    ann, product = await shop.register(), await shop.product()
    line = {"product_id": product, "quantity": 1}
    for items, more in (
        ([line | {"unit_price": 0.01}], {}), ([line], {"total": 0.01}), ([line], {"user_id": 1}),
        ([line], {"status": "delivered"}), ([line | {"quantity": -1}], {}), ([line | {"quantity": 0}], {}),
    ):  # fmt: skip
        body = {"items": items, "shipping_address": {"city": "x"}, "payment_method": "card", **more}
        assert (await ann.call("POST", "/orders", json=body)).status_code == 422, body
    assert await shop.stock(product) == 100


async def test_api3_cost_and_hashes_are_shown_to_nobody(shop: Any) -> None:
    admin = await shop.admin()
    await shop.category()
    made = await admin.call("POST", "/products", json=PRODUCT)
    product = made.json()["id"]
    order = await admin.order((product, 1))
    answers = [made, order, await admin.call("PUT", f"/products/{product}", json={"cost": 7.77, "name": "Pan"})]
    paths = ("/products", f"/products/{product}", "/orders", "/users", "/auth/me", "/api/v1/storefront/products")
    answers += [await admin.call("GET", path) for path in paths]
    for answer in answers:
        assert answer.status_code == 200
        assert not any(word in answer.text for word in ("7.77", "cost", "argon2", "password"))
    for query in ('filter={"cost": 7.77}', "sort=cost", "cost=7.77"):
        assert (await admin.call("GET", f"/api/v1/storefront/products?{query}")).status_code == 422


async def test_api4_nothing_is_asked_for_without_limit(shop: Any) -> None:
    ann, admin = await shop.register(), await shop.admin()
    for who, path in ((ann, "/products"), (ann, "/orders"), (admin, "/users")):
        for query in ("limit=1001", "limit=-1", "skip=100001"):
            assert (await who.call("GET", f"{path}?{query}")).status_code == 422, path
    line = {"product_id": 1, "quantity": 1}
    for body in (
        {"items": [line] * 101}, {"items": [line | {"quantity": 10**12}]}, {"notes": "x" * 2001},
        {"shipping_address": {str(number): "x" for number in range(21)}},
    ):  # fmt: skip
        sent = {"items": [line], "shipping_address": {"city": "x"}, "payment_method": "card", **body}
        assert (await ann.call("POST", "/orders", json=sent)).status_code == 422, [*body]
    large = b'{"notes": "' + b"x" * 300_000 + b'"}'
    assert (await ann.call("POST", "/orders", content=large)).status_code == 413
    assert (await shop.http.post("/auth/register", content=large)).status_code == 413
    assert (await shop.http.get(f"/products?search={'x' * 201}")).status_code == 422


async def test_api4_and_6_calls_are_counted(open_shop: Any) -> None:
    async with open_shop(rate_requests=3, sign_ins=2) as shop:
        answers = [await shop.http.get("/products") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].json()["status_code"] == 429
        assert int(answers[-1].headers["retry-after"]) <= 60
        guesses = [await shop.http.post("/auth/login", params={"email": "x", "password": "y"}) for _ in range(3)]
        assert [guess.status_code for guess in guesses] == [401, 401, 429]


async def test_api5_what_admins_do_is_for_admins(shop: Any) -> None:
    ann, product = await shop.register(), await shop.product()
    guarded = [route for route in ROUTES if route.scopes]
    assert {route.path for route in guarded} == {
        "/users", "/categories", "/products", "/products/{id}", "/orders/{id}/status", "/analytics/sales",
    }  # fmt: skip
    for route in guarded:
        path = route.path.replace("{id}", str(product))
        nobody = await shop.http.request(*route.methods, path)
        user = await ann.call(*route.methods, path, json={})
        assert (nobody.status_code, nobody.json()["error"]) == (403, "Not authenticated")
        assert (user.status_code, user.json()["error"]) == (403, "Requires admin role")
    assert (await ann.call("GET", "/api/v1/storefront/orders")).status_code == 403


async def test_api7_addresses_that_callers_give_are_never_asked(shop: Any) -> None:
    admin = await shop.admin()
    await shop.category()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/secret"
        body = {**PRODUCT, "images": [url], "attributes": {"manual": url}}
        made = await admin.call("POST", "/products", json=body)
        assert made.json()["images"] == [url]
        await shop.http.get(f"/products/{made.json()['id']}")
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("secret", DEFAULTS)
async def test_api8_a_secret_of_the_document_keeps_the_app_from_starting(open_shop: Any, secret: str) -> None:
    with pytest.raises(StartupError, match="everybody knows"):
        async with open_shop(accounts={"secret_key": secret}):
            pass


async def test_api8_any_origin_with_credentials_keeps_the_app_from_starting(open_shop: Any) -> None:
    with pytest.raises(StartupError, match="ALLOWED_ORIGINS"):
        async with open_shop(allow_credentials=True):
            pass


async def test_api8_pages_of_other_origins_read_what_the_settings_say(open_shop: Any) -> None:
    shop_page, evil = "https://shop.example.com", "https://evil.example.com"
    async with open_shop(allowed_origins=[shop_page], allow_credentials=True) as shop:
        for path, status in (("/products", 200), ("/products/99", 404), ("/auth/me", 403)):
            answer = await shop.http.get(path, headers={"Origin": shop_page})
            assert answer.status_code == status
            assert answer.headers["access-control-allow-origin"] == shop_page
            assert answer.headers["access-control-allow-credentials"] == "true"
            refused = await shop.http.get(path, headers={"Origin": evil})
            assert "access-control-allow-origin" not in refused.headers
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        good = await shop.http.options("/orders", headers={"Origin": shop_page, **asked})
        bad = await shop.http.options("/orders", headers={"Origin": evil, **asked})
        assert (good.status_code, good.headers["access-control-allow-origin"]) == (200, shop_page)
        assert (bad.status_code, "access-control-allow-origin" in bad.headers) == (400, False)
        assert (await shop.http.options("/orders")).status_code == 204


async def test_api8_any_origin_may_read_without_credentials(shop: Any) -> None:
    answer = await shop.http.get("/products", headers={"Origin": "https://page.example.com"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert "access-control-allow-origin" not in (await shop.http.get("/products")).headers


async def test_api8_errors_tell_nothing_of_the_inside(shop: Any) -> None:
    ann = await shop.register()
    for path in ("/products/0", "/products/-1", "/products/1e3", "/products/9999999999999999999999", "/products/%00"):
        answer = await shop.http.get(path)
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["path", "id"]
    for search in ("'; DROP TABLE storefront_products; --", "%", "_", "\\", "{{7*7}}", "\0"):
        answer = await ann.call("GET", "/products", params={"search": search})
        assert answer.status_code in (200, 422)
        assert not any(word in answer.text for word in ("SELECT", "Traceback", "sqlalchemy"))


async def test_api9_every_route_is_in_the_document_or_its_double(shop: Any) -> None:
    document = (await shop.http.get("/openapi.json")).json()["paths"]
    for route in ROUTES:
        described = document[route.path][route.methods[0].lower()]
        assert described["operationId"] == route.name
        if not route.anonymous:
            assert "403" in described["responses"]
    login = document["/auth/login"]["post"]
    assert {"email", "password"} == {one["name"] for one in login["parameters"]}
    assert "JSON or form" in login["description"]


async def test_api10_a_name_is_text_whatever_is_in_it(shop: Any) -> None:
    """What others send is data: it is neither code, nor SQL, nor markup."""
    for number, name in enumerate(("{user_data['x']}", "'); import os #", "<script>alert(1)</script>", "${7*7}")):
        customer = await shop.register(f"user{number}", first_name=name)
        assert (await customer.call("GET", "/auth/me")).json()["first_name"] == name


async def test_a_setting_comes_by_the_documents_name(tmp_path: Path) -> None:
    from pegboard_storefront import StorefrontSettings

    environ = {
        "ALLOWED_ORIGINS": "https://a.example.com,https://b.example.com",
        "RATE_LIMIT_REQUESTS": "7",
        "RATE_LIMIT_WINDOW": "9",
        "SECRET_KEY": "of these tests 0123456789 abcdefghijk",
        "PEGBOARD_DATA": str(tmp_path),
    }
    app = create_app(environ=environ)
    async with running(app):
        found = app.state.board.settings.of(StorefrontSettings)
    assert found.allowed_origins == ("https://a.example.com", "https://b.example.com")
    assert (found.rate_requests, found.rate_window) == (7, 9)
