"""What a database refuses to keep, in the words of the model."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import IntegrityError

from pegboard import Problem

from .catalog import Entry
from .errors import gone, in_use, taken
from .tables import index_name

UNIQUE, REFERENCE = "23505", "23503"
SQLITE_COLUMNS = re.compile(r"\w+\.(\w+)")


VIOLATIONS = frozenset({"row-exists", "row-in-use", "row-gone"})


def is_violation(problem: Problem) -> bool:
    """Whether the database refused a statement: PostgreSQL then takes no other until a savepoint is gone back to."""
    return problem.code in VIOLATIONS


@contextmanager
def explained(entry: Entry, row_id: Any = None) -> Iterator[None]:
    """Raises Problem 409 for what a unique key or a reference refuses; `row_id` is what is deleted."""
    try:
        yield
    except IntegrityError as error:
        problem = _problem(entry, error, row_id)
        if problem is None:
            raise
        raise problem from None


def _problem(entry: Entry, error: IntegrityError, row_id: Any) -> Problem | None:
    original: Any = error.orig
    state = getattr(original, "sqlstate", None) or _sqlite_state(original)
    if state == UNIQUE:
        return taken(entry.model.noun, _unique_fields(entry, original))
    if state == REFERENCE and row_id is not None:
        return in_use(entry.model.noun, row_id)
    return gone(entry.model.noun) if state == REFERENCE else None


def _sqlite_state(original: Any) -> str:
    code = getattr(original, "sqlite_errorcode", None)
    unique = (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
    return UNIQUE if code in unique else REFERENCE if code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY else ""


def _unique_fields(entry: Entry, original: Any) -> tuple[str, ...]:
    """PostgreSQL names the index, SQLite its columns."""
    name = getattr(original.__cause__, "constraint_name", None)
    columns = set(SQLITE_COLUMNS.findall(str(original)))
    tenant = ["tenant"] if entry.model.tenant else []
    for names in entry.model.uniques:
        if name == index_name("uq", entry.table, [*tenant, *names]) or columns == {*tenant, *names}:
            return names
    return ()
