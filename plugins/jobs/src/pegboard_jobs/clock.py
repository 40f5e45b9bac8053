"""The time that leases and delays go by: the database's, so that the clocks of several machines need not agree."""

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
from sqlalchemy import ColumnElement, Float, bindparam, func, literal

from pegboard_store import UtcDateTime


@attrs.frozen
class Clock:
    """SQLite is read and written on one machine, whose clock it is."""

    dialect: str

    def now(self, later: float = 0.0) -> ColumnElement[Any]:
        """This moment, or `later` seconds after it."""
        if self.dialect == "postgresql":
            seconds = func.make_interval(0, 0, 0, 0, 0, 0, later)
            return func.clock_timestamp(type_=UtcDateTime()) + seconds if later else func.clock_timestamp()
        return literal(datetime.now(UTC) + timedelta(seconds=later), UtcDateTime())

    def named(self, name: str) -> ColumnElement[Any]:
        """A moment within a statement that is built once; `given` is what it is executed with."""
        if self.dialect == "postgresql":
            later = func.make_interval(0, 0, 0, 0, 0, 0, bindparam(name, type_=Float()))
            return func.clock_timestamp(type_=UtcDateTime()) + later
        return bindparam(name, type_=UtcDateTime())

    def given(self, **later: float | None) -> dict[str, Any]:
        """The parameters of `named` moments, in seconds from now; None is no moment."""
        if self.dialect == "postgresql":
            return dict(later)
        now = datetime.now(UTC)
        return {name: None if seconds is None else now + timedelta(seconds=seconds) for name, seconds in later.items()}
