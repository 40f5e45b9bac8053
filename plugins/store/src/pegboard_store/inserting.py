"""Rows that may be there already: what becomes of them is said by a class that each dialect has for itself."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def insert_into(dialect: str, table: Any) -> Any:
    """SQLAlchemy's INSERT of `dialect` (`Store.dialect`): both have ``on_conflict_do_nothing`` and ``_do_update``."""
    return INSERT[dialect](table)
