"""Signing in, staying signed in, and signing out."""

import time
from datetime import UTC, datetime
from typing import Literal

import attrs
from starlette.authentication import AuthenticationError
from starlette.requests import HTTPConnection

from pegboard import AuditEvent, FieldError, Principal, Problem, Services, Settings, record_event
from pegboard_accounts import Accounts, Membership, SignedIn

from .backend import recognise
from .cookie import Session
from .settings import ConsoleSettings

SLACK = 30  # seconds; who has less left of an access token gets a new one


@attrs.frozen
class Who:
    """Who is signed in, as the page shows it. `renew_in` are seconds, None for a key; `tenants` are an account's."""

    id: str
    name: str
    tenant: str
    scopes: tuple[str, ...]
    csrf: str
    kind: Literal["key", "account"]
    until: datetime
    renew_in: int | None = None
    tenants: tuple[Membership, ...] = ()


class Sessions:
    """One per app."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @property
    def ways(self) -> tuple[str, ...]:
        """How one can sign in here."""
        return ("key", "account") if Accounts in self._services else ("key",)

    async def with_key(self, key: str, conn: HTTPConnection) -> tuple[Session, Who]:
        """Raises Problem 422, at the field, for a key that opens nothing, and 503 where nobody would ask for it."""
        self._check_chain()
        session = Session("key", key, self._until())
        try:
            found = await recognise(key, conn, self._services)
        except AuthenticationError as error:
            raise _wrong("key", str(error)) from None
        if found is None:
            raise _wrong("key", "no authenticator of this app takes it")
        event = AuditEvent("sessions.begin", "session", found[1].credential, detail="console, with a key")
        await record_event(self._services, event, principal=found[1], request=conn)
        return session, await self.who(session, found[1])

    async def with_password(self, email: str, password: str, tenant: str, conn: HTTPConnection) -> tuple[Session, Who]:
        """Raises what signing in to an account does."""
        self._check_chain()
        signed = await self._accounts.login(email, password, tenant=tenant, request=conn)
        return await self._of(signed, conn, self._until())

    async def renewed(self, session: Session, conn: HTTPConnection) -> tuple[Session, Who]:
        """The same session with new tokens where it needs some. Raises Problem 401 where it is over."""
        if session.refresh and session.renew - SLACK < time.time():
            signed = await self._accounts.refresh(session.refresh, conn)
            return await self._of(signed, conn, session.until, session.csrf)
        return session, await self.who(session, await self.principal(session, conn))

    async def switched(self, session: Session, tenant: str, conn: HTTPConnection) -> tuple[Session, Who]:
        """A session in another tenant of the account; the one before ends. Raises Problem 404, 409."""
        caller = await self.principal(session, conn)
        signed = await self._accounts.switch_tenant(caller, tenant, conn)
        await self._accounts.logout(caller, conn)
        return await self._of(signed, conn, session.until)

    async def end(self, session: Session, conn: HTTPConnection) -> None:
        """End an account's session on the server too; a key stays what it is."""
        if session.kind == "account":
            current, _ = await self.renewed(session, conn)
            await self._accounts.logout(await self.principal(current, conn), conn)

    async def principal(self, session: Session, conn: HTTPConnection) -> Principal:
        """Raises Problem 401."""
        return await self._recognised(session.credential, conn)

    async def who(self, session: Session, principal: Principal) -> Who:
        tenants = await self._accounts.list_tenants(principal) if session.kind == "account" else ()
        return Who(
            id=principal.id,
            name=principal.display_name,
            tenant=principal.tenant,
            scopes=tuple(sorted(principal.scopes)),
            csrf=session.csrf,
            kind=session.kind,
            until=datetime.fromtimestamp(session.until, UTC),
            renew_in=max(0, session.renew - SLACK - int(time.time())) if session.refresh else None,
            tenants=tuple(tenants),
        )

    async def _of(self, signed: SignedIn, conn: HTTPConnection, until: int, csrf: str = "") -> tuple[Session, Who]:
        renew = int(time.time()) + signed.expires_in
        session = Session("account", signed.access_token, until, renew, signed.refresh_token)
        session = attrs.evolve(session, csrf=csrf) if csrf else session
        return session, await self.who(session, await self.principal(session, conn))

    async def _recognised(self, credential: str, conn: HTTPConnection) -> Principal:
        try:
            found = await recognise(credential, conn, self._services)
        except AuthenticationError as error:
            raise Problem(401, "session-over", f"{error}; sign in again") from None
        if found is None:
            raise Problem(401, "session-over", "no authenticator takes this session any more; sign in again")
        return found[1]

    def _until(self) -> int:
        return int(time.time()) + self._services.get(Settings).of(ConsoleSettings).session_hours * 3600

    def _check_chain(self) -> None:
        asked = self._services.get(Settings).kernel.auth.inbound
        if asked is not None and "console" not in asked:
            detail = 'sessions of the console are not asked for: add "console" to [auth] inbound'
            raise Problem(503, "console-not-asked", detail)

    @property
    def _accounts(self) -> Accounts:
        return self._services.get(Accounts)


def _wrong(field: str, detail: str) -> Problem:
    return Problem(422, "invalid-input", detail, errors=[FieldError(detail, f"/{field}")])
