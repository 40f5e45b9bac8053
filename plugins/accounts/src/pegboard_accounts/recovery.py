"""Verifying an address, and getting at a new password."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from pegboard import AuditEvent, Principal

from . import codes, letters
from .errors import InvalidCode, UserNotFound
from .logins import Logins
from .memory import USERS
from .parts import Parts
from .passwords import check_password
from .post import Mail
from .sessions import Sessions
from .tables import UserRow
from .users import fold_email


class Recovery:
    def __init__(self, parts: Parts, sessions: Sessions, logins: Logins) -> None:
        self._parts = parts
        self._sessions = sessions
        self._logins = logins

    async def verify_email(self, code: str, request: HTTPConnection | None = None) -> None:
        """The holder of a code can read what is mailed to its address. Raises `InvalidCode`."""
        async with self._parts.store.begin() as session:
            redeemed = await codes.redeem(session, "verify", code)
            user = await _by_email(session, redeemed.email)
            user.is_verified, user.updated_at = True, datetime.now(UTC)
            await self._tell(session, user, "users.verify", request)

    async def forgot_password(self, email: str) -> None:
        """Mail a code to the address, if it is a user's. There is no telling from here, nor from the time it takes."""
        email = fold_email(email)

        async def write() -> Mail | None:
            async with self._parts.store.begin() as session:
                known = await session.scalar(select(UserRow.id).where(UserRow.email == email))
                lasts = timedelta(minutes=self._parts.config.reset_minutes)
                code = await codes.issue(session, "reset", email, lasts) if known else None
            return letters.reset(self._parts.config, email, code) if code else None

        self._parts.post.later(write)

    async def reset_password(self, code: str, password: str, request: HTTPConnection | None = None) -> None:
        """A new password for the holder of a code; all his sessions end. Raises `InvalidCode`, `Problem` 422.

        A password that cannot be taken does not use the code up.
        """
        check_password(password, ())
        password_hash = await self._parts.passwords.hash(password)
        async with self._parts.store.begin() as session:
            redeemed = await codes.redeem(session, "reset", code)
            user = await _by_email(session, redeemed.email)
            check_password(password, (user.email, user.username or ""))
            user.is_verified = True
            await self._set(session, user, password_hash)
            await self._tell(session, user, "users.reset-password", request)
        self._notify(user.email)

    async def change_password(
        self, caller: Principal, old: str, new: str, request: HTTPConnection | None = None
    ) -> None:
        """A new password for who knows the old one; his other sessions end.

        Raises `InvalidCredentials`, `TooManyAttempts`, and `Problem` 422.
        """
        user = await self._logins.confirm(caller, old, request)
        check_password(new, (user.email, user.username or ""), "/new_password")
        password_hash = await self._parts.passwords.hash(new)
        async with self._parts.store.begin() as session:
            user = await session.get_one(UserRow, user.number, with_for_update=True)
            await self._set(session, user, password_hash, but=caller.credential)
            await self._tell(session, user, "users.change-password", request, caller)
        self._notify(user.email)

    async def set_password(self, email: str, password: str, *, by: Principal) -> None:
        """A new password by an operator's hand; all sessions end. Raises `UserNotFound`, `Problem` 422."""
        email = fold_email(email)
        password_hash = await self._parts.passwords.hash(password)
        async with self._parts.store.begin() as session:
            user = await session.scalar(select(UserRow).where(UserRow.email == email).with_for_update())
            if user is None:
                raise UserNotFound()
            check_password(password, (user.email, user.username or ""))
            await self._set(session, user, password_hash)
            await self._tell(session, user, "users.reset-password", None, by)

    async def _set(self, session: AsyncSession, user: UserRow, password_hash: str, but: str = "") -> None:
        now = datetime.now(UTC)
        user.password_hash, user.password_at, user.updated_at = password_hash, now, now
        await codes.withdraw(session, "reset", user.email)
        await self._parts.attempts.unlock(session, user.email)
        await self._sessions.end_all(session, user.id, but=but)
        await self._parts.store.changes.publish(session, USERS, user.id)

    async def _tell(
        self,
        session: AsyncSession,
        user: UserRow,
        action: str,
        request: HTTPConnection | None,
        by: Principal | None = None,
    ) -> None:
        who = by or Principal(user.id, self._parts.tenant, user.username or user.email, user.email)
        await self._parts.tell(session, AuditEvent(action, "user", user.id), who, request)

    def _notify(self, email: str) -> None:
        async def write() -> Mail:
            return letters.password_changed(email)

        self._parts.post.later(write)


async def _by_email(session: AsyncSession, email: str) -> UserRow:
    user = await session.scalar(select(UserRow).where(UserRow.email == email).with_for_update())
    if user is None:  # the address was changed after the code was sent
        raise InvalidCode()
    return user
