"""What the services of this plugin share."""

from datetime import UTC, datetime

import attrs
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from pegboard import AuditEvent, Principal, Services, record_event
from pegboard_store import Store, insert_into

from .attempts import Attempts
from .passwords import Passwords
from .post import Post
from .settings import AccountsSettings
from .signing import Signing
from .tables import MemberRow, TenantRow, UserRow


@attrs.frozen
class Parts:
    """The parts of one app. `tenant` is the one of who registers."""

    services: Services
    store: Store
    config: AccountsSettings
    tenant: str
    passwords: Passwords
    attempts: Attempts
    signing: Signing
    post: Post

    async def tell(
        self,
        session: AsyncSession,
        event: AuditEvent,
        who: Principal,
        request: HTTPConnection | None = None,
    ) -> None:
        """Have an event of this transaction kept, where there is an auditor."""
        await record_event(self.services, event, principal=who, request=request, transaction=session)

    async def ensure_tenant(self, session: AsyncSession, tenant: str) -> None:
        """A row for a tenant that until now is only a name, such as that of the settings."""
        row = {"id": tenant, "name": tenant, "created_at": datetime.now(UTC)}
        await session.execute(insert_into(self.store.dialect, TenantRow).values(row).on_conflict_do_nothing())


async def member_of(session: AsyncSession, tenant: str, user: str | int) -> tuple[UserRow, MemberRow] | None:
    """A member of a tenant, by his id or number."""
    which = UserRow.number == user if isinstance(user, int) else UserRow.id == user
    joined = select(UserRow, MemberRow).join(MemberRow, MemberRow.user_id == UserRow.id)
    found = (await session.execute(joined.where(MemberRow.tenant == tenant, which))).first()
    return None if found is None else (found[0], found[1])


async def count_admins(session: AsyncSession, tenant: str) -> int:
    """The active admins of a tenant."""
    which = (MemberRow.tenant == tenant, MemberRow.role == "admin", MemberRow.is_active)
    return await session.scalar(select(func.count()).select_from(MemberRow).where(*which)) or 0
