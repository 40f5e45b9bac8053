"""A session as the browser keeps it: a cookie that only this app can open or make.

What is in it, the credential above all, is sealed with the vault: a stolen cookie opens a session until it ends, but
tells nobody the key or the tokens. The CSRF token is in it too, so that neither is of use without the other.
"""

import secrets
import time
from collections.abc import Mapping
from typing import Any, Literal

import attrs
import orjson
from starlette.requests import HTTPConnection
from starlette.responses import Response

from pegboard import Problem, Secret
from pegboard_vault import KeyMissing, Place, SealBroken, Vault

NAME = "pegboard_console"
TOKEN = "X-CSRF-Token"
PLACE = Place("", "console", "session")
LONGEST = 4000  # bytes; browsers drop a larger cookie without a word (RFC 6265, section 6.1)


@attrs.frozen
class Session:
    """Who signed in, by a key or by an account's tokens. Times are seconds since 1970.

    `renew` is when the access token ends, 0 for a key; the whole session is over at `until`.
    """

    kind: Literal["key", "account"]
    credential: str = attrs.field(repr=False)
    until: int
    renew: int = 0
    refresh: str = attrs.field(default="", repr=False)
    csrf: str = attrs.field(factory=lambda: secrets.token_urlsafe(24), repr=False)


def seal(session: Session, vault: Vault) -> str:
    text = orjson.dumps(attrs.asdict(session)).decode()
    return vault.seal(Secret(text), PLACE)


def unseal(text: str, vault: Vault) -> Session | None:
    """The session of a cookie; None for one that was changed, is too old, or is sealed with a key that is gone."""
    try:
        members: dict[str, Any] = orjson.loads(vault.open(text, PLACE).reveal())
        session = Session(**members)
    except (SealBroken, KeyMissing, ValueError, TypeError):
        return None
    return session if session.until > time.time() else None


def read(conn: HTTPConnection, vault: Vault) -> Session | None:
    """The session that a request comes with, whether it proves that our page sent it or not."""
    text = conn.cookies.get(NAME)
    return unseal(text, vault) if text else None


def put(response: Response, session: Session, conn: HTTPConnection, vault: Vault, public_url: str) -> None:
    """Raises Problem 500 for tokens that no browser would keep."""
    text = seal(session, vault)
    if len(text) > LONGEST:
        raise Problem(
            500, "session-too-large", "the tokens of this account do not fit into a cookie: give its role fewer scopes"
        )
    response.set_cookie(NAME, text, max_age=max(0, session.until - int(time.time())), **_place(conn, public_url))


def drop(response: Response, conn: HTTPConnection, public_url: str) -> None:
    response.delete_cookie(NAME, **_place(conn, public_url))


def _place(conn: HTTPConnection, public_url: str) -> Mapping[str, Any]:
    path = f"{conn.scope.get('root_path', '')}/"
    secure = conn.url.scheme in ("https", "wss") or public_url.startswith("https://")
    return {"path": path, "secure": secure, "httponly": True, "samesite": "strict"}
