"""The key that a first start makes, so that somebody can get in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import AuditEvent, Notice, Notices, Principal, Services, record_event
from pegboard_store import Store

from .keys import Key, new_key
from .tables import KeyRow

KNOWN = "put one of yours into the variable {}; pegboard keys create NAME makes another"


@asynccontextmanager
async def first_key(
    services: Services, store: Store, notices: Notices, owner: Principal, *, wanted: bool
) -> AsyncIterator[None]:
    """Make a key with all of the owner's scopes where there never was one, and have it shown.

    Only `Notices` learns the secret. A key that nobody was shown until the end is taken back, so that the next
    start makes another.
    """
    made = await _make(services, store, owner) if wanted else None
    if made is None:
        if wanted:
            notices.add(Notice("API key", KNOWN.format(notices.key.removeprefix("$")), order=0))
        yield
        return
    row, secret = made
    notice = Notice("API key", secret, order=0)
    notices.key = secret
    notices.add(notice)
    try:
        yield
    finally:
        if any(waiting is notice for waiting in notices.take()):
            async with store.begin() as session:
                await session.execute(delete(KeyRow).where(KeyRow.id == row.id))
                await _tell(services, session, AuditEvent("keys.delete", "key", row.id, before=Key.of(row)), owner)


async def _make(services: Services, store: Store, owner: Principal) -> tuple[KeyRow, str] | None:
    async with store.read() as session:
        if await session.scalar(select(KeyRow.id).limit(1)) is not None:
            return None
    made = new_key(owner, "first key", owner.scopes)
    async with store.begin() as session:
        if store.dialect == "postgresql":
            # Two processes may start at once. SQLite lets one writer in at a time anyway.
            await session.execute(text("LOCK TABLE accounts_keys IN EXCLUSIVE MODE"))
        if await session.scalar(select(KeyRow.id).limit(1)) is not None:
            return None
        session.add(made[0])
        await _tell(services, session, AuditEvent("keys.create", "key", made[0].id, after=Key.of(made[0])), owner)
    return made


async def _tell(services: Services, session: AsyncSession, event: AuditEvent, owner: Principal) -> None:
    """The app itself makes this key, and not him who is to have it."""
    await record_event(services, event, principal=Principal("system", owner.tenant), transaction=session)
