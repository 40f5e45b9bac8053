"""All rows of a list as JSON lines or as CSV, a step at a time: memory does not grow with their number."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pegboard import Principal
from pegboard.json import dumps

from .declaring import Model
from .reading import Listing, Query
from .service import Models
from .values import Saved, document

STEP = 1000
MEDIA = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a text for a formula (OWASP, CSV Injection)."""


async def exported(
    models: Models, model: Model, principal: Principal, query: Query, form: str, everyone: bool
) -> AsyncIterator[bytes]:
    """The export in parts, in the order of the ids.

    Each step is a read of its own, so that a slow client holds no connection: what is written meanwhile is there in its
    new form, its old one, or, if it is new, perhaps not at all; no row is there twice.
    """
    render: Callable[[Iterable[Mapping[str, Any]]], bytes] = _csv if form == "csv" else _lines
    page = Query(query.filter, query.search, limit=STEP, deleted=query.deleted)
    if form == "csv":
        yield _written([_names(model)])
    while True:
        async with models.read(principal, everyone=everyone, public=True) as reader:
            found: Listing[Any] = await reader.list(model.type, page)
        if found.items:
            yield render(_documents(model, found.items))
        if not found.next:
            return
        page = Query(query.filter, query.search, limit=STEP, deleted=query.deleted, cursor=found.next)


def _documents(model: Model, rows: Iterable[Saved[Any]]) -> Iterable[Mapping[str, Any]]:
    return (document(model, row) for row in rows)


def _names(model: Model) -> list[str]:
    fields = [name for name, spec in model.fields.items() if spec.readable]
    return ["id", *fields, "version", "created_at", "updated_at", *(["deleted_at"] if model.soft_delete else [])]


def _lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(dumps(row) + b"\n" for row in rows)


def _csv(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return _written([cell(value) for value in row.values()] for row in rows)


def cell(value: Any) -> str:
    """One value as text: a number stays one, whatever else could be a formula is made a text by an apostrophe."""
    if value is None:
        return ""
    value = getattr(value, "value", value)
    if isinstance(value, str):
        return f"'{value}" if value.startswith(RISKY) else value
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, Decimal) else dumps(value).decode().strip('"')


def _written(rows: Iterable[Sequence[str]]) -> bytes:
    """RFC 4180."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode()
