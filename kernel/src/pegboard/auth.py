"""Who calls: the chain of authenticators, and what scopes grant."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import attrs
import structlog
from starlette.authentication import AuthenticationBackend, AuthenticationError
from starlette.requests import HTTPConnection

from .contracts import AuthProvider, Principal, Services
from .problems import MissingCredential, MissingService, Problem
from .registry import Registry
from .settings import AuthSettings

log = structlog.get_logger(__name__)

LADDER = ("read", "write", "delete", "admin")


def grants(held: Iterable[str], needed: str) -> bool:
    """Whether scopes grant another: equal, ``*``, or higher on ``read < write < delete < admin``.

    ``widgets:write`` grants ``widgets:read``; ``widgets:*`` grants all of widgets.
    """
    return not _enough(needed).isdisjoint(held)


@lru_cache(1000)
def _enough(needed: str) -> frozenset[str]:
    """The scopes each of which grants `needed`."""
    resource, _, level = needed.rpartition(":")
    higher = LADDER[LADDER.index(level) :] if level in LADDER else ()
    return frozenset((needed, "*", f"{resource}:*", *(f"{resource}:{step}" for step in higher)))


@lru_cache(1000)
def _lacking(held: frozenset[str], needed: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(scope for scope in needed if not grants(held, scope))


@attrs.frozen
class Chain:
    """The inbound authenticators in the operator's order: the first that recognises its credential decides."""

    backends: Sequence[AuthenticationBackend]
    challenge: str
    missing: str = ""

    async def principal(self, conn: HTTPConnection) -> Principal | None:
        """The caller, or None without any credential. Raises Problem 401 for a bad one."""
        for backend in self.backends:
            try:
                found = await backend.authenticate(conn)
            except AuthenticationError as error:
                raise self.unauthorized(str(error)) from None
            if found is not None and isinstance(found[1], Principal):
                return found[1]
        return None

    async def admitted(self, conn: HTTPConnection, scopes: tuple[str, ...]) -> Principal:
        """The caller, who must be one and hold all of `scopes`. Raises as `principal` and `require` do."""
        return self.require(await self.principal(conn), scopes)

    def require(self, principal: Principal | None, scopes: tuple[str, ...]) -> Principal:
        """The caller, who must hold all of `scopes`. Raises Problem 401, 403 or 503; never lets anyone by."""
        if principal is None:
            if self.missing:
                raise MissingService(self.missing, "callers cannot be recognised; install it or change [auth] inbound")
            raise MissingCredential(self.challenge)
        lacking = _lacking(principal.scopes, scopes)
        if lacking:
            detail = f"this needs the scope {', '.join(lacking)}"
            raise Problem(403, "insufficient-scope", detail, extra={"scopes": list(lacking)})
        return principal

    def unauthorized(self, detail: str) -> Problem:
        return Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": self.challenge})


def open_chain(providers: Registry[AuthProvider], settings: AuthSettings, services: Services) -> Chain:
    """Build the chain that the settings name; one that is absent is remembered, and closes guarded routes."""
    inbound = {provider.name: provider for provider in providers if provider.inbound}
    order = tuple(inbound) if settings.inbound is None else settings.inbound
    absent = [name for name in order if name not in inbound]
    backends = []
    for name in order:
        try:
            backends += [_backend(inbound[name], services)] if name in inbound else []
        except Exception as error:
            log.error("authenticator cannot be opened", provider=name, reason=str(error))
            absent.append(name)
    missing = f'auth provider "{absent[0]}"' if absent else "" if backends else "an inbound auth provider"
    challenge = ", ".join(_challenge(inbound[name]) for name in order if name in inbound) or "Bearer"
    return Chain(() if absent else backends, challenge, missing)


def _backend(provider: AuthProvider, services: Services) -> AuthenticationBackend:
    if provider.inbound is None:
        raise LookupError(f'auth provider "{provider.name}" does not authenticate callers')
    return provider.inbound(provider.config(), services)


def _challenge(provider: AuthProvider) -> str:
    """How RFC 9110, section 11.6.1, wants a provider's scheme to be announced."""
    scheme = provider.openapi or {}
    if scheme.get("type") == "http":
        return str(scheme.get("scheme", "bearer")).title()
    return f'ApiKey name="{scheme["name"]}"' if "name" in scheme else provider.name.title()
