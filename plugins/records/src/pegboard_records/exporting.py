"""All records of a type as JSON lines or as CSV, a step at a time: memory does not grow with their number."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, Text, cast, select

from pegboard_store import Store

from .filters import Condition
from .shard_types import ShardType
from .tables import shards

STEP = 1000
MEDIA = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
OWN = ("id", "externalId", "revision", "source", "createdAt", "updatedAt", "deletedAt")
OTHERS = "(other)"
"""The column of what a type that is not strict does not declare."""

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a text for a formula (OWASP, CSV Injection)."""

COLUMNS = (
    shards.c.id,
    shards.c.external_id,
    shards.c.revision,
    shards.c.source,
    shards.c.created_at,
    shards.c.updated_at,
    shards.c.deleted_at,
    cast(shards.c.data, Text).label("document"),
)

Render = Callable[[Iterable[Row[Any]]], bytes]


async def exported(store: Store, conditions: Sequence[Condition], kind: ShardType, form: str) -> AsyncIterator[bytes]:
    """The export in parts, in the order of the external ids.

    Each step is a read of its own: what is written meanwhile is there in its new form, its old one, or, if it is new,
    perhaps not at all; no record is there twice.
    """
    render = _csv(kind) if form == "csv" else _lines
    if form == "csv":
        yield _heading(kind)
    async for rows in _walk(store, conditions):
        yield render(rows)


async def _walk(store: Store, conditions: Sequence[Condition]) -> AsyncIterator[Sequence[Row[Any]]]:
    statement = select(*COLUMNS).where(*conditions).order_by(shards.c.external_id).limit(STEP)
    after = ""
    while True:
        async with store.read() as session:
            rows = (await session.execute(statement.where(shards.c.external_id > after))).all()
        if rows:
            yield rows
        if len(rows) < STEP:
            return
        after = rows[-1].external_id


def _lines(rows: Iterable[Row[Any]]) -> bytes:
    parts = []
    for row in rows:
        # the document is JSON already
        members = dict(zip(OWN, row[:-1], strict=True)) | {"data": orjson.Fragment(row.document)}
        parts.append(orjson.dumps(members, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z))
    return b"".join(parts)


def _heading(kind: ShardType) -> bytes:
    names = [field.name for field in kind.fields]
    return _written([[*OWN, *names, *(() if kind.strict else (OTHERS,))]])


def _csv(kind: ShardType) -> Render:
    names = [field.name for field in kind.fields]
    declared = frozenset(names)

    def render(rows: Iterable[Row[Any]]) -> bytes:
        return _written(_cells(row, names, declared, kind.strict) for row in rows)

    return render


def _cells(row: Row[Any], names: Sequence[str], declared: frozenset[str], strict: bool) -> list[str]:
    data: Mapping[str, Any] = orjson.loads(row.document)
    values = [*row[:-1], *(data.get(name) for name in names)]
    if not strict:
        others = {name: value for name, value in data.items() if name not in declared}
        values.append(others or None)
    return [_cell(value) for value in values]


def _cell(value: Any) -> str:
    """One value as text: a number stays one, whatever else could be a formula is made a text by an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(RISKY) else value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return orjson.dumps(value).decode()


def _written(rows: Iterable[Sequence[str]]) -> bytes:
    """RFC 4180."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode()
