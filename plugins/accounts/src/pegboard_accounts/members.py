"""The users of a tenant: looking at them and changing them, each as far as he may."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import attrs
from attrs.validators import max_len
from sqlalchemy import Select, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from pegboard import AuditEvent, Principal
from pegboard.auth import grants
from pegboard_store import Page, PageQuery, paginate

from . import letters
from .attempts import serialise
from .errors import AccessDenied, AccountExists, LastAdmin, UserNotFound, invalid
from .logins import Logins
from .memory import USERS
from .parts import Parts, count_admins, member_of
from .passwords import check_password
from .post import Mail
from .sessions import Sessions
from .tables import MemberRow, UserRow
from .users import Account, UserChange, read_email, read_name, read_username

SORTABLE = {
    "email": UserRow.email,
    "username": UserRow.username,
    "created_at": UserRow.created_at,
    "last_login": UserRow.last_login,
    "role": MemberRow.role,
}
READ, WRITE = "users:read", "users:write"


@attrs.frozen
class UserQuery(PageQuery):
    """``?role=user&is_active=true&search=ann``, and what every list takes."""

    role: str | None = attrs.field(default=None, validator=attrs.validators.optional(max_len(100)))
    is_active: bool | None = None
    search: str = attrs.field(default="", validator=max_len(200))


class Members:
    def __init__(self, parts: Parts, sessions: Sessions, logins: Logins) -> None:
        self._parts = parts
        self._sessions = sessions
        self._logins = logins

    async def me(self, caller: Principal) -> Account:
        """The caller as a user. Raises `UserNotFound` for one who is none, such as the key of the environment."""
        try:
            return await self.find(caller.tenant, caller.id)
        except UserNotFound:
            raise UserNotFound(
                "you are no user: you came with a key of the app's own; sign in with an account"
            ) from None

    async def find(self, tenant: str, user: str | int) -> Account:
        """A member by id or number, whoever asks. Raises `UserNotFound`."""
        async with self._parts.store.read() as session:
            found = await member_of(session, tenant, user)
        if found is None:
            raise UserNotFound()
        return Account.of(*found)

    async def get_user(self, caller: Principal, user: str | int) -> Account:
        """A user of the caller's tenant: himself, or any with ``users:read``. Raises `AccessDenied`, `UserNotFound`."""
        if grants(caller.scopes, READ):
            return await self.find(caller.tenant, user)
        own = await self.me(caller)
        if user not in (own.id, own.number):
            raise AccessDenied("you may only look at yourself")
        return own

    async def page_users(self, tenant: str, query: UserQuery = UserQuery()) -> Page[Account]:  # frozen
        """The members of a tenant by page, newest first. Raises `Problem` 422 for an unknown sort."""
        statement = _members(tenant, query.role, query.is_active, query.search)
        async with self._parts.store.read() as session:
            return await paginate(
                session,
                statement,
                query,
                columns=SORTABLE,
                default="created_at:desc",
                unique=UserRow.number,
                make=lambda row: Account.of(*row),
            )

    async def list_users(
        self,
        tenant: str,
        *,
        skip: int = 0,
        limit: int = 100,
        role: str | None = None,
        is_active: bool | None = None,
    ) -> Sequence[Account]:
        """The members of a tenant from the `skip`th on, newest first."""
        statement = _members(tenant, role, is_active).order_by(UserRow.created_at.desc(), UserRow.number.desc())
        async with self._parts.store.read() as session:
            rows = (await session.execute(statement.offset(skip).limit(limit))).all()
        return [Account.of(*row) for row in rows]

    async def update_user(
        self,
        caller: Principal,
        user: str | int,
        change: UserChange,
        *,
        current_password: str = "",
        email_needs_password: bool = True,
        request: HTTPConnection | None = None,
    ) -> Account:
        """Change a user of the caller's tenant.

        Everybody may change his own names, and with his password his address and that password. ``users:write``
        may change names, role and activity of others. Raises `AccessDenied`, `UserNotFound`, `InvalidCredentials`,
        `AccountExists`, `LastAdmin`, and `Problem` 422 with the place of what cannot be taken.
        """
        before = await self._check_access(caller, user, change)
        change = self._checked(change, before)
        new_email = change.email is not None and change.email != before.email
        if change.password is not None or (new_email and email_needs_password):
            await self._logins.confirm(caller, current_password, request)
        fresh = None if change.password is None else await self._parts.passwords.hash(change.password)
        try:
            async with self._parts.store.begin() as session:
                after = await self._apply(session, caller, before, change, fresh)
                event = AuditEvent("users.update", "user", before.id, before, after)
                await self._parts.tell(session, event, caller, request)
        except IntegrityError:
            taken = [name for name in ("email", "username") if getattr(change, name) is not None]
            raise AccountExists(*taken) from None
        if new_email:
            self._notify(before.email, after.email)
        return after

    async def set_role(self, tenant: str, user: str, role: str, *, by: Principal) -> Account:
        """A role by an operator's hand. Raises `UserNotFound`, `LastAdmin`, `Problem` 422."""
        return await self._operate(tenant, user, UserChange(role=role), by)

    async def set_active(self, tenant: str, user: str, is_active: bool, *, by: Principal) -> Account:
        """Let a member in, or not, by an operator's hand. Raises `UserNotFound`, `LastAdmin`."""
        return await self._operate(tenant, user, UserChange(is_active=is_active), by)

    async def by_email(self, tenant: str, email: str) -> Account:
        """Raises `UserNotFound`."""
        async with self._parts.store.read() as session:
            found = (await session.execute(_members(tenant).where(UserRow.email == read_email(email)))).first()
        if found is None:
            raise UserNotFound()
        return Account.of(*found)

    async def _operate(self, tenant: str, user: str, change: UserChange, by: Principal) -> Account:
        before = await self.find(tenant, user)
        change = self._checked(change, before)
        async with self._parts.store.begin() as session:
            after = await self._apply(session, by, before, change, None)
            await self._parts.tell(session, AuditEvent("users.update", "user", before.id, before, after), by)
        return after

    async def _check_access(self, caller: Principal, user: str | int, change: UserChange) -> Account:
        may_write = grants(caller.scopes, WRITE)
        before = await (self.find(caller.tenant, user) if may_write else self.get_user(caller, user))
        is_own = before.id == caller.id
        if not may_write and (not is_own or change.role is not None or change.is_active is not None):
            raise AccessDenied("role, activity and other users are for administrators to change")
        if not is_own and any(value is not None for value in (change.email, change.password, change.username)):
            raise AccessDenied("e-mail, username and password are for the user himself to change")
        if not is_own or change.role is not None:
            self._check_rank(caller, before, change)
        return before

    def _check_rank(self, caller: Principal, before: Account, change: UserChange) -> None:
        """Nobody gives, or takes from, a role with scopes that he lacks himself."""
        for role in {before.role, change.role or before.role}:
            beyond = [scope for scope in self._parts.config.roles.get(role, ()) if not grants(caller.scopes, scope)]
            if beyond:
                raise AccessDenied(f"the role {role} has scopes that you lack: {', '.join(beyond)}")

    def _checked(self, change: UserChange, before: Account) -> UserChange:
        """The change as it is stored. Raises `Problem` 422."""
        if change.role is not None and change.role not in self._parts.config.roles:
            raise invalid("/role", f"must be one of {', '.join(self._parts.config.roles)}")
        email = None if change.email is None else read_email(change.email)
        username = None if change.username is None else read_username(change.username)
        if change.password is not None:
            check_password(change.password, (email or before.email, username or before.username))
        first = None if change.first_name is None else read_name(change.first_name, "/first_name")
        last = None if change.last_name is None else read_name(change.last_name, "/last_name")
        return attrs.evolve(change, email=email, username=username, first_name=first, last_name=last)

    async def _apply(
        self, session: AsyncSession, by: Principal, before: Account, change: UserChange, password_hash: str | None
    ) -> Account:
        await serialise(session, self._parts.store, f"tenant:{before.tenant}")
        user = await session.get_one(UserRow, before.number, with_for_update=True)
        member = await session.get_one(MemberRow, (before.tenant, before.id), with_for_update=True)
        await self._apply_membership(session, member, change)
        if change.email is not None and change.email != user.email:
            user.email, user.is_verified = change.email, False
        user.username = user.username if change.username is None else change.username or None
        user.first_name = user.first_name if change.first_name is None else change.first_name
        user.last_name = user.last_name if change.last_name is None else change.last_name
        user.updated_at = datetime.now(UTC)
        if password_hash is not None:
            user.password_hash, user.password_at = password_hash, user.updated_at
            await self._sessions.end_all(session, user.id, but=by.credential)
        await session.flush()
        await self._parts.store.changes.publish(session, USERS, user.id)
        return Account.of(user, member)

    async def _apply_membership(self, session: AsyncSession, member: MemberRow, change: UserChange) -> None:
        """Raises `LastAdmin`."""
        was_admin = member.role == "admin" and member.is_active
        member.role = change.role or member.role
        member.is_active = member.is_active if change.is_active is None else change.is_active
        await session.flush()
        if was_admin and not await count_admins(session, member.tenant):
            raise LastAdmin()
        if not member.is_active:
            await self._sessions.end_all(session, member.user_id, tenant=member.tenant)

    def _notify(self, old: str, new: str) -> None:
        async def write() -> Mail:
            return letters.email_changed(old, new)

        self._parts.post.later(write)


def new_member(tenant: str, user: str, role: str) -> MemberRow:
    return MemberRow(tenant=tenant, user_id=user, role=role, is_active=True, created_at=datetime.now(UTC))


def _members(tenant: str, role: str | None = None, is_active: bool | None = None, search: str = "") -> Select[Any]:
    statement = select(UserRow, MemberRow).join(MemberRow, MemberRow.user_id == UserRow.id)
    statement = statement.where(MemberRow.tenant == tenant)
    if role is not None:
        statement = statement.where(MemberRow.role == role)
    if is_active is not None:
        statement = statement.where(MemberRow.is_active == is_active)
    if search:
        columns: Any = (UserRow.email, UserRow.username, UserRow.first_name, UserRow.last_name)
        statement = statement.where(or_(*(column.icontains(search, autoescape=True) for column in columns)))
    return statement
