"""The routes of document 003, each at ``/`` and at ``/api/v1``."""

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
from starlette.responses import Response

from pegboard import Call, Rate, RouteSpec
from pegboard.json import dumps
from pegboard_models import draft_of, model_of, patch_of

from . import buying, health, sales, selling, signing_in, users
from .catalogue import Category, Product
from .cors import Origins
from .inputs import (
    CategoryQuery,
    KeyDraft,
    LoginQuery,
    OrderDraft,
    OrderQuery,
    ProductQuery,
    Refresh,
    Registration,
    SalesQuery,
    StatusQuery,
    UserQuery,
    UserUpdate,
)
from .outputs import (
    CategoryResponse,
    Health,
    KeyResponse,
    NewKey,
    OrderResponse,
    ProductResponse,
    Sales,
    Tokens,
    Told,
    UserResponse,
)
from .settings import StorefrontSettings
from .words import Renderer

VERSION = "/api/v1"
ACCOUNTS = ("/auth", "/users")
"""What pegboard-accounts serves by routes of its own, below its `prefix`."""
GUESSING = ("auth.register", "auth.login", "auth.refresh")
SMALL, MEDIUM = 16 * 1024, 256 * 1024
"""Bytes of a body."""

OWN = {403: "Somebody else's", 404: "No such user"}
NOT_VALID = {422: "The input is not valid: `detail` says where"}


def _route(name: str, method: str, path: str, handler: Any, summary: str, **more: Any) -> RouteSpec:
    answers: Mapping[int, str] = more.pop("answers", {})
    checked = "{id}" in path or "body" in more or "query" in more
    answers = {**(NOT_VALID if checked else {}), **({} if more.get("anonymous") else GUARDED), **answers}
    options = {"tags": (name.partition(".")[0],), "body_limit": MEDIUM, "answers": answers, **more}
    return RouteSpec(f"shop.{name}", path, handler, (method,), summary, **options)


GUARDED = {403: "No credential (401 is a bad one), or not allowed"}
OPEN = {"anonymous": True}
SIGNING = {**OPEN, "result": Tokens, "body_limit": SMALL}

ROUTES = (
    _route("health", "GET", "/health", health.live, "Whether the shop answers", result=Health, **OPEN),
    _route("health.live", "GET", "/health/live", health.live, "Whether this process answers", result=Health, **OPEN),
    _route(
        "health.ready", "GET", "/health/ready", health.ready, "Whether requests should come here", result=Health,
        answers={503: "The database does not work"}, **OPEN,
    ),
    _route(
        "auth.register", "POST", "/auth/register", signing_in.register, "Register", body=Registration,
        description="`role` is ignored: whoever registers is a user.",
        answers={400: "E-mail or username is taken, or no JSON", 403: "The address must be verified first"},
        **SIGNING,
    ),
    _route(
        "auth.login", "POST", "/auth/login", signing_in.login, "Sign in", query=LoginQuery,
        description="E-mail and password in the query, or `{email, password}` as JSON or form: prefer these, since "
        "addresses end up in histories and logs.",
        answers={
            400: "The body cannot be read", 401: "Invalid credentials", 403: "The address is not verified",
            413: "The body is too large", 415: "Neither JSON nor a form", 429: "Locked for a while",
        },
        **SIGNING,
    ),
    _route(
        "auth.refresh", "POST", "/auth/refresh", signing_in.refresh, "Get new tokens", body=Refresh,
        description="A refresh token is good once; one that is sent twice ends its session.",
        answers={401: "The refresh token is not valid"}, **SIGNING,
    ),
    _route(
        "auth.logout", "POST", "/auth/logout", signing_in.logout, "Sign out", result=Told,
        answers={409: "The caller has a key"},
    ),
    _route("auth.logout-all", "POST", "/auth/logout-all", signing_in.logout_all, "End all sessions", result=Told),
    _route(
        "auth.me", "GET", "/auth/me", signing_in.me, "Who am I?", result=UserResponse,
        answers={404: "The caller is no user"},
    ),
    _route(
        "users.list", "GET", "/users", users.list_users, "List users, newest first", query=UserQuery,
        result=list[UserResponse], scopes=("users:admin",),
    ),
    _route("users.read", "GET", "/users/{id}", users.read_user, "Look at a user", result=UserResponse, answers=OWN),
    _route(
        "users.update", "PUT", "/users/{id}", users.update_user, "Change a user", body=UserUpdate, result=UserResponse,
        description="One's own names and, with `old_password`, e-mail and password; role and activity by admins.",
        answers={400: "E-mail or username is taken, or the body is not JSON", 401: "Not the old password",
                 409: "He is the last admin", 429: "Locked for a while"} | OWN,
    ),
    _route("keys.list", "GET", "/api-keys", users.list_keys, "List one's keys", result=list[KeyResponse]),
    _route(
        "keys.create", "POST", "/api-keys", users.create_key, "Make a key", body=KeyDraft, result=NewKey,
        description="`permissions` are scopes of one's own. The key itself is shown this once.",
        answers={403: "No credential, or more permissions than one has"},
    ),
    _route(
        "keys.revoke", "DELETE", "/api-keys/{id}", users.revoke_key, "Revoke a key", result=Told,
        answers={404: "No such key of one's own"},
    ),
    _route(
        "categories.list", "GET", "/categories", selling.list_categories, "List categories", query=CategoryQuery,
        result=list[CategoryResponse], **OPEN,
    ),
    _route(
        "categories.create", "POST", "/categories", selling.create_category, "Make a category",
        body=draft_of(model_of(Category)), result=CategoryResponse, scopes=("categories:write",),
        answers={409: "The slug is taken"},
    ),
    _route(
        "products.list", "GET", "/products", selling.list_products, "List products, featured first, then newest",
        query=ProductQuery, result=list[ProductResponse], **OPEN,
    ),
    _route(
        "products.read", "GET", "/products/{id}", selling.read_product, "Look at a product", result=ProductResponse,
        answers={404: "Product not found"}, **OPEN,
    ),
    _route(
        "products.create", "POST", "/products", selling.create_product, "Make a product",
        body=draft_of(model_of(Product)), result=ProductResponse, scopes=("products:write",),
        answers={409: "The SKU is taken"},
    ),
    _route(
        "products.update", "PUT", "/products/{id}", selling.update_product, "Change a product",
        description="What is not given stays as it is.", body=patch_of(model_of(Product)), result=ProductResponse,
        scopes=("products:write",), answers={404: "Product not found", 409: "The SKU is taken"},
    ),
    _route(
        "products.delete", "DELETE", "/products/{id}", selling.delete_product, "Take a product out of the shop",
        result=Told, scopes=("products:delete",), answers={404: "Product not found"},
    ),
    _route(
        "orders.list", "GET", "/orders", buying.list_orders, "List one's orders, or all for an admin", query=OrderQuery,
        result=list[OrderResponse], answers={400: "No such status"},
    ),
    _route(
        "orders.read", "GET", "/orders/{id}", buying.read_order, "Look at an order", result=OrderResponse,
        answers={403: "Somebody else's", 404: "Order not found"},
    ),
    _route(
        "orders.create", "POST", "/orders", buying.create_order, "Order", body=OrderDraft, result=OrderResponse,
        description="Tax is 8 %, shipping 9.99 below 50. With an `Idempotency-Key` it is ordered once.",
        idempotent="optional", answers={404: "A product that is not there", 409: "Insufficient stock"},
    ),
    _route(
        "orders.status", "PUT", "/orders/{id}/status", buying.update_status, "Move an order on", query=StatusQuery,
        description="pending, confirmed, shipped, delivered; cancelled before it is shipped, which puts its pieces "
        "back into stock.", result=Told, scopes=("orders:admin",),
        answers={400: "No such status", 404: "Order not found", 409: "Does not follow the status that it has"},
    ),
    _route(
        "sales", "GET", "/analytics/sales", sales.read_sales, "What was sold", query=SalesQuery, result=Sales,
        scopes=("analytics:read",), tags=("analytics",),
    ),
)  # fmt: skip


