"""``/api/v1/users`` and ``/api/v1/tenants``"""

from typing import Any

import attrs
from attrs.validators import max_len, optional

from pegboard import Call, Rate, RouteSpec
from pegboard_store import Page

from .accounts import Accounts
from .auth_routes import MAILING, TEXT, Code, Told
from .members import UserQuery
from .sessions import SignedIn
from .tenants import Membership
from .users import Account, UserChange

MAYBE = optional(max_len(2000))


@attrs.frozen
class UserUpdate:
    """What is to change; what is left out stays. A new e-mail or password needs `current_password`."""

    email: str | None = attrs.field(default=None, validator=MAYBE)
    username: str | None = attrs.field(default=None, validator=MAYBE)
    first_name: str | None = attrs.field(default=None, validator=MAYBE)
    last_name: str | None = attrs.field(default=None, validator=MAYBE)
    password: str | None = attrs.field(default=None, validator=MAYBE, repr=False)
    current_password: str = attrs.field(default="", validator=TEXT, repr=False)
    role: str | None = attrs.field(default=None, validator=MAYBE)
    is_active: bool | None = None


@attrs.frozen
class TenantRequest:
    name: str = attrs.field(validator=TEXT)


@attrs.frozen
class Invitation:
    """`role` is that of who registers, when left out."""

    email: str = attrs.field(validator=TEXT)
    role: str = attrs.field(default="", validator=TEXT)


@attrs.frozen
class Tenancies:
    data: tuple[Membership, ...]


async def list_users(call: Call[None, UserQuery]) -> Page[Account]:
    return await _accounts(call).page_users(call.caller.tenant, call.query)


async def read_user(call: Call[None, None]) -> Account:
    return await _accounts(call).get_user(call.caller, call.path["id"])


async def update_user(call: Call[UserUpdate, None]) -> Account:
    given = attrs.asdict(call.body)
    current = given.pop("current_password")
    change = UserChange(**given)
    return await _accounts(call).update_user(
        call.caller, call.path["id"], change, current_password=current, request=call.request
    )


async def list_tenants(call: Call[None, None]) -> Tenancies:
    return Tenancies(tuple(await _accounts(call).list_tenants(call.caller)))


async def create_tenant(call: Call[TenantRequest, None]) -> Membership:
    return await _accounts(call).create_tenant(call.caller, call.body.name, call.request)


async def switch(call: Call[None, None]) -> SignedIn:
    return await _accounts(call).switch_tenant(call.caller, call.path["id"], call.request)


async def invite(call: Call[Invitation, None]) -> Told:
    await _accounts(call).invite(call.caller, call.body.email, call.body.role, call.request)
    return Told("the invitation is on its way")


async def accept(call: Call[Code, None]) -> Membership:
    return await _accounts(call).accept_invitation(call.caller, call.body.code, call.request)


def _accounts(call: Call[Any, Any]) -> Accounts:
    return call.services.get(Accounts)


USER_ROUTES = (
    RouteSpec(
        "users.list",
        "/api/v1/users",
        list_users,
        summary="List users",
        tags=("users",),
        scopes=("users:read",),
        query=UserQuery,
        result=Page[Account],
    ),
    RouteSpec(
        "users.read",
        "/api/v1/users/{id}",
        read_user,
        summary="Look at a user",
        description="Oneself; others with the scope users:read.",
        tags=("users",),
        result=Account,
        answers={403: "Somebody else", 404: "No such user in the caller's tenant"},
    ),
    RouteSpec(
        "users.update",
        "/api/v1/users/{id}",
        update_user,
        methods=("PATCH",),
        summary="Change a user",
        description="Oneself; names, role and activity of others with the scope users:write.",
        tags=("users",),
        rate=Rate(60, 60),
        body=UserUpdate,
        result=Account,
        answers={
            401: "Not the current password",
            403: "Not the caller's to change",
            404: "No such user in the caller's tenant",
            409: "The address or the name is taken, or he is the last admin",
            422: "Not a change that could be made",
            429: "Locked for a while",
        },
    ),
    RouteSpec(
        "tenants.list",
        "/api/v1/tenants",
        list_tenants,
        summary="List the tenants that one is a member of",
        tags=("tenants",),
        result=Tenancies,
    ),
    RouteSpec(
        "tenants.create",
        "/api/v1/tenants",
        create_tenant,
        methods=("POST",),
        summary="Make a tenant",
        description="The caller becomes its admin; switch to it to work in it.",
        tags=("tenants",),
        scopes=("tenants:write",),
        body=TenantRequest,
        result=Membership,
        status=201,
        answers={404: "The caller is no user", 422: "Not a name"},
    ),
    RouteSpec(
        "tenants.switch",
        "/api/v1/tenants/{id}/switch",
        switch,
        methods=("POST",),
        summary="Sign in to another of one's tenants",
        tags=("tenants",),
        result=SignedIn,
        answers={404: "Not a tenant of the caller's", 409: "The caller has a key"},
    ),
    RouteSpec(
        "tenants.invite",
        "/api/v1/invitations",
        invite,
        methods=("POST",),
        summary="Invite somebody to the caller's tenant",
        tags=("tenants",),
        scopes=("users:write",),
        rate=MAILING,
        body=Invitation,
        result=Told,
        status=202,
        answers={403: "A role with scopes that the caller lacks", 422: "Not an invitation that could be sent"},
    ),
    RouteSpec(
        "tenants.accept",
        "/api/v1/invitations/accept",
        accept,
        methods=("POST",),
        summary="Join the tenant of an invitation",
        tags=("tenants",),
        body=Code,
        result=Membership,
        answers={400: "The invitation is not valid any more, or was sent to another address"},
    ),
)
