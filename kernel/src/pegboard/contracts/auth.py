"""Who is calling, and how an outgoing request proves who we are."""

from collections.abc import Mapping
from typing import Any, Protocol

import attrs
from httpx import Auth
from starlette.authentication import AuthenticationBackend, BaseUser

from .record import NoConfig, Services, check_name


@attrs.frozen
class Principal(BaseUser):
    """The caller of a route, whichever authenticator recognised it.

    `scopes` hold what the credential grants, such as ``widgets:read``; ``*`` grants everything
    (see `pegboard.auth.grants`). `credential` names the key or token, never its secret.
    """

    id: str
    tenant: str
    username: str = ""
    email: str = ""
    roles: frozenset[str] = attrs.field(default=frozenset(), converter=frozenset)
    scopes: frozenset[str] = attrs.field(default=frozenset(), converter=frozenset)
    credential: str = ""

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def display_name(self) -> str:
        return self.username or self.id

    @property
    def identity(self) -> str:
        return self.id


@attrs.frozen
class AuthContext:
    """What an outbound authenticator may need besides its configuration.

    `key` is the stable name of the stored credential, unique within `tenant`: tokens that are
    fetched or rotated are kept under it.
    """

    services: Services
    tenant: str
    key: str


class OutboundAuth(Protocol):
    def __call__(self, config: Any, context: AuthContext, /) -> Auth: ...


class InboundAuth(Protocol):
    def __call__(self, config: Any, services: Services, /) -> AuthenticationBackend: ...


@attrs.frozen
class AuthProvider:
    """A way to authenticate: callers of this app (`inbound`), our own requests (`outbound`), or both.

    `inbound` returns a Starlette `AuthenticationBackend` whose user is a `Principal`. It returns
    None where the request carries no credential of its kind, and raises `AuthenticationError` where
    it carries a bad one. `openapi` is the OpenAPI security scheme object of the inbound side.
    Each side has names of its own: ``bearer`` may be one plugin's for callers, and another's for
    outgoing requests.
    """

    name: str = attrs.field(validator=check_name)
    summary: str
    config: type = NoConfig
    outbound: OutboundAuth | None = None
    inbound: InboundAuth | None = None
    openapi: Mapping[str, Any] | None = None

    def __attrs_post_init__(self) -> None:
        if self.outbound is None and self.inbound is None:
            raise ValueError(f'auth provider "{self.name}": give outbound, inbound or both')

    @property
    def sides(self) -> tuple[str, ...]:
        """Of ``inbound`` and ``outbound`` those that it has."""
        return tuple(side for side in ("inbound", "outbound") if getattr(self, side) is not None)
