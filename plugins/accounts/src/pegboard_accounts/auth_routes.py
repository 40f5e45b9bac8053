"""``/api/v1/auth``"""

from typing import Any

import attrs
from attrs.validators import max_len

from pegboard import Call, Rate, RouteSpec

from .accounts import Accounts
from .sessions import SignedIn
from .short_errors import render
from .users import Account, NewUser

TEXT: Any = max_len(2000)
GUESSING = Rate(20, 60, by="address")
MAILING = Rate(5, 60, by="address")
LIMIT = 16 * 1024


@attrs.frozen
class Registration:
    """Who registers; a role is not among it. `invitation` is the code of one."""

    email: str = attrs.field(validator=TEXT)
    password: str = attrs.field(validator=TEXT, repr=False)
    username: str = attrs.field(default="", validator=TEXT)
    first_name: str = attrs.field(default="", validator=TEXT)
    last_name: str = attrs.field(default="", validator=TEXT)
    invitation: str = attrs.field(default="", validator=TEXT, repr=False)
    role: Any = None
    """Ignored, since programs that were written for other servers send one."""


@attrs.frozen
class Login:
    email: str = attrs.field(validator=TEXT)
    password: str = attrs.field(validator=TEXT, repr=False)
    tenant: str = attrs.field(default="", validator=TEXT)


@attrs.frozen
class Refresh:
    refresh_token: str = attrs.field(validator=TEXT, repr=False)


@attrs.frozen
class Code:
    code: str = attrs.field(validator=TEXT, repr=False)


@attrs.frozen
class Address:
    email: str = attrs.field(validator=TEXT)


@attrs.frozen
class Reset:
    code: str = attrs.field(validator=TEXT, repr=False)
    password: str = attrs.field(validator=TEXT, repr=False)


@attrs.frozen
class PasswordChange:
    old_password: str = attrs.field(validator=TEXT, repr=False)
    new_password: str = attrs.field(validator=TEXT, repr=False)


@attrs.frozen
class Told:
    message: str


async def register(call: Call[Registration, None]) -> SignedIn | Told:
    asked = call.body
    new = NewUser(asked.email, asked.password, asked.username, asked.first_name, asked.last_name)
    signed = await _accounts(call).register(new, invitation=asked.invitation, request=call.request)
    return signed or Told("verify the address: a code is on its way to it")


async def login(call: Call[Login, None]) -> SignedIn:
    asked = call.body
    return await _accounts(call).login(asked.email, asked.password, tenant=asked.tenant, request=call.request)


async def refresh(call: Call[Refresh, None]) -> SignedIn:
    return await _accounts(call).refresh(call.body.refresh_token, call.request)


async def logout(call: Call[None, None]) -> None:
    await _accounts(call).logout(call.caller, call.request)


async def logout_all(call: Call[None, None]) -> None:
    await _accounts(call).logout_all(call.caller, call.request)


async def me(call: Call[None, None]) -> Account:
    return await _accounts(call).me(call.caller)


async def verify_email(call: Call[Code, None]) -> None:
    await _accounts(call).verify_email(call.body.code, call.request)


async def send_verification(call: Call[None, None]) -> Told:
    account = await _accounts(call).me(call.caller)
    if not account.is_verified:
        _accounts(call).send_verification(account.email)
    return Told("a code is on its way, unless the address is verified already")


async def forgot_password(call: Call[Address, None]) -> Told:
    await _accounts(call).forgot_password(call.body.email)
    return Told("if there is such an account, a code is on its way")


async def reset_password(call: Call[Reset, None]) -> None:
    await _accounts(call).reset_password(call.body.code, call.body.password, call.request)


async def change_password(call: Call[PasswordChange, None]) -> None:
    asked = call.body
    await _accounts(call).change_password(call.caller, asked.old_password, asked.new_password, call.request)


async def public_keys(call: Call[None, None]) -> dict[str, Any]:
    return dict(_accounts(call).public_keys())


def _accounts(call: Call[Any, Any]) -> Accounts:
    return call.services.get(Accounts)


def _route(name: str, handler: Any, summary: str, **more: Any) -> RouteSpec:
    path = f"/api/v1/auth/{name}"
    options = {"methods": ("POST",), "tags": ("auth",), "body_limit": LIMIT, **more}
    return RouteSpec(f"auth.{name}", path, handler, summary=summary, **options)


LOGIN = {401: "Wrong e-mail or password", 403: "The address is not verified", 429: "Locked for a while"}
CODE = {400: "The code is not valid any more"}

AUTH_ROUTES = (
    _route(
        "register",
        register,
        "Register",
        anonymous=True,
        rate=GUESSING,
        body=Registration,
        result=SignedIn | Told,
        answers={
            400: "The invitation is not valid",
            403: "Registration is closed",
            409: "The address or the name is taken",
            422: "Not a user that could be made",
        },
    ),
    _route(
        "login",
        login,
        "Sign in",
        anonymous=True,
        rate=GUESSING,
        body=Login,
        result=SignedIn,
        answers=LOGIN,
    ),
    RouteSpec(
        "auth.short-login",
        "/api/auth/login",
        login,
        ("POST",),
        "Sign in, in the shape of script servers",
        tags=("auth",),
        anonymous=True,
        body=Login,
        result=SignedIn,
        answers={400: "E-mail or password is missing", **LOGIN},
        rate=GUESSING,
        body_limit=LIMIT,
        render=render,
    ),
    _route(
        "refresh",
        refresh,
        "Get new tokens",
        description="A refresh token is good once; one that is sent twice ends its session.",
        anonymous=True,
        rate=Rate(60, 60, by="address"),
        body=Refresh,
        result=SignedIn,
        answers={401: "The refresh token is not valid"},
    ),
    _route("logout", logout, "Sign out", status=204, answers={409: "The caller has a key"}),
    _route("logout-all", logout_all, "End all of one's sessions", status=204),
    _route("me", me, "Who am I?", methods=("GET",), result=Account, answers={404: "The caller is no user"}),
    _route(
        "verify-email",
        verify_email,
        "Verify an address",
        anonymous=True,
        rate=GUESSING,
        body=Code,
        status=204,
        answers=CODE,
    ),
    _route(
        "send-verification",
        send_verification,
        "Send the code again",
        rate=MAILING,
        result=Told,
        status=202,
        answers={404: "The caller is no user"},
    ),
    _route(
        "forgot-password",
        forgot_password,
        "Ask for a new password",
        anonymous=True,
        rate=MAILING,
        body=Address,
        result=Told,
        status=202,
    ),
    _route(
        "reset-password",
        reset_password,
        "Set a new password",
        anonymous=True,
        rate=GUESSING,
        body=Reset,
        status=204,
        answers={**CODE, 422: "Not a password that could be taken"},
    ),
    _route(
        "change-password",
        change_password,
        "Change one's password",
        rate=GUESSING,
        body=PasswordChange,
        status=204,
        answers={401: "Not the old password", 422: "Not a password that could be taken", 429: "Locked for a while"},
    ),
    RouteSpec(
        "auth.jwks",
        "/.well-known/jwks.json",
        public_keys,
        summary="The keys by which access tokens are verified",
        tags=("auth",),
        anonymous=True,
        result=dict[str, Any],
    ),
)
