"""Saved integrations: reading and writing their rows, each for its tenant."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import attrs
from attrs.validators import and_, ge, le, max_len
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import FieldError, Problem

from .stored import Status, StoredIntegration, TestOutcome
from .tables import cursors, failures, integrations, runs, schedules, traces, versions

Kind = Literal["rest_api", "webhook", "graphql"]


@attrs.frozen
class IntegrationQuery:
    """``?status=active&type=rest_api&search=crm&limit=50&offset=0``; `search` is a part of the name."""

    status: Status | None = None
    type: Kind | Literal["rest"] | None = None
    search: str = attrs.field(default="", validator=max_len(200))
    limit: int = attrs.field(default=50, validator=and_(ge(1), le(1000)))
    offset: int = attrs.field(default=0, validator=and_(ge(0), le(10_000_000)))


def not_found(integration_id: str) -> Problem:
    return Problem(404, "integration-not-found", f"there is no integration {integration_id!r}")


def _values(stored: StoredIntegration) -> dict[str, Any]:
    return {**attrs.asdict(stored, recurse=False), "name": stored.name, "type": stored.kind}


async def one(session: AsyncSession, tenant: str, integration_id: str) -> StoredIntegration:
    """Raises Problem 404."""
    where = (integrations.c.id == integration_id, integrations.c.tenant == tenant)
    row = (await session.execute(select(*integrations.c).where(*where))).one_or_none()
    if row is None:
        raise not_found(integration_id)
    return StoredIntegration.of(row)


async def page(session: AsyncSession, tenant: str, query: IntegrationQuery) -> tuple[Sequence[StoredIntegration], int]:
    """A page of a tenant's integrations, the newest first, and how many there are in all."""
    where = [integrations.c.tenant == tenant]
    if query.status:
        where.append(integrations.c.status == query.status)
    if query.type:
        where.append(integrations.c.type == ("rest_api" if query.type == "rest" else query.type))
    if query.search:
        where.append(integrations.c.name.icontains(query.search.replace("\0", ""), autoescape=True))
    total = await session.scalar(select(func.count()).select_from(integrations).where(*where)) or 0
    order = (integrations.c.created_at.desc(), integrations.c.id)
    some = select(*integrations.c).where(*where).order_by(*order).limit(query.limit).offset(query.offset)
    return [StoredIntegration.of(row) for row in await session.execute(some)], total


async def add(session: AsyncSession, stored: StoredIntegration) -> None:
    """Raises Problem 409 where the name is taken."""
    await _unless_taken(session, insert(integrations).values(_values(stored)), stored.name)


async def replace(session: AsyncSession, before: StoredIntegration, after: StoredIntegration) -> None:
    """Write `after` over the revision that was read. Raises Problem 409 if another writer was faster, 404 if gone."""
    where = (integrations.c.id == before.id, integrations.c.revision == before.revision)
    changed = {name: value for name, value in _values(after).items() if not name.startswith("last_test")}
    result = await _unless_taken(session, update(integrations).where(*where).values(changed), after.name)
    if result.rowcount != 1:
        await one(session, before.tenant, before.id)
        detail = "the integration was changed meanwhile; read it and try again"
        raise Problem(409, "integration-changed", detail)


async def remove(session: AsyncSession, tenant: str, integration_id: str) -> StoredIntegration:
    """Take an integration out, with its runs and cursors. Records that it wrote stay. Raises Problem 404."""
    before = await one(session, tenant, integration_id)
    own = select(runs.c.id).where(runs.c.integration == integration_id)
    for table in (traces, failures):
        await session.execute(delete(table).where(table.c.run.in_(own)))
    for table in (runs, cursors, versions, schedules):
        await session.execute(delete(table).where(table.c.integration == integration_id))
    await session.execute(delete(integrations).where(integrations.c.id == integration_id))
    return before


async def note_test(session: AsyncSession, tested: StoredIntegration, outcome: TestOutcome, now: datetime) -> None:
    """Keep how a test ended. One that went well takes an integration out of the status ``error``."""
    values: dict[str, Any] = {"last_tested_at": now, "last_test_result": outcome}
    await _note(session, tested.id, values)
    if outcome == "success":
        back = update(integrations).where(integrations.c.id == tested.id, integrations.c.status == "error")
        await session.execute(back.values(status="active"))


async def note_refused(session: AsyncSession, integration_id: str) -> None:
    """The other side refuses the credentials: nothing is synced until a test goes well or somebody activates it."""
    await session.execute(
        update(integrations)
        .where(integrations.c.id == integration_id, integrations.c.status == "active")
        .values(status="error")
    )


async def _note(session: AsyncSession, integration_id: str, values: Mapping[str, Any]) -> None:
    await session.execute(update(integrations).where(integrations.c.id == integration_id).values(values))


async def _unless_taken(session: AsyncSession, statement: Any, name: str) -> Any:
    try:
        return await session.execute(statement)
    except IntegrityError:
        error = FieldError("is the name of another integration of yours: choose another", "/name")
        raise Problem(409, "name-taken", f"there is an integration {name!r} already", errors=[error]) from None
