"""Many records in one request, each with a result of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import FieldError, Problem

from .checking import Check
from .items import Row, canonical, id_mistakes
from .membership import of_external_ids
from .shards import BatchItem, BatchResult, ItemResult


@attrs.frozen
class Sorted:
    """The items of a batch: the rows to write, in the order of their ids, and the results that are known already."""

    rows: Sequence[Row]
    known: Mapping[int, ItemResult]


def sort_out(items: Sequence[BatchItem], check: Check) -> Sorted:
    """Tell what can be written from what cannot; the last good item of an external id counts."""
    rows: dict[str, tuple[int, Row]] = {}
    known: dict[int, ItemResult] = {}
    for index, item in enumerate(items):
        row, errors = _row(item, check)
        if row is None:
            known[index] = ItemResult(item.externalId, "failed", errors=_placed(errors, index))
            continue
        if item.externalId in rows:
            known[rows[item.externalId][0]] = ItemResult(item.externalId, "superseded")
        rows[item.externalId] = index, row
    return Sorted([rows[key][1] for key in sorted(rows)], known)


def _row(item: BatchItem, check: Check) -> tuple[Row | None, list[FieldError]]:
    errors = [FieldError(reason, "/externalId") for reason in id_mistakes(item.externalId)]
    errors += [FieldError(error.detail, f"/data{error.pointer}") for error in check(item.data)]
    if errors:
        return None, errors
    try:
        return (item.externalId, *canonical(item.externalId, item.data)), []
    except Problem as problem:
        return None, [FieldError(problem.detail, "/data")]


def _placed(errors: Sequence[FieldError], index: int) -> list[FieldError]:
    return [FieldError(error.detail, f"/items/{index}{error.pointer}") for error in errors]


async def ids_of(
    session: AsyncSession, tenant: str, type_id: str, external_ids: Sequence[str], dialect: str
) -> dict[str, str]:
    """Ids by external ids."""
    if not external_ids:
        return {}
    found = of_external_ids(tenant, type_id, external_ids, dialect)
    rows = await session.execute(select(found.c.external_id, found.c.id))
    return {row.external_id: row.id for row in rows}


def told(
    items: Sequence[BatchItem], known: Mapping[int, ItemResult], written: Sequence[Any], ids: Mapping[str, str]
) -> BatchResult:
    """The result of a batch: `written` are (external id, revision) of what was new or different."""
    revisions = {row.external_id: row.revision for row in written}
    results = [
        known.get(index) or ItemResult(item.externalId, _status(revisions.get(item.externalId)), ids[item.externalId])
        for index, item in enumerate(items)
    ]
    count = {status: 0 for status in ("created", "updated", "unchanged", "superseded", "failed")}
    for result in results:
        count[result.status] += 1
    return BatchResult(**count, results=results)


def _status(revision: int | None) -> Any:
    if revision is None:
        return "unchanged"
    return "created" if revision == 1 else "updated"
