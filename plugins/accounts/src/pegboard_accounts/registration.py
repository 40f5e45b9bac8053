"""Registering: who may, and what he becomes."""

from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from pegboard import AuditEvent, Principal

from . import codes, letters
from .errors import AccountExists, InvalidCode, RegistrationClosed, invalid
from .members import new_member
from .parts import Parts
from .post import Mail
from .sessions import Sessions, SignedIn
from .tables import MemberRow, UserRow
from .tokens import principal_of
from .users import Account, NewUser


class Registration:
    def __init__(self, parts: Parts, sessions: Sessions) -> None:
        self._parts = parts
        self._sessions = sessions

    async def register(
        self,
        new: NewUser,
        *,
        invitation: str = "",
        policy: str | None = None,
        request: HTTPConnection | None = None,
    ) -> SignedIn | None:
        """A user, and his first session; with the invitation to a tenant, a member of that one.

        Where addresses must be verified first there is no session (None), and the answer is the same whether the
        address was free or not: its owner gets a mail. `policy` is ``open``, ``closed`` or ``invite``, and that of the
        settings when left out. Raises `RegistrationClosed`, `InvalidCode` for the invitation, `AccountExists`, and
        `Problem` 422 with the place of what cannot be taken.
        """
        policy = policy or self._parts.config.registration
        if policy == "closed" or (policy == "invite" and not invitation):
            raise RegistrationClosed()
        new = new.checked()
        password_hash = await self._parts.passwords.hash(new.password)
        required = self._parts.config.verification == "required" and not invitation
        try:
            async with self._parts.store.begin() as session:
                await self._check_free(session, new, quiet=required)
                user, member = await self._add(session, new, password_hash, invitation)
                who = principal_of(user, member, self._parts.config.roles)
                event = AuditEvent("users.register", "user", user.id, after=Account.of(user, member))
                await self._parts.tell(session, event, who, request)
                signed = None if required else await self._sessions.open(session, user, member)
        except (AccountExists, IntegrityError) as error:
            if required and not _is_username(error):
                self._parts.post.later(lambda: _sent(letters.registered_already(new.email)))
                return None
            raise error if isinstance(error, AccountExists) else AccountExists("email", "username") from None
        if not user.is_verified:
            self.send_verification(new.email)
        return signed

    async def create(self, new: NewUser, role: str, tenant: str, *, by: Principal, is_verified: bool = True) -> Account:
        """A user whom an operator makes. Raises `AccountExists`, and `Problem` 422."""
        new = new.checked()
        if role not in self._parts.config.roles:
            raise invalid("/role", f"must be one of {', '.join(self._parts.config.roles)}")
        password_hash = await self._parts.passwords.hash(new.password)
        try:
            async with self._parts.store.begin() as session:
                await self._check_free(session, new)
                user = new.row(password_hash, is_verified=is_verified)
                member = await self._join(session, user, tenant, role)
                event = AuditEvent("users.create", "user", user.id, after=Account.of(user, member))
                await self._parts.tell(session, event, by)
        except IntegrityError:
            raise AccountExists("email", "username") from None
        return Account.of(user, member)

    def send_verification(self, email: str) -> None:
        """Mail a code to an address, in the background."""

        async def write() -> Mail | None:
            async with self._parts.store.begin() as session:
                lasts = timedelta(hours=self._parts.config.verify_hours)
                code = await codes.issue(session, "verify", email, lasts)
            return None if code is None else letters.verification(self._parts.config, email, code)

        self._parts.post.later(write)

    async def _check_free(self, session: AsyncSession, new: NewUser, *, quiet: bool = False) -> None:
        """Raises `AccountExists`. If quiet, of a taken username alone: it must not depend on whose address it is."""
        taken = select(UserRow).where(or_(UserRow.email == new.email, UserRow.username == (new.username or None)))
        rows = (await session.scalars(taken)).all()
        fields = ["email"] if any(row.email == new.email for row in rows) else []
        fields += ["username"] if new.username and any(row.username == new.username for row in rows) else []
        if fields:
            raise AccountExists(*(["username"] if quiet and "username" in fields else fields))

    async def _add(
        self, session: AsyncSession, new: NewUser, password_hash: str, invitation: str
    ) -> tuple[UserRow, MemberRow]:
        if not invitation:
            user = new.row(password_hash, is_verified=False)
            return user, await self._join(session, user, self._parts.tenant, self._parts.config.role)
        code = await codes.redeem(session, "invite", invitation)
        if code.email != new.email:
            raise InvalidCode()
        user = new.row(password_hash, is_verified=True)
        return user, await self._join(session, user, code.tenant, code.role)

    async def _join(self, session: AsyncSession, user: UserRow, tenant: str, role: str) -> MemberRow:
        await self._parts.ensure_tenant(session, tenant)
        session.add(user)
        await session.flush()
        member = new_member(tenant, user.id, role)
        session.add(member)
        await session.flush()
        return member


def _is_username(error: Exception) -> bool:
    return isinstance(error, AccountExists) and [place.pointer for place in error.errors] == ["/username"]


async def _sent(mail: Mail) -> Mail:
    return mail
