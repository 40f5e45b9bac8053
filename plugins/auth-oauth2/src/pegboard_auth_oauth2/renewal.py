"""The service that hands out tokens, and renews each once over all processes."""

import asyncio
import random
import time
from datetime import UTC, datetime

import anyio
import attrs
import structlog

from pegboard import Problem
from pegboard_egress import Egress, EgressError
from pegboard_store import StoreProblem

from .answers import Reading
from .configs import OAuth2Config
from .errors import LoginNeeded, RenewalBusy, TokenRefused
from .grants import Grants, Lease, Ref
from .protocol import Fields, check_tls, renewal_fields, secrets_in, shown, token_request
from .settings import AuthOAuth2Settings
from .tokens import Token
from .wanted import Wanted, Watch

log = structlog.get_logger(__name__)

FIRST_LOOK, LAST_LOOK = 0.03, 0.5
"""Seconds between two looks at a row that another process is about to change."""

Flight = tuple[Ref, str, int | None]


class TokenEndpoint:
    """Asks token URLs, by the guarded client and by nothing else."""

    def __init__(self, egress: Egress, settings: AuthOAuth2Settings) -> None:
        self._egress, self._settings = egress, settings

    async def ask(self, config: OAuth2Config, fields: Fields) -> Token:
        """One request. Raises Problem, with the cause first."""
        check_tls(config, "tokenUrl", self._settings.allow_http)
        url = shown(config.tokenUrl)
        try:
            answer = await self._egress.send(token_request(config, fields, self._settings.timeout))
        except EgressError as error:
            detail = f"{error.detail} (the token URL {url})"
            raise Problem(error.status, error.code, detail, headers=error.headers, extra=error.extra) from None
        return Reading(answer, url, secrets_in(config, fields), datetime.now(UTC)).token()


