"""The session's cookie as a credential: the chain's other authenticators say whose it is.

A browser sends its cookies with whatever any page makes it ask for. So the cookie counts only where the page proves
that it asked: for methods that change something by the session's CSRF token, for WebSockets by their ``Origin``.
Without the proof, or where the cookie opens nothing any more, it is as if there were none: what is open to everybody
stays open, such as signing in.
"""

import hmac
from urllib.parse import urlsplit

from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError
from starlette.requests import HTTPConnection

from pegboard import Principal, Problem, Services, Settings
from pegboard.auth import Chain
from pegboard.contracts.route import SAFE_METHODS
from pegboard_vault import Vault

from .cookie import NAME, TOKEN, Session, read

Recognised = tuple[AuthCredentials, Principal]


class ConsoleBackend(AuthenticationBackend):
    def __init__(self, services: Services) -> None:
        self._services = services

    async def authenticate(self, conn: HTTPConnection) -> Recognised | None:
        if not _carries(conn):
            return None
        session = read(conn, self._services.get(Vault))
        if session is None or not self._is_ours(conn, session):
            return None
        try:
            return await recognise(session.credential, conn, self._services)
        except AuthenticationError:
            return None

    def _is_ours(self, conn: HTTPConnection, session: Session) -> bool:
        if conn.scope["type"] == "websocket":
            return is_same_origin(conn, self._services.get(Settings).kernel.public_url)
        if conn.scope["method"] in SAFE_METHODS:
            return True
        if TOKEN not in conn.headers:
            return False
        check_token(conn, session)
        return True


def check_token(conn: HTTPConnection, session: Session) -> None:
    """Raises Problem 403 unless the request has the session's own CSRF token."""
    given = conn.headers.get(TOKEN, "")
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise Problem(403, "csrf-token-invalid", f"{TOKEN} is not the token of this session; load the page again")


def is_same_origin(conn: HTTPConnection, public_url: str) -> bool:
    """Whether a page of this very app opens the WebSocket (RFC 6455, section 10.2)."""
    origin = urlsplit(conn.headers.get("origin", ""))
    here = {conn.headers.get("host", ""), urlsplit(public_url).netloc} - {""}
    return origin.scheme in ("http", "https") and origin.netloc in here


async def recognise(credential: str, conn: HTTPConnection, services: Services) -> Recognised | None:
    """Whose bearer token this would be. Raises AuthenticationError where an authenticator refuses it."""
    asked = _with_bearer(conn, credential)
    for backend in services.get(Chain).backends:
        if not isinstance(backend, ConsoleBackend):
            found = await backend.authenticate(asked)
            if found is not None and isinstance(found[1], Principal):
                return found[0], found[1]
    return None


def _with_bearer(conn: HTTPConnection, credential: str) -> HTTPConnection:
    """The request as a program would have sent it."""
    kept = [(name, value) for name, value in conn.scope["headers"] if name not in (b"authorization", b"cookie")]
    bearer = (b"authorization", f"Bearer {credential}".encode("latin-1", "replace"))
    return HTTPConnection({**conn.scope, "headers": [*kept, bearer]})


def _carries(conn: HTTPConnection) -> bool:
    """Whether the cookie may be there; most requests have none, and their headers need not be parsed."""
    name = NAME.encode()
    return any(key == b"cookie" and name in value for key, value in conn.scope["headers"])
