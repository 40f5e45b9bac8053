"""The database URL: what operators write, and what the drivers want."""

from pathlib import Path

import attrs
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from pegboard import Secret, StartupError

from .sqlite_driver import DRIVER

WAY_OUT = "use sqlite:///path/to/file or postgresql://user:password@host:5432/name"
POSTGRESQL = frozenset({"postgres", "postgresql", "postgresql+asyncpg"})
SQLITE = frozenset({"sqlite", "sqlite+aiosqlite"})


@attrs.frozen
class Database:
    """A database that the store can open. `place` names it for people, without user or password."""

    dialect: str
    place: str
    url: URL = attrs.field(repr=False)

    @property
    def file(self) -> Path:
        """The file of a SQLite database."""
        return Path(self.url.database or "")

    @property
    def dsn(self) -> str:
        """What libpq and asyncpg read, ``sslmode`` and the like included; it holds the password."""
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)


def read_url(url: Secret, data: Path) -> Database:
    """Understand the URL of the settings. Raises StartupError, in which the password is not shown."""
    try:
        parsed = make_url(url.reveal().strip().replace("{data}", str(data)))
    except (ArgumentError, ValueError):
        raise StartupError(f"store: the database URL cannot be read: {WAY_OUT}") from None
    if parsed.drivername in POSTGRESQL:
        return _postgresql(parsed)
    if parsed.drivername in SQLITE:
        return _sqlite(parsed)
    raise StartupError(f'store: the database URL names "{parsed.drivername}", which is not supported: {WAY_OUT}')


def _postgresql(url: URL) -> Database:
    if not url.database:
        raise StartupError(f"store: the database URL names no database: {WAY_OUT}")
    address = f"{url.host or 'localhost'}:{url.port or 5432}/{url.database}"
    return Database("postgresql", f"PostgreSQL {address}", url)


def _sqlite(url: URL) -> Database:
    if url.database in (None, "", ":memory:") or (url.database or "").startswith("file:"):
        raise StartupError(f"store: SQLite needs a file, since several connections share it: {WAY_OUT}")
    return Database("sqlite", f"SQLite file {url.database}", url.set(drivername=f"sqlite+{DRIVER}"))
