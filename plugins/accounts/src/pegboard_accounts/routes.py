"""``/api/v1/keys``"""

from collections.abc import Iterable, Iterator
from datetime import datetime

import attrs
from attrs.validators import max_len, min_len

from pegboard import Call, RouteSpec
from pegboard_store import Page, PageQuery

from .accounts import Accounts
from .keys import CreatedKey, Key

PREFIX = "/api/v1"


@attrs.frozen
class KeyRequest:
    """A key to be made. `expires_at` is a time with zone; null is never."""

    name: str = attrs.field(validator=[min_len(1), max_len(200)], metadata={"help": "what it is for"})
    scopes: tuple[str, ...] = attrs.field(
        validator=[min_len(1), max_len(100)],
        metadata={"help": "such as widgets:read; widgets:* is all of widgets, * is everything that you may do"},
    )
    expires_at: datetime | None = None


async def list_keys(call: Call[None, PageQuery]) -> Page[Key]:
    return await call.services.get(Accounts).list_keys(call.caller.tenant, call.query)


async def create_key(call: Call[KeyRequest, None]) -> CreatedKey:
    asked = call.body
    accounts = call.services.get(Accounts)
    return await accounts.create_key(call.caller, asked.name, asked.scopes, asked.expires_at, request=call.request)


async def revoke_key(call: Call[None, None]) -> None:
    accounts = call.services.get(Accounts)
    await accounts.revoke_key(call.caller.tenant, call.path["id"], by=call.caller, request=call.request)


ROUTES = (
    RouteSpec(
        "keys.list",
        "/api/v1/keys",
        list_keys,
        summary="List API keys",
        description="The keys of the caller's tenant, revoked ones included; no secret is among it.",
        tags=("keys",),
        scopes=("keys:read",),
        query=PageQuery,
        result=Page[Key],
    ),
    RouteSpec(
        "keys.create",
        "/api/v1/keys",
        create_key,
        methods=("POST",),
        summary="Make an API key",
        description="The answer is the only place where its secret is shown. It grants no more than the caller has.",
        tags=("keys",),
        scopes=("keys:write",),
        body=KeyRequest,
        result=CreatedKey,
        status=201,
        answers={403: "A scope that the caller lacks", 422: "Not a key that could be made"},
    ),
    RouteSpec(
        "keys.revoke",
        "/api/v1/keys/{id}",
        revoke_key,
        methods=("DELETE",),
        summary="Revoke an API key",
        description="It is refused from the next request on, in every process.",
        tags=("keys",),
        scopes=("keys:delete",),
        status=204,
        answers={404: "No such key in the caller's tenant"},
    ),
)


def placed(routes: Iterable[RouteSpec], prefix: str) -> Iterator[RouteSpec]:
    """Routes below another prefix than ``/api/v1``; what a standard places elsewhere stays there."""
    for route in routes:
        own = route.path.startswith(f"{PREFIX}/")
        yield attrs.evolve(route, path=prefix + route.path.removeprefix(PREFIX)) if own else route
