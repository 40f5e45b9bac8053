"""Version lines: each plugin's migrations, and how far a database has come."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

import attrs
from attrs.validators import matches_re
from sqlalchemy import Connection, column, inspect, literal, select, table, union_all

from .tables import table_prefix


@attrs.frozen
class Migrations:
    """A plugin's version line; `name` is the plugin's own.

    `package` is a folder of Alembic revision files, such as ``pegboard_endpoints.migrations``. They form one line,
    and a file starts with its revision: ``0001_widgets.py`` holds ``revision = "0001"``, the next one has
    ``down_revision = "0001"``. So the newest is known without reading any.
    """

    name: str = attrs.field(validator=matches_re(r"[a-z][a-z0-9]*([._-][a-z0-9]+)*"))
    summary: str
    package: str = attrs.field(kw_only=True)

    @property
    def version_table(self) -> str:
        return "alembic_version_" + table_prefix(self.name).removesuffix("_")

    @property
    def folder(self) -> Path:
        return Path(str(files(self.package)))

    def revisions(self) -> tuple[str, ...]:
        """All revisions that this version of the code knows, oldest first."""
        names = (item.name for item in files(self.package).iterdir())
        return tuple(sorted(name.partition("_")[0] for name in names if name.endswith(".py") and name[0] != "_"))


OWN = Migrations("store", "Changes, for caches", package="pegboard_store.migrations")


@attrs.frozen
class LineState:
    """How far a database is in one line. `current` is None before the first revision."""

    line: Migrations
    current: str | None
    known: tuple[str, ...]

    @property
    def newer(self) -> bool:
        """A newer version of the plugin was here: its tables may have what this code does not know."""
        return self.current is not None and self.current not in self.known

    @property
    def pending(self) -> tuple[str, ...]:
        return () if self.newer else tuple(name for name in self.known if name > (self.current or ""))


def read_states(connection: Connection, lines: Iterable[Migrations]) -> Sequence[LineState]:
    """Compare the database with the code; Alembic is not needed for it."""
    current = _current(connection, {line.version_table: line for line in lines})
    return [LineState(line, current.get(line.name), line.revisions()) for line in lines]


def _current(connection: Connection, lines: Mapping[str, Migrations]) -> dict[str, str]:
    there = sorted(lines.keys() & set(inspect(connection).get_table_names()))
    if not there:
        return {}
    rows = (select(literal(lines[name].name), table(name, column("version_num")).c.version_num) for name in there)
    return {plugin: version for plugin, version in connection.execute(union_all(*rows))}
