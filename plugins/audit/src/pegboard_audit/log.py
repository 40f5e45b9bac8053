"""The service: writing entries, and reading those of one tenant."""

import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, and_, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from pegboard import AuditEvent, Auditor, Principal, Problem
from pegboard.logs import request_id
from pegboard_store import Store

from .changes import Bounds, difference
from .entries import Entry, EntryFilter, EntryPage, EntryQuery
from .masking import masked_text, storable
from .settings import AuditSettings
from .tables import entries

STEP = 500
"""Entries read at a time where all are walked."""


class AuditLog(Auditor):
    """Who did what. There is no way to change an entry, here or in the database."""

    def __init__(self, store: Store, settings: AuditSettings) -> None:
        self._store = store
        self._bounds = Bounds(settings.longest_text, settings.largest_entry)

    async def record(
        self,
        event: AuditEvent,
        *,
        principal: Principal,
        request: HTTPConnection | None = None,
        transaction: Any = None,
    ) -> None:
        """Write an entry, within the `AsyncSession` of the store's that is given, or in a transaction of its own.

        Raises TypeError for another transaction, and what the store raises where it cannot write.
        """
        if transaction is None:
            row = self.row(event, principal, request)
            async with self._store.begin() as session:
                await session.execute(insert(entries).values(row))
        elif isinstance(transaction, AsyncSession):
            await transaction.execute(insert(entries).values(self.row(event, principal, request)))
        else:
            raise TypeError(f"audit: transaction is a {type(transaction).__name__}: pass the session of Store.begin()")

    def row(self, event: AuditEvent, principal: Principal, request: HTTPConnection | None = None) -> dict[str, Any]:
        """An event as the row that is kept of it."""
        texts = {
            "tenant": principal.tenant,
            "actor": principal.id,
            "username": principal.username,
            "credential": principal.credential,
            "address": request.client.host if request is not None and request.client else "",
            "request_id": request_id.get(),
            "kind": event.kind,
            "object": event.id,
        }
        return {
            **{name: storable(text) for name, text in texts.items()},
            "id": f"audit_{secrets.token_hex(10)}",
            "at": datetime.now(UTC),
            "action": event.action,
            "outcome": event.outcome,
            "detail": masked_text(event.detail, self._bounds.longest_text),
            "changes": difference(event.before, event.after, self._bounds),
        }

    async def page(self, tenant: str, query: EntryQuery) -> EntryPage:
        """Some entries of a tenant, newest first."""
        where = _where(tenant, query)
        some = select(*entries.c).where(where).order_by(entries.c.at.desc(), entries.c.seq.desc())
        async with self._store.read() as session:
            total = await session.scalar(select(func.count()).select_from(entries).where(where)) or 0
            rows = await session.execute(some.limit(query.limit).offset(query.offset))
            return EntryPage([Entry.of(row) for row in rows], total, query.limit, query.offset)

    async def get(self, tenant: str, entry_id: str) -> Entry:
        """Raises Problem 404."""
        one = select(*entries.c).where(entries.c.tenant == tenant, entries.c.id == entry_id)
        async with self._store.read() as session:
            # PostgreSQL refuses to be asked for a text with NUL in it
            row = None if "\0" in entry_id else (await session.execute(one)).one_or_none()
        if row is None:
            raise Problem(404, "audit-entry-not-found", f"there is no entry {entry_id[:100]!r} of yours")
        return Entry.of(row)

    async def walk(self, tenant: str, wanted: EntryFilter) -> AsyncIterator[list[Entry]]:
        """All entries of a tenant that fit, newest first, in lists: read step by step, each in a session of its own.

        What is written meanwhile is not among them.
        """
        c = entries.c
        some = select(*c).where(_where(tenant, wanted)).order_by(c.at.desc(), c.seq.desc()).limit(STEP)
        rows = await self._rows(some)
        while rows:
            yield [Entry.of(row) for row in rows]
            last = rows[-1]
            older = or_(c.at < last.at, and_(c.at == last.at, c.seq < last.seq))
            rows = await self._rows(some.where(older)) if len(rows) == STEP else []

    async def _rows(self, statement: Select[Any]) -> list[Any]:
        async with self._store.read() as session:
            return list(await session.execute(statement))

    async def ping(self) -> str:
        """For health checks: whether the log can be read."""
        async with self._store.read() as session:
            await session.execute(select(entries.c.seq).limit(1))
        return "append-only"


def _where(tenant: str, wanted: EntryFilter) -> Any:
    return and_(entries.c.tenant == tenant, *wanted.conditions())
