"""Sessions: a family of refresh tokens each, of which only the newest is good.

A refresh token is used once. One that comes again was copied, or its answer was lost: nobody can tell, so its session
ends (RFC 9700, section 4.14.2), unless it comes within `refresh_grace`, when it is only refused.
"""

import secrets
from datetime import UTC, datetime, timedelta

import attrs
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from pegboard import AuditEvent, Principal, record_event
from pegboard_store import Seldom

from .errors import InvalidToken, NoSession
from .keys import digest_of
from .memory import SESSIONS
from .parts import Parts
from .tables import MemberRow, RefreshRow, SessionRow, UserRow
from .tokens import principal_of
from .users import Account


@attrs.frozen
class SignedIn:
    """A session that was opened or carried on. Its tokens are shown only here; `expires_in` is in seconds."""

    user: Account
    access_token: str = attrs.field(repr=False)
    refresh_token: str = attrs.field(repr=False)
    expires_in: int
    token_type: str = "bearer"


class Sessions:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._forgetting = Seldom(every=60)

    async def open(self, session: AsyncSession, user: UserRow, member: MemberRow) -> SignedIn:
        """A new session, within the transaction of a sign-in. Raises `SigningKeyMissing`."""
        now = datetime.now(UTC)
        if self._forgetting.is_due():
            await session.execute(delete(SessionRow).where(SessionRow.expires_at < now))
        expires_at = now + timedelta(days=self._parts.config.session_days)
        row = SessionRow(
            id=f"ses_{secrets.token_hex(12)}",
            user_id=user.id,
            tenant=member.tenant,
            created_at=now,
            expires_at=expires_at,
        )
        session.add(row)
        await session.flush()
        return await self._continue(session, row, user, member)

    async def refresh(self, token: str, request: HTTPConnection | None = None) -> SignedIn:
        """New tokens for a refresh token, which is good once. Raises `InvalidToken`."""
        async with self._parts.store.begin() as session:
            found = await self._find(session, token)
            if found is not None:
                used, row, user, member = found
                if used is None:
                    return await self._continue(session, row, user, member)
                if datetime.now(UTC) - used > timedelta(seconds=self._parts.config.refresh_grace):
                    await self._revoke_reused(session, row, user, request)
        raise InvalidToken()

    async def _find(
        self, session: AsyncSession, token: str
    ) -> tuple[datetime | None, SessionRow, UserRow, MemberRow] | None:
        """What a token is of, and when it was used before; it is marked as used. None where it is no good."""
        now = datetime.now(UTC)
        of_token = select(RefreshRow).where(RefreshRow.digest == digest_of(token)).with_for_update()
        refresh = await session.scalar(of_token)
        if refresh is None:
            return None
        row = await session.get_one(SessionRow, refresh.session_id, with_for_update=True)
        user = await session.scalar(select(UserRow).where(UserRow.id == row.user_id))
        member = await session.get(MemberRow, (row.tenant, row.user_id))
        if row.revoked_at is not None or min(row.expires_at, refresh.expires_at) <= now:
            return None
        if user is None or member is None or not member.is_active:
            return None
        used, refresh.used_at = refresh.used_at, refresh.used_at or now
        return used, row, user, member

    async def _continue(self, session: AsyncSession, row: SessionRow, user: UserRow, member: MemberRow) -> SignedIn:
        config, now = self._parts.config, datetime.now(UTC)
        token = f"rt_{secrets.token_urlsafe(32)}"
        expires_at = min(row.expires_at, now + timedelta(days=config.refresh_days))
        session.add(RefreshRow(digest=digest_of(token), session_id=row.id, expires_at=expires_at))
        principal = principal_of(user, member, config.roles, row.id)
        access, expires_in = self.access_token(principal, {"sid": row.id}, row.expires_at)
        return SignedIn(Account.of(user, member), access, token, expires_in)

    def access_token(
        self, principal: Principal, bound: dict[str, str], until: datetime | None = None
    ) -> tuple[str, int]:
        """A token for a caller, and the seconds that it is good for: never longer than what it is bound to."""
        now = datetime.now(UTC)
        expires_at = now + timedelta(minutes=self._parts.config.access_minutes)
        expires_at = expires_at if until is None else min(expires_at, until)
        issued, expires = int(now.timestamp()), int(expires_at.timestamp())
        claims = {
            "sub": principal.id,
            "tenant": principal.tenant,
            "scope": " ".join(sorted(principal.scopes)),
            "roles": sorted(principal.roles),
            "jti": secrets.token_hex(12),
            "iat": issued,
            "exp": expires,
            **bound,
        }
        return self._parts.signing.for_signing().sign(claims), expires - issued

    async def _revoke_reused(
        self, session: AsyncSession, row: SessionRow, user: UserRow, request: HTTPConnection | None
    ) -> None:
        await self._revoke(session, row)
        detail = "a refresh token was used twice: its session is over"
        event = AuditEvent("sessions.reuse", "session", row.id, outcome="refused", detail=detail)
        who = Principal(user.id, row.tenant, user.username or user.email, user.email, credential=row.id)
        await record_event(self._parts.services, event, principal=who, request=request, transaction=session)

    async def logout(self, caller: Principal, request: HTTPConnection | None = None) -> None:
        """End the caller's session, in every process. Raises `NoSession` for a caller with a key."""
        if not caller.credential.startswith("ses_"):
            raise NoSession()
        async with self._parts.store.begin() as session:
            row = await session.get(SessionRow, caller.credential, with_for_update=True)
            if row is not None:
                await self._revoke(session, row)
            event = AuditEvent("sessions.end", "session", caller.credential)
            await record_event(self._parts.services, event, principal=caller, request=request, transaction=session)

    async def revoke(self, token: str) -> None:
        """End the session of a refresh token; nothing where there is none (RFC 7009, section 2.2)."""
        async with self._parts.store.begin() as session:
            of_token = select(RefreshRow.session_id).where(RefreshRow.digest == digest_of(token))
            session_id = await session.scalar(of_token)
            if session_id is not None:
                await self._revoke(session, await session.get_one(SessionRow, session_id, with_for_update=True))

    async def logout_all(self, caller: Principal, request: HTTPConnection | None = None) -> int:
        """End all sessions of the caller, in all his tenants, and return how many there were."""
        async with self._parts.store.begin() as session:
            ended = await self.end_all(session, caller.id)
            event = AuditEvent("sessions.end-all", "user", caller.id, detail=f"{ended} sessions")
            await record_event(self._parts.services, event, principal=caller, request=request, transaction=session)
        return ended

    async def end_all(self, session: AsyncSession, user: str, *, but: str = "", tenant: str | None = None) -> int:
        """End the sessions of a user (in one tenant, if it is named), but for one, within a transaction."""
        which = [SessionRow.user_id == user, SessionRow.revoked_at.is_(None), SessionRow.id != but]
        which += [] if tenant is None else [SessionRow.tenant == tenant]
        ended = (await session.scalars(select(SessionRow.id).where(*which))).all()
        await session.execute(update(SessionRow).where(*which).values(revoked_at=datetime.now(UTC)))
        for row in ended:
            await self._parts.store.changes.publish(session, SESSIONS, row)
        return len(ended)

    async def _revoke(self, session: AsyncSession, row: SessionRow) -> None:
        row.revoked_at = row.revoked_at or datetime.now(UTC)
        await self._parts.store.changes.publish(session, SESSIONS, row.id)
