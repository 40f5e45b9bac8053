"""How requests carry keys and tokens: in a header of their own, or as bearer token (RFC 6750, section 2.1)."""

from starlette.authentication import AuthCredentials, AuthenticationBackend
from starlette.requests import HTTPConnection

from pegboard import AuthProvider, NoConfig, Principal, Services

from .accounts import Accounts
from .settings import AccountsSettings


class HeaderBackend(AuthenticationBackend):
    """``X-API-Key: pk_...``"""

    def __init__(self, accounts: Accounts, header: str) -> None:
        self._recognise = accounts.recognise_key
        self._header = header.lower().encode("latin-1")

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, Principal] | None:
        text = _header(conn, self._header)
        return None if text is None else await self._recognise(text)


class BearerBackend(AuthenticationBackend):
    """``Authorization: Bearer ...`` with an access token or a key; other schemes are somebody else's."""

    def __init__(self, accounts: Accounts) -> None:
        self._recognise = accounts.recognise

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, Principal] | None:
        given = _header(conn, b"authorization")
        if given is None:
            return None
        scheme, _, text = given.partition(" ")
        return await self._recognise(text.strip()) if scheme.lower() == "bearer" else None


def _header(conn: HTTPConnection, name: bytes) -> str | None:
    """A header's value. Every request passes here, and most handlers never need the headers as an object."""
    for key, value in conn.scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return None


def providers(config: AccountsSettings) -> tuple[AuthProvider, AuthProvider]:
    """The inbound providers ``apikey`` and ``bearer``."""

    def by_header(_: NoConfig, services: Services) -> AuthenticationBackend:
        return HeaderBackend(services.get(Accounts), config.header)

    def by_bearer(_: NoConfig, services: Services) -> AuthenticationBackend:
        return BearerBackend(services.get(Accounts))

    return (
        AuthProvider(
            "apikey",
            "An API key in a header",
            inbound=by_header,
            openapi={"type": "apiKey", "in": "header", "name": config.header},
        ),
        AuthProvider(
            "bearer",
            "An access token, or an API key, as bearer token",
            inbound=by_bearer,
            openapi={"type": "http", "scheme": "bearer"},
        ),
    )