class OAuthTokens:
    """Access tokens of all tenants. One per app."""

    def __init__(self, grants: Grants, endpoint: TokenEndpoint, settings: AuthOAuth2Settings) -> None:
        self._grants, self._endpoint, self._settings = grants, endpoint, settings
        self._flights: dict[Flight, asyncio.Task[Token]] = {}

    async def token(self, config: OAuth2Config, tenant: str, key: str, rejected: int | None = None) -> Token:
        """A token that is good. `rejected` is the version of one that a server has just refused.

        After a 401 that follows on another it may be the refused one again. Raises LoginNeeded (409), TokenRefused,
        TokenAnswer and TokenUnavailable (502), RenewalBusy (503), and what the egress, the store and the vault raise.
        """
        wanted = Wanted(config, Ref(tenant, key), rejected)
        return await self._good(wanted, None) or await self._renewed_once(wanted)

    async def forget(self, tenant: str, key: str) -> bool:
        """Delete what is kept for a credential, for instance because it is deleted; whether there was anything."""
        return await self._grants.forget(Ref(tenant, key))

    async def status(self, config: OAuth2Config, tenant: str, key: str) -> "GrantStatus":
        """How a credential stands, without asking anybody else."""
        wanted = Wanted(config, Ref(tenant, key))
        grant = await self._grants.read(wanted.ref)
        held = wanted.held(self._grants, grant)
        failure = grant.failure if grant and grant.failure and grant.failure["mark"] == wanted.mark else None
        try:
            wanted.met(held, grant, datetime.now(UTC), 0.0)
        except Problem as problem:
            return GrantStatus(False, problem.detail, held.expires_at if held else None, held.scope if held else "")
        trouble = str(failure["detail"]) if failure else ""
        return GrantStatus(True, trouble, held.expires_at if held else None, held.scope if held else "")

    async def _good(self, wanted: Wanted, watch: Watch | None) -> Token | None:
        grant, now = await self._grants.read(wanted.ref), datetime.now(UTC)
        held = wanted.held(self._grants, grant)
        if wanted.met(held, grant, now, self._settings.skew):
            return held
        if watch is not None:
            watch.look(grant, now)
        return None

    async def _renewed_once(self, wanted: Wanted) -> Token:
        """Join the renewal under way in this process, or start it.

        A caller who leaves does not end it: a refresh token that was sent may be of no use any more, and what came
        for it must be stored.
        """
        name = (wanted.ref, wanted.mark, wanted.rejected)
        flight = self._flights.get(name)
        if flight is None:
            flight = self._flights[name] = asyncio.create_task(self._fly(name, wanted))
            flight.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(flight)

    async def _fly(self, name: Flight, wanted: Wanted) -> Token:
        try:
            return await self._renewed(wanted)
        finally:
            del self._flights[name]

    async def _renewed(self, wanted: Wanted) -> Token:
        watch, pause = Watch(wanted.mark), FIRST_LOOK
        end = time.monotonic() + self._settings.wait
        while True:
            good = await self._good(wanted, watch) or await self._leased(wanted, watch)
            if good is not None:
                return good
            if time.monotonic() >= end:
                raise RenewalBusy(self._settings.wait)
            await anyio.sleep(pause * random.uniform(0.7, 1.0))
            pause = min(pause * 1.5, LAST_LOOK)

    async def _leased(self, wanted: Wanted, watch: Watch) -> Token | None:
        """The token that this process gets, if it may; None where another one is at it, or was quicker."""
        grant = await self._grants.read(wanted.ref)
        if grant is not None and grant.leased(datetime.now(UTC)):
            return None  # so that those who wait do not all write
        watch.look(grant, datetime.now(UTC))  # it may have ended, and failed, since the last look
        version = grant.version if grant is not None else 0
        lease = await self._grants.lease(wanted.ref, version, self._settings.lease_seconds)
        return None if lease is None else await self._asked(wanted, lease)

    async def _asked(self, wanted: Wanted, lease: Lease) -> Token | None:
        end = time.monotonic() + self._settings.lease_seconds
        try:
            held = wanted.held(self._grants, lease.grant)
            if wanted.met(held, lease.grant, datetime.now(UTC), self._settings.skew):
                await self._grants.release(lease)
                return held
            token = await self._endpoint.ask(wanted.config, renewal_fields(wanted.config, held))
        except Problem as problem:
            return await self._failed(wanted, lease, _judged(wanted, problem))
        except Exception:
            await self._grants.release(lease)
            raise
        # the old one stays good where no new one comes (RFC 6749, section 6)
        kept = token if token.refresh or held is None else attrs.evolve(token, refresh=held.refresh)
        return await self._kept(wanted, lease, kept, end)

    async def _failed(self, wanted: Wanted, lease: Lease, problem: Problem) -> Token:
        await self._grants.fail(lease, wanted.failure(problem))
        log.warning("oauth.not-renewed", tenant=wanted.ref.tenant, key=wanted.ref.key, reason=problem.detail)
        held = wanted.held(self._grants, lease.grant)
        if held is not None and held.version != wanted.rejected and not held.expired(datetime.now(UTC)):
            return held
        raise problem

    async def _kept(self, wanted: Wanted, lease: Lease, token: Token, end: float) -> Token | None:
        """Store a token before anybody uses it, and try for as long as the lease lasts: there may be no other."""
        while True:
            try:
                return await self._grants.keep(lease, wanted.mark, token, wanted.rejected is not None)
            except StoreProblem:
                if time.monotonic() >= end:
                    raise
                await anyio.sleep(LAST_LOOK)

    async def aclose(self) -> None:
        """Let requests under way come to their end: what they bring would be lost."""
        flights = list(self._flights.values())
        if flights:
            _, late = await asyncio.wait(flights, timeout=self._settings.timeout)
            for flight in late:
                flight.cancel()
            await asyncio.gather(*late, return_exceptions=True)


@attrs.frozen
class GrantStatus:
    """`connected`: tokens are there or can be had without a user. `trouble` is the last failure, in words, or "".

    `expires_at` is the end of the present access token, UTC.
    """

    connected: bool
    trouble: str
    expires_at: datetime | None
    scope: str


def _judged(wanted: Wanted, problem: Problem) -> Problem:
    """A grant that the server no longer knows needs a login (RFC 6749, section 5.2: invalid_grant)."""
    final = isinstance(problem, TokenRefused) and problem.error == "invalid_grant"
    if not final or wanted.config.grantType == "client_credentials":
        return problem
    return LoginNeeded(problem.detail, oauth_error="invalid_grant")