def served(settings: StorefrontSettings, accounts_at: str) -> Iterator[RouteSpec]:
    """Every route at both places, but for those below ``/api/v1`` that pegboard-accounts serves there itself.

    Those below ``/api/v1`` are in no document: they are the same once more.
    """
    origins = Origins(settings)
    for spec in ROUTES:
        ready = _ready(spec, settings, origins)
        yield ready
        if accounts_at != VERSION or not spec.path.startswith(ACCOUNTS):
            yield _again(ready)
    if origins.allows_any:
        yield from _preflights(origins, accounts_at)


def _again(spec: RouteSpec) -> RouteSpec:
    name = spec.name.replace("shop.", "shop.v1.", 1)
    return attrs.evolve(spec, name=name, path=VERSION + spec.path, hidden=True)


def _ready(spec: RouteSpec, settings: StorefrontSettings, origins: Origins) -> RouteSpec:
    place = "query" if spec.query is not None else "body"
    rate = Rate(settings.rate_requests, settings.rate_window)
    if spec.name.removeprefix("shop.") in GUESSING:
        rate = Rate(settings.sign_ins, 60, by="address")
    handler = _readable(spec, origins) if origins.allows_any else spec.handler
    return attrs.evolve(spec, handler=handler, rate=rate, render=Renderer(place, origins))


def _readable(spec: RouteSpec, origins: Origins) -> Any:
    """The handler of a route whose answers pages of other origins may read."""

    async def handle(call: Call[Any, Any]) -> Any:
        result = await spec.handler(call)
        told = origins.headers(call.request)
        if not told:
            return result
        return Response(dumps(result), spec.status, dict(told), media_type="application/json")

    return handle


def _preflights(origins: Origins, accounts_at: str) -> Iterator[RouteSpec]:
    async def preflight(call: Call[None, None]) -> Response:
        return origins.preflight(call.request)

    for path in dict.fromkeys(spec.path for spec in ROUTES):
        name = f"shop.preflight{path.replace('/', '.').replace('{', '').replace('}', '')}"
        spec = RouteSpec(
            name, path, preflight, ("OPTIONS",), "What pages of other origins may send", anonymous=True, hidden=True
        )
        yield spec
        if accounts_at != VERSION or not path.startswith(ACCOUNTS):
            yield _again(spec)
