"""Finding many records at once by one of their values."""

from collections.abc import Callable, Hashable, Sequence
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Problem
from pegboard.problems import nearest

from .expressions import ORDERED, bound, value_of
from .fields import NUMBERS, Field
from .items import LONGEST
from .membership import is_among, of_external_ids
from .shard_types import ShardType
from .tables import shards

EXTERNAL_ID, ID = "externalId", "id"
DIRECT = {None: "id", ID: "id", EXTERNAL_ID: "external_id"}
"""Columns that are given as they are; anything else is a field of the data."""
MOST = 30_000
"""Values of one query: SQLite binds some 32,000."""

Key = Callable[[Any], Hashable]
"""The form in which a value is compared; None for one that no record can have."""


async def look_up(
    session: AsyncSession, tenant: str, kind: ShardType, by: str, values: Sequence[Any], give: str | None, dialect: str
) -> dict[Any, Any]:
    """Found values by the values asked for; what is not found, or has no such field, is not in it.

    One query. Of several records that match, the first by external id counts. Raises Problem 422 for unknown fields.
    """
    key = _key_of(kind, by)
    _check_give(kind, give)
    keys = {value: k for value in values if (k := key(value)) is not None}
    wanted = list(dict.fromkeys(keys.values()))
    if len(wanted) > MOST:
        raise ValueError(f"{len(wanted)} values are looked up at once; at most {MOST} are possible")
    if not wanted:
        return {}
    rows = await session.execute(statement_of(tenant, kind, by, wanted, give, dialect))
    found: dict[Hashable, Any] = {}
    for row in rows:
        if give in DIRECT:
            found.setdefault(key(row.key), row.given)
        elif give in row.given:
            found.setdefault(key(row.key), row.given[give])
    return {value: found[k] for value, k in keys.items() if k in found}


def statement_of(
    tenant: str, kind: ShardType, by: str, wanted: Sequence[Any], give: str | None, dialect: str
) -> Select[Any]:
    """The query: `key` and what is `given`, in the order of external ids."""
    field = kind.field(by)
    if by == EXTERNAL_ID or field is None:
        table = of_external_ids(tenant, kind.id, wanted, dialect)
        column, where = table.c.external_id, [table.c.deleted_at.is_(None)]
    else:
        table, column = shards, value_of(field, dialect)
        where = [shards.c.tenant == tenant, shards.c.type == kind.id, shards.c.deleted_at.is_(None)]
        where.append(is_among(column, [bound(field, key, dialect) for key in wanted], field, dialect))
    given = table.c[DIRECT.get(give, "data")]
    return select(column.label("key"), given.label("given")).where(*where).order_by(table.c.external_id)


def _key_of(kind: ShardType, by: str) -> Key:
    """Raises Problem 422 for what cannot be looked up by."""
    if by == EXTERNAL_ID:
        return _text
    field = kind.field(by)
    if field is None or field.type not in ORDERED:
        known = [EXTERNAL_ID, *(field.name for field in kind.fields if field.type in ORDERED)]
        detail = f'"{kind.id}" cannot be looked up by {by!r}{nearest(by, known)}'
        raise Problem(422, "unknown-field", detail)
    return _key(field)


def _check_give(kind: ShardType, give: str | None) -> None:
    if give in (None, ID, EXTERNAL_ID) or kind.field(str(give)) is not None or not kind.strict:
        return
    known = [ID, EXTERNAL_ID, *(field.name for field in kind.fields)]
    raise Problem(422, "unknown-field", f'"{kind.id}" has no field {give!r}{nearest(str(give), known)}')


def _key(field: Field) -> Key:
    if field.type in NUMBERS:
        return _number
    return _boolean if field.type == "boolean" else _text


def _text(value: Any) -> str | None:
    """Sources write ids as numbers or as texts: 478 finds "478"."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    elif isinstance(value, float | Decimal):
        value = orjson.dumps(float(value)).decode()
    return value if isinstance(value, str) and "\0" not in value and len(value) <= 10 * LONGEST else None


def _number(value: Any) -> float | None:
    if not isinstance(value, int | float | Decimal) or isinstance(value, bool) or not -(2**63) <= value < 2**64:
        return None
    return float(value)


def _boolean(value: Any) -> bool | None:
    if isinstance(value, str):  # as `value_of` has it
        return {"true": True, "false": False}.get(value)
    return value if isinstance(value, bool) else None
