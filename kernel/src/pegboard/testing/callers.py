"""A stand-in authenticator for tests of guarded routes.

    app = create_app(plugins={"widgets": my_plugin, "callers": callers}, installed=False, environ={})
    async with client(app, headers=caller("widgets:read", tenant="acme")) as api: ...

It believes whatever a header says, so it is a plugin to name in a test and nothing that could be installed.
"""

import json
from collections.abc import Iterator

from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError, BaseUser
from starlette.requests import HTTPConnection

from ..contracts import AuthProvider, NoConfig, Principal, Services
from ..hookspecs import hookimpl
from ..settings import Settings

__all__ = ["caller"]

HEADER = "X-Test-Caller"


def caller(*scopes: str, id: str = "test", tenant: str = "test", username: str = "") -> dict[str, str]:
    """The headers of a caller who holds `scopes`."""
    said = {"id": id, "tenant": tenant, "username": username or id, "scopes": scopes}
    return {HEADER: json.dumps(said)}


class _Backend(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        said = conn.headers.get(HEADER)
        if said is None:
            return None
        try:
            members = json.loads(said)
            scopes = frozenset(members.pop("scopes"))
            return AuthCredentials(sorted(scopes)), Principal(scopes=scopes, **members)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise AuthenticationError(f"the header {HEADER} is not what caller() makes") from None


def _inbound(config: NoConfig, services: Services) -> AuthenticationBackend:
    return _Backend()


@hookimpl
def pegboard_auth_providers(settings: Settings) -> Iterator[AuthProvider]:
    scheme = {"type": "apiKey", "in": "header", "name": HEADER}
    yield AuthProvider("test-caller", "Believes what a test says", inbound=_inbound, openapi=scheme)
