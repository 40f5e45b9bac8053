"""``/console/api/session``"""

from collections.abc import Iterator
from typing import Any

import attrs
from attrs.validators import max_len
from starlette.responses import Response

from pegboard import Call, FieldError, Problem, Rate, RouteSpec, Settings
from pegboard.json import dumps
from pegboard_vault import Vault

from . import cookie
from .backend import check_token
from .cookie import Session
from .sessions import Sessions, Who

TEXT: Any = max_len(2000)
LIMIT = 16 * 1024


@attrs.frozen
class SignIn:
    """An API key, or the e-mail address and the password of an account (in one of its tenants)."""

    key: str = attrs.field(default="", validator=TEXT, repr=False)
    email: str = attrs.field(default="", validator=TEXT)
    password: str = attrs.field(default="", validator=TEXT, repr=False)
    tenant: str = attrs.field(default="", validator=TEXT)


@attrs.frozen
class Switch:
    tenant: str = attrs.field(validator=TEXT)


@attrs.frozen
class State:
    """Whether somebody is signed in, and how one can.

    `renew` is the CSRF token of a session whose access token is over, and which is to be renewed.
    """

    who: Who | None
    ways: tuple[str, ...]
    renew: str = ""


async def show(call: Call[None, None]) -> Response:
    session, sessions = _session(call), call.services.get(Sessions)
    if session is None:
        return _json(State(None, sessions.ways))
    try:
        who = await sessions.who(session, await sessions.principal(session, call.request))
    except Problem as problem:
        if problem.status != 401:
            raise
        return _json(State(None, sessions.ways, session.csrf if session.refresh else ""))
    return _json(State(who, sessions.ways))


async def begin(call: Call[SignIn, None]) -> Response:
    asked, sessions = call.body, call.services.get(Sessions)
    if asked.key:
        return _answer(call, *await sessions.with_key(asked.key.strip(), call.request))
    missing = [name for name in ("email", "password") if not getattr(asked, name)]
    if missing:
        errors = [FieldError("must not be empty", f"/{name}") for name in missing]
        raise Problem(422, "invalid-input", "give a key, or an e-mail address and a password", errors=errors)
    given = (asked.email, asked.password, asked.tenant)
    return _answer(call, *await sessions.with_password(*given, call.request))


async def renew(call: Call[None, None]) -> Response:
    return _answer(call, *await call.services.get(Sessions).renewed(_own(call), call.request))


async def switch(call: Call[Switch, None]) -> Response:
    return _answer(call, *await call.services.get(Sessions).switched(_own(call), call.body.tenant, call.request))


async def end(call: Call[None, None]) -> Response:
    session, answer = _session(call), Response(status_code=204)
    if session is not None:
        check_token(call.request, session)
        try:
            await call.services.get(Sessions).end(session, call.request)
        except Problem as problem:
            if problem.status != 401:  # it is over already
                raise
    cookie.drop(answer, call.request, _public_url(call))
    return answer


def _session(call: Call[Any, None]) -> Session | None:
    return cookie.read(call.request, call.services.get(Vault))


def _own(call: Call[Any, None]) -> Session:
    """The session, whose page asks. Raises Problem 401, 403."""
    session = _session(call)
    if session is None:
        raise Problem(401, "session-over", "there is no session; sign in")
    check_token(call.request, session)
    return session


def _answer(call: Call[Any, None], session: Session, who: Who) -> Response:
    answer = _json(State(who, call.services.get(Sessions).ways))
    cookie.put(answer, session, call.request, call.services.get(Vault), _public_url(call))
    return answer


def _json(value: Any) -> Response:
    return Response(dumps(value), media_type="application/json", headers={"Cache-Control": "no-store"})


def _public_url(call: Call[Any, None]) -> str:
    return call.services.get(Settings).kernel.public_url


def routes(prefix: str) -> Iterator[RouteSpec]:
    path, own = f"{prefix}/api/session", {"anonymous": True, "hidden": True, "body_limit": LIMIT}
    often = Rate(60, 60, by="address")
    yield RouteSpec("console.session", path, show, summary="Who is signed in", **own)
    guessing = Rate(20, 60, by="address")
    yield RouteSpec("console.sign-in", path, begin, ("POST",), "Sign in", body=SignIn, rate=guessing, **own)
    yield RouteSpec("console.sign-out", path, end, ("DELETE",), "Sign out", status=204, **own)
    yield RouteSpec("console.renew", f"{path}/renew", renew, ("POST",), "Stay signed in", rate=often, **own)
    yield RouteSpec("console.switch", f"{path}/switch", switch, ("POST",), "Change the tenant", body=Switch, **own)
