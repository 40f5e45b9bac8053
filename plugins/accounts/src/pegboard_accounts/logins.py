"""Signing in with a password."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from pegboard import AuditEvent, Principal, record_event

from .attempts import Attempt, address_of
from .errors import EmailUnverified, InvalidCredentials, TooManyAttempts
from .parts import Parts
from .sessions import Sessions, SignedIn
from .tables import MemberRow, UserRow
from .tokens import principal_of
from .users import fold_email


class Logins:
    def __init__(self, parts: Parts, sessions: Sessions) -> None:
        self._parts = parts
        self._sessions = sessions

    async def login(
        self, email: str, password: str, *, tenant: str = "", request: HTTPConnection | None = None
    ) -> SignedIn:
        """A session in `tenant`, or in the settings' own, or where the user became a member first.

        Raises `InvalidCredentials` for whatever is wrong, after the same work; `TooManyAttempts` after five failures
        in fifteen minutes; `EmailUnverified` where the settings want addresses verified.
        """
        email = fold_email(email)
        attempt = await self._begin(email, request)
        async with self._parts.store.read() as reading:
            known = await reading.scalar(select(UserRow).where(UserRow.email == email))
        good, fresh = await self._parts.passwords.check(password, known.password_hash if known else None)
        if good and known is not None:
            async with self._parts.store.begin() as session:
                found = await self._settled(session, known, tenant)
                if found is not None:
                    user, member = found
                    await self._parts.attempts.succeeded(session, attempt)
                    user.password_hash = fresh or user.password_hash
                    user.last_login = datetime.now(UTC)
                    signed = await self._sessions.open(session, user, member)
                    who = principal_of(user, member, self._parts.config.roles)
                    await self._parts.tell(session, AuditEvent("users.login", "user", user.id), who, request)
                    return signed
        await self._failed(known, "users.login", request)
        raise InvalidCredentials()

    async def confirm(self, caller: Principal, password: str, request: HTTPConnection | None = None) -> UserRow:
        """The caller, if this is his password. Raises what signing in does."""
        async with self._parts.store.read() as reading:
            known = await reading.scalar(select(UserRow).where(UserRow.id == caller.id))
        attempt = await self._begin(known.email if known else caller.id, request)
        good, _ = await self._parts.passwords.check(password, known.password_hash if known else None)
        if not good or known is None:
            await self._failed(known, "users.confirm", request)
            raise InvalidCredentials()
        async with self._parts.store.begin() as session:
            await self._parts.attempts.succeeded(session, attempt)
        return known

    async def _begin(self, email: str, request: HTTPConnection | None) -> Attempt:
        try:
            return await self._parts.attempts.begin(email, address_of(request))
        except TooManyAttempts:
            await self._told("", "users.login", "locked after too many failed attempts", request)
            raise

    async def _settled(self, session: AsyncSession, known: UserRow, tenant: str) -> tuple[UserRow, MemberRow] | None:
        """The user, if his password is still the one that was looked at, and one of his memberships."""
        user = await session.get_one(UserRow, known.number, with_for_update=True)
        if user.password_at != known.password_at:
            return None
        active = select(MemberRow).where(MemberRow.user_id == user.id, MemberRow.is_active)
        members = (await session.scalars(active.order_by(MemberRow.created_at, MemberRow.tenant))).all()
        by_tenant = {member.tenant: member for member in members}
        first = members[0] if members else None
        member = by_tenant.get(tenant) if tenant else by_tenant.get(self._parts.tenant, first)
        if member is None:
            return None
        if self._parts.config.verification == "required" and not user.is_verified:
            raise EmailUnverified()
        return user, member

    async def _failed(self, known: UserRow | None, action: str, request: HTTPConnection | None) -> None:
        await self._told(known.id if known else "", action, "wrong password, or no active member", request)

    async def _told(self, user: str, action: str, detail: str, request: HTTPConnection | None) -> None:
        event = AuditEvent(action, "user", user, outcome="refused", detail=detail)
        nobody = Principal(user or "anonymous", self._parts.tenant)
        await record_event(self._parts.services, event, principal=nobody, request=request)
