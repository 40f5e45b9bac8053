"""Tenants and who joins them."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import attrs
from sqlalchemy import select
from starlette.requests import HTTPConnection

from pegboard import AuditEvent, Principal
from pegboard.auth import grants

from . import codes, letters
from .errors import AccessDenied, InvalidCode, NoSession, TenantNotFound, UserNotFound, invalid
from .members import new_member
from .memory import USERS
from .parts import Parts, member_of
from .post import Mail
from .sessions import Sessions, SignedIn
from .tables import MemberRow, TenantRow, UserRow
from .users import Account, read_email, read_name


@attrs.frozen
class Membership:
    """A tenant, and what the caller is in it."""

    id: str
    name: str
    role: str
    created_at: datetime

    @classmethod
    def of(cls, tenant: TenantRow, member: MemberRow) -> "Membership":
        return cls(tenant.id, tenant.name, member.role, tenant.created_at)


class Tenants:
    def __init__(self, parts: Parts, sessions: Sessions) -> None:
        self._parts = parts
        self._sessions = sessions

    async def create_tenant(self, caller: Principal, name: str, request: HTTPConnection | None = None) -> Membership:
        """A tenant whose only member, and admin, is the caller. Raises `UserNotFound` for one who is no user.

        Its id is made up here: under a name that one might choose others may have stored things already.
        """
        name = read_name(name, "/name")
        if not name:
            raise invalid("/name", "must not be empty")
        async with self._parts.store.begin() as session:
            user = await session.scalar(select(UserRow).where(UserRow.id == caller.id))
            if user is None:
                raise UserNotFound()
            row = TenantRow(id=f"ten_{secrets.token_hex(12)}", name=name, created_at=datetime.now(UTC))
            session.add(row)
            await session.flush()
            member = new_member(row.id, user.id, "admin")
            session.add(member)
            made = Membership.of(row, member)
            await self._parts.tell(session, AuditEvent("tenants.create", "tenant", row.id, after=made), caller, request)
        return made

    async def list_tenants(self, caller: Principal) -> Sequence[Membership]:
        """The tenants of which the caller is an active member, oldest first."""
        joined = select(TenantRow, MemberRow).join(MemberRow, MemberRow.tenant == TenantRow.id)
        own = joined.where(MemberRow.user_id == caller.id, MemberRow.is_active)
        async with self._parts.store.read() as session:
            rows = (await session.execute(own.order_by(MemberRow.created_at, TenantRow.id))).all()
        return [Membership.of(*row) for row in rows]

    async def switch(self, caller: Principal, tenant: str, request: HTTPConnection | None = None) -> SignedIn:
        """A session in another tenant of the caller's. Raises `TenantNotFound`, and `NoSession` for a key.

        It ends with the one that it came from no sooner than by logging all out.
        """
        if not caller.credential.startswith("ses_"):
            raise NoSession()
        async with self._parts.store.begin() as session:
            found = await member_of(session, tenant, caller.id)
            if found is None or not found[1].is_active:
                raise TenantNotFound()
            signed = await self._sessions.open(session, *found)
            who = attrs.evolve(caller, tenant=tenant)
            await self._parts.tell(session, AuditEvent("tenants.switch", "tenant", tenant), who, request)
        return signed

    async def invite(
        self, caller: Principal, email: str, role: str = "", request: HTTPConnection | None = None
    ) -> None:
        """Mail an invitation to the caller's tenant. Raises `AccessDenied` for a role beyond his, `Problem` 422."""
        email, role = read_email(email), role or self._parts.config.role
        self._check_role(caller, role)
        lasts = timedelta(days=self._parts.config.invite_days)
        async with self._parts.store.begin() as session:
            await self._parts.ensure_tenant(session, caller.tenant)
            name = (await session.get_one(TenantRow, caller.tenant)).name
            code = await codes.issue(session, "invite", email, lasts, tenant=caller.tenant, role=role)
            event = AuditEvent("tenants.invite", "tenant", caller.tenant, detail=f"{email} as {role}")
            await self._parts.tell(session, event, caller, request)

        async def write() -> Mail | None:
            return None if code is None else letters.invitation(self._parts.config, email, code, name)

        self._parts.post.later(write)

    async def accept(self, caller: Principal, code: str, request: HTTPConnection | None = None) -> Membership:
        """Join the tenant of an invitation to the caller's own address. Raises `InvalidCode`."""
        async with self._parts.store.begin() as session:
            redeemed = await codes.redeem(session, "invite", code)
            user = await session.scalar(select(UserRow).where(UserRow.id == caller.id))
            if user is None or user.email != redeemed.email:
                raise InvalidCode()
            member = await session.get(MemberRow, (redeemed.tenant, user.id), with_for_update=True)
            if member is None:
                member = new_member(redeemed.tenant, user.id, redeemed.role)
                session.add(member)
            elif not member.is_active:  # an administrator shut him out: an older invitation does not let him in again
                raise InvalidCode()
            tenant = await session.get_one(TenantRow, redeemed.tenant)
            who = attrs.evolve(caller, tenant=tenant.id)
            await self._parts.tell(session, AuditEvent("tenants.join", "tenant", tenant.id), who, request)
        return Membership.of(tenant, member)

    async def add_member(self, tenant: str, email: str, role: str, *, by: Principal) -> Account:
        """Make an existing user a member, by an operator's hand. Raises `UserNotFound`, `Problem` 422."""
        if role not in self._parts.config.roles:
            raise invalid("/role", f"must be one of {', '.join(self._parts.config.roles)}")
        async with self._parts.store.begin() as session:
            user = await session.scalar(select(UserRow).where(UserRow.email == read_email(email)))
            if user is None:
                raise UserNotFound()
            await self._parts.ensure_tenant(session, tenant)
            member = await session.get(MemberRow, (tenant, user.id), with_for_update=True)
            if member is None:
                member = new_member(tenant, user.id, role)
                session.add(member)
            member.role, member.is_active = role, True
            await self._parts.store.changes.publish(session, USERS, user.id)
            account = Account.of(user, member)
            await self._parts.tell(session, AuditEvent("users.join", "user", user.id, after=account), by)
        return account

    def _check_role(self, caller: Principal, role: str) -> None:
        roles = self._parts.config.roles
        if role not in roles:
            raise invalid("/role", f"must be one of {', '.join(roles)}")
        beyond = [scope for scope in roles[role] if not grants(caller.scopes, scope)]
        if beyond:
            raise AccessDenied(f"the role {role} has scopes that you lack: {', '.join(beyond)}")
