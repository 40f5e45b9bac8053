"""What is kept of a run's pages and of its failed records."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import orjson
from sqlalchemy import Text, cast, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard.json import dumps

from .engine import Page, Plan
from .results import plain
from .tables import failures, traces

INSERT_TRACE = insert(traces)

SOURCE = 16 * 1024
"""Bytes of a failed record's source that are kept."""


@attrs.frozen
class FailedRecord:
    """A record that was not stored: where it came, why, and itself, credentials masked, if it is not too large."""

    page: int
    index: int
    errors: Sequence[Any]
    source: Any


def trace_of(number: int, page: Page, counts: Mapping[str, int], written: Mapping[str, Any]) -> dict[str, Any]:
    """The account of a page, without its records; `written` is what its transaction did, which several may share."""
    members = ("request", "response", "tries", "waited", "dropped", "metadata", "stop", "context")
    told = {name: getattr(page, name) for name in members}
    records = {"in": page.count, "mapped": len(page.mapped), **counts}
    return plain({"page": number, "records": records, "written": written, **told})


async def add_traces(session: AsyncSession, run: str, told: Mapping[int, Any]) -> None:
    """Keep the accounts of pages, by their numbers."""
    if told:
        await session.execute(INSERT_TRACE, [{"run": run, "number": number, "page": told[number]} for number in told])


async def add_failures(session: AsyncSession, run: str, first: int, found: Sequence[FailedRecord]) -> None:
    """Keep failed records, numbered from `first`."""
    members = [attrs.asdict(one, recurse=False) for one in found]
    rows = [{"run": run, "number": first + index, **one} for index, one in enumerate(members)]
    if rows:
        await session.execute(insert(failures), rows)


def failed_record(plan: Plan, page: int, index: int, source: Any, errors: Sequence[dict[str, str]]) -> FailedRecord:
    """Bounded, and with credentials masked: an API may answer with what it was sent."""
    text = dumps(source)
    kept = plan.mask(orjson.loads(text)) if len(text) <= SOURCE else {"tooLarge": len(text)}
    return FailedRecord(page, index, [dict(error) for error in errors], kept)


async def read_traces(session: AsyncSession, run: str, limit: int, offset: int) -> list[orjson.Fragment]:
    """The accounts of pages as the JSON that they are: whoever waits for a run asks for them again and again."""
    some = select(cast(traces.c.page, Text)).where(traces.c.run == run).order_by(traces.c.number)
    return [orjson.Fragment(text) for text in await session.scalars(some.limit(limit).offset(offset))]


async def read_failures(session: AsyncSession, run: str, limit: int, offset: int) -> tuple[list[FailedRecord], int]:
    """A page of a run's failed records, and how many were kept."""
    columns = (failures.c.page, failures.c.index, failures.c.errors, failures.c.source)
    some = select(*columns).where(failures.c.run == run).order_by(failures.c.number).limit(limit).offset(offset)
    found = [FailedRecord(*row) for row in await session.execute(some)]
    total = await session.scalar(select(func.count()).select_from(failures).where(failures.c.run == run)) or 0
    return found, total
