"""Users, their sessions and the keys of their programs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.anyio


async def test_usernames_are_kept_in_lower_case(shop: Any) -> None:
    ann = await shop.register("ANN7")
    assert ann.user["username"] == "ann7"
    taken = {"email": "other@example.com", "username": "Ann7", "password": "testpassword123"}
    answer = await shop.http.post("/auth/register", json=taken | {"first_name": "", "last_name": ""})
    assert (answer.status_code, answer.json()["error"]) == (400, "Email or username already exists")


async def test_a_refresh_token_that_is_used_twice_ends_its_family(shop: Any) -> None:
    ann = await shop.register()
    once = {"refresh_token": ann.tokens["refresh_token"]}
    fresh = await shop.http.post("/auth/refresh", json=once)
    assert fresh.status_code == 200
    assert (await shop.http.post("/auth/refresh", json=once)).status_code == 401
    last = {"refresh_token": fresh.json()["refresh_token"]}
    assert (await shop.http.post("/auth/refresh", json=last)).status_code == 401
    assert (await ann.call("GET", "/auth/me")).status_code == 401


async def test_who_signs_out_is_out(shop: Any) -> None:
    ann = await shop.register()
    assert (await ann.call("POST", "/auth/logout")).status_code == 200
    assert (await ann.call("GET", "/auth/me")).status_code == 401
    bob = await shop.register("bob")
    other = await shop.http.post("/auth/login", params={"email": "bob@example.com", "password": "testpassword123"})
    assert (await bob.call("POST", "/auth/logout-all")).status_code == 200
    headers = {"Authorization": f"Bearer {other.json()['access_token']}"}
    assert (await shop.http.get("/auth/me", headers=headers)).status_code == 401


async def test_a_sign_in_says_what_it_lacks(shop: Any) -> None:
    empty = await shop.http.post("/auth/login")
    assert [one["loc"] for one in empty.json()["detail"]] == [["query", "email"], ["query", "password"]]
    half = await shop.http.post("/auth/login", json={"email": "a@example.com"})
    assert (half.status_code, half.json()["detail"][0]["loc"]) == (422, ["body", "password"])
    for content, kind, status in (
        (b"{", "application/json", 400), (b"a=%ff", "application/x-www-form-urlencoded", 400),
        (b"email=a&email=b", "application/x-www-form-urlencoded", 400), (b"<x/>", "text/xml", 415),
        (b"x" * 20_000, "application/json", 413), (b"[]", "application/json", 422),
    ):  # fmt: skip
        answer = await shop.http.post("/auth/login", content=content, headers={"Content-Type": kind})
        assert answer.status_code == status, content[:20]


async def test_admins_list_users_newest_first(shop: Any) -> None:
    admin = await shop.admin()
    ann, bob = await shop.register("ann"), await shop.register("bob")
    assert (await ann.call("GET", "/users")).status_code == 403
    assert [one["id"] for one in (await admin.call("GET", "/users?limit=2")).json()] == [bob.user["id"], ann.user["id"]]
    assert [one["role"] for one in (await admin.call("GET", "/users?role=admin")).json()] == ["admin"]
    await admin.call("PUT", f"/users/{ann.user['id']}", json={"is_active": False})
    assert [one["id"] for one in (await admin.call("GET", "/users?is_active=false")).json()] == [ann.user["id"]]
    assert (await ann.call("GET", "/auth/me")).status_code == 401
    for query in ("limit=0", "limit=1001", "skip=-1"):
        assert (await admin.call("GET", f"/users?{query}")).status_code == 422


async def test_one_changes_oneself_and_admins_others(shop: Any) -> None:
    ann, bob, admin = await shop.register("ann"), await shop.register("bob"), await shop.admin()
    mine = f"/users/{ann.user['id']}"
    assert (await ann.call("PUT", mine, json={"first_name": "Anna"})).json()["first_name"] == "Anna"
    assert (await ann.call("PUT", mine, json={"role": "admin"})).json()["error"] == "Access denied"
    assert (await bob.call("PUT", mine, json={"first_name": "x"})).status_code == 403
    assert (await bob.call("GET", mine)).status_code == 403
    assert (await bob.call("GET", "/users/4711")).status_code == 403
    assert (await admin.call("GET", "/users/4711")).json() == {"error": "User not found", "status_code": 404}
    assert (await admin.call("PUT", mine, json={"role": "manager"})).json()["role"] == "manager"
    assert (await ann.call("GET", f"/users/{bob.user['id']}")).status_code == 403
    assert (await ann.call("PUT", mine, json={"username": "bob"})).status_code == 400


async def test_a_new_password_needs_the_old_one(shop: Any) -> None:
    ann = await shop.register("ann")
    mine = f"/users/{ann.user['id']}"
    for sent in ({"password": "anothersecret9"}, {"email": "other@example.com", "old_password": "wrong"}):
        assert (await ann.call("PUT", mine, json=sent)).status_code == 401
    changed = {"password": "anothersecret9", "old_password": "testpassword123"}
    assert (await ann.call("PUT", mine, json=changed)).status_code == 200
    for password, status in (("testpassword123", 401), ("anothersecret9", 200)):
        given = {"email": "ann@example.com", "password": password}
        assert (await shop.http.post("/auth/login", json=given)).status_code == status


async def test_a_key_is_shown_once_and_works_until_it_is_revoked(shop: Any) -> None:
    ann, product = await shop.register("ann"), await shop.product()
    made = (await ann.call("POST", "/api-keys", json={"name": "robot"})).json()
    headers = {"X-API-Key": made["key"]}
    assert made["api_key"]["permissions"] == []
    assert made["api_key"]["is_active"]
    assert (await shop.http.get("/auth/me", headers=headers)).json()["username"] == "ann"
    [listed] = (await ann.call("GET", "/api-keys")).json()
    assert "key" not in listed
    assert listed["id"] == made["api_key"]["id"]
    item = {"items": [{"product_id": product, "quantity": 1}], "shipping_address": {"city": "x"}, "payment_method": "c"}
    assert (await shop.http.post("/orders", json=item, headers=headers)).status_code == 200
    assert (await shop.http.post("/api-keys", json={"name": "child"}, headers=headers)).status_code == 403
    assert (await ann.call("DELETE", f"/api-keys/{listed['id']}")).status_code == 200
    assert (await shop.http.get("/auth/me", headers=headers)).status_code == 401


async def test_nobody_makes_or_revokes_a_key_beyond_himself(shop: Any) -> None:
    ann, bob, admin = await shop.register("ann"), await shop.register("bob"), await shop.admin()
    refused = await ann.call("POST", "/api-keys", json={"name": "x", "permissions": ["products:write"]})
    assert (refused.status_code, refused.json()["error"]) == (403, "Access denied")
    wrong = await admin.call("POST", "/api-keys", json={"name": "x", "permissions": ["No Scope"]})
    assert wrong.json()["detail"][0]["loc"] == ["body", "permissions"]
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    assert (await ann.call("POST", "/api-keys", json={"name": "x", "expires_at": past})).status_code == 422
    key = (await ann.call("POST", "/api-keys", json={"name": "x"})).json()["api_key"]["id"]
    assert (await bob.call("DELETE", f"/api-keys/{key}")).status_code == 404
    made = await admin.call("POST", "/api-keys", json={"name": "x", "permissions": ["categories:write"]})
    headers = {"X-API-Key": made.json()["key"]}
    category = {"name": "Tea", "slug": "tea", "description": ""}
    assert (await shop.http.post("/categories", json=category, headers=headers)).status_code == 200
    assert (await shop.http.get("/users", headers=headers)).status_code == 403


async def test_five_failures_lock_an_account_for_a_while(shop: Any) -> None:
    await shop.register("ann")
    wrong = {"email": "ann@example.com", "password": "wrong-password"}
    answers = [await shop.http.post("/auth/login", json=wrong) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401] * 5
    right = await shop.http.post("/auth/login", json=wrong | {"password": "testpassword123"})
    assert (right.status_code, right.json()["status_code"], right.headers["retry-after"].isdecimal()) == (
        429,
        429,
        True,
    )


async def test_where_addresses_are_verified_nobody_is_signed_in_before(open_shop: Any) -> None:
    async with open_shop(accounts={"verification": "required"}) as shop:
        given = {"email": "ann@example.com", "username": "ann", "password": "testpassword123"}
        made = await shop.http.post("/auth/register", json=given | {"first_name": "", "last_name": ""})
        signed = await shop.http.post("/auth/login", json={name: given[name] for name in ("email", "password")})
        for answer in (made, signed):
            assert (answer.status_code, answer.json()["error"].startswith("verify the e-mail address")) == (403, True)


async def test_the_key_of_the_environment_is_no_user(open_shop: Any) -> None:
    async with open_shop(accounts={"api_key": "key-of-these-tests-0123"}) as shop:
        headers, product = {"X-API-Key": "key-of-these-tests-0123"}, await shop.product()
        item = {
            "items": [{"product_id": product, "quantity": 1}],
            "shipping_address": {"c": "x"},
            "payment_method": "c",
        }
        for method, path, more in (("GET", "/auth/me", {}), ("POST", "/orders", {"json": item})):
            answer = await shop.http.request(method, path, headers=headers, **more)
            assert (answer.status_code, answer.json()["error"]) == (404, "User not found")
        assert (await shop.http.get("/users", headers=headers)).json() == []
