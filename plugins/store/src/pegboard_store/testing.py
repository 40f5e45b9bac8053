"""What plugins test their tables with: each test on both databases, and the laws that migrations keep.

``from pegboard_store.testing import database_url`` in a test module gives its tests an empty database each time.
PostgreSQL is looked for at ``PEGBOARD_TEST_POSTGRES``; where it is absent its tests are skipped, or fail if
``PEGBOARD_TEST_REQUIRE_SERVICES=1``.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData
from sqlalchemy.engine import make_url

from pegboard import Secret
from pegboard.testing.forking import PEGBOARD, Forking, forking

from .engines import migration_engine
from .lines import Migrations
from .opening import migrate
from .settings import StoreSettings
from .tables import table_prefix
from .urls import read_url

POSTGRES = "postgresql://postgres@127.0.0.1:5432/test"
LATE = ("alembic.runtime.migration", "alembic.script", "asyncpg", "httptools", "uvicorn", "uvloop")
"""What a command or a server imports no sooner than it needs it."""
EMPTIED = pytest.StashKey[str]()
OTHERS_END = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
"""Those of a process that was killed may not be gone yet, with whatever they have locked."""


def store_section(url: str) -> dict[str, Any]:
    """The section ``[plugins.store]`` of an app under test: this database, migrated at its start."""
    return {"url": url, "migrate": "start"}


def store_settings(url: str, **more: Any) -> StoreSettings:
    """The same for `open_store`."""
    return StoreSettings(url=Secret(url), **{"migrate": "start", **more})


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database: first a SQLite file, then a PostgreSQL database made for this module."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
def postgresql_url(pytestconfig: pytest.Config) -> str:
    """The URL of a PostgreSQL database of this process of the tests, emptied for each test.

    No app of a module or a session is in it: one that is in the middle of a transaction would keep it from being
    emptied, on an event loop that waits for just that.
    """
    if EMPTIED not in pytestconfig.stash:
        stack = ExitStack()
        pytestconfig.stash[EMPTIED] = stack.enter_context(_database())
        pytestconfig.add_cleanup(stack.close)
    url = pytestconfig.stash[EMPTIED]
    _run(_execute(url, OTHERS_END, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public"))
    return url


@pytest.fixture(scope="module")
def _postgresql_database() -> Iterator[str]:
    """The URL of an empty PostgreSQL database that is the module's own."""
    with _database() as url:
        yield url


@contextmanager
def _database() -> Iterator[str]:
    server = os.environ.get("PEGBOARD_TEST_POSTGRES", POSTGRES)
    name = f"pegboard_test_{secrets.token_hex(6)}"
    try:
        _run(_execute(server, f'CREATE DATABASE "{name}"'))
    except OSError as error:
        _absent(f"no PostgreSQL at {make_url(server).render_as_string()} ({error}); set PEGBOARD_TEST_POSTGRES")
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    _run(_execute(server, f'DROP DATABASE "{name}" WITH (FORCE)'))


def _absent(reason: str) -> None:
    if os.environ.get("PEGBOARD_TEST_REQUIRE_SERVICES") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


async def _execute(url: str, *statements: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url, timeout=10, command_timeout=30)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _run(work: Coroutine[Any, Any, None]) -> None:
    # In a thread of its own: a fixture may be set up while the event loop of an async test is current.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


@pytest.fixture(scope="session")
async def forked() -> AsyncIterator[Forking]:
    """Runs commands and servers of ``pegboard`` as it is installed: processes of their own, soon forked."""
    async with forking(PEGBOARD, preload=LATE) as made:
        yield made


async def check_migrations(url: str, line: Migrations, metadata: MetaData) -> None:
    """Raises AssertionError unless the migrations, on an empty database, make exactly the tables of `metadata`.

    All of them start with the plugin's prefix, and no foreign key leaves the plugin.
    """
    prefix = table_prefix(line.name)
    strangers = [name for name in metadata.tables if not name.startswith(prefix)]
    assert not strangers, f'tables of "{line.name}" must start with "{prefix}": {strangers}'
    leaving = [
        f"{table.name} -> {key.target_fullname}"
        for table in metadata.tables.values()
        for key in table.foreign_keys
        if not key.target_fullname.startswith(prefix)
    ]
    assert not leaving, f'foreign keys must stay within "{line.name}": {leaving}'
    config = store_settings(url)
    await migrate(config, Path(), [line])
    differences = await _differences(config, line, metadata)
    assert not differences, f'the migrations of "{line.name}" do not make its tables: {differences}'


async def _differences(config: StoreSettings, line: Migrations, metadata: MetaData) -> list[Any]:
    engine = migration_engine(read_url(config.url, Path()), config)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_compare, line, metadata)
    finally:
        await engine.dispose()


def _compare(connection: Connection, line: Migrations, metadata: MetaData) -> list[Any]:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    prefix = table_prefix(line.name)

    def is_own(name: str | None, kind: str, _: Any) -> bool:
        return kind != "table" or (name or "").startswith(prefix)

    options = {
        "version_table": line.version_table,
        "compare_type": True,
        "compare_server_default": True,
        "include_name": is_own,
    }
    found: list[Any] = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    return found
