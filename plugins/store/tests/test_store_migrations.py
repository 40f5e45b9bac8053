import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import anyio
import pytest
from sqlalchemy import Column, ForeignKey, Integer, Table, Text, text

from pegboard import StartupError
from pegboard_store import Migrations, metadata_for, migrate, open_store, read_database
from pegboard_store.lines import OWN
from pegboard_store.tables import metadata
from pegboard_store.testing import check_migrations, store_settings

pytestmark = pytest.mark.anyio

WriteLine = Callable[[Mapping[str, str]], Migrations]

BOOKS = """
    import sqlalchemy as sa
    from alembic import op

    revision = "0001"
    down_revision = None

    def upgrade():
        op.create_table("shelf_books", sa.Column("id", sa.Integer, primary_key=True), sa.Column("title", sa.Text))
        op.execute("INSERT INTO shelf_books (id, title) VALUES (1, 'Emma')")
"""
PAGES = """
    '''Books have pages.'''
    import sqlalchemy as sa
    from alembic import op

    revision = "0002"
    down_revision = "0001"

    def upgrade():
        with op.batch_alter_table("shelf_books") as books:
            books.add_column(sa.Column("pages", sa.Integer, nullable=False, server_default="0"))
            books.alter_column("title", nullable=False)
"""
BROKEN = """
    from alembic import op

    revision = "0002"
    down_revision = "0001"

    def upgrade():
        op.execute("CREATE TABLE shelf_half (id INTEGER)")
        op.execute("INSERT INTO nowhere VALUES (1)")
"""


async def test_the_stores_own_migrations_make_its_tables(database_url: str) -> None:
    await check_migrations(database_url, OWN, metadata)


async def test_an_upgrade_applies_each_pending_revision_once_and_keeps_the_rows(
    database_url: str, write_line: WriteLine
) -> None:
    settings = store_settings(database_url)
    line = write_line({"0001_books.py": BOOKS})
    first = await migrate(settings, Path(), [line])
    line = write_line({"0001_books.py": BOOKS, "0002_pages.py": PAGES})
    second = await migrate(settings, Path(), [line])
    third = await migrate(settings, Path(), [line])
    assert [(done.plugin, done.revision) for done in first] == [("store", "0001"), ("shelf", "0001")]
    assert [(done.revision, done.summary) for done in second] == [("0002", "Books have pages.")]
    assert third == []
    async with open_store(settings, Path(), [line]) as store, store.read() as session:
        assert (await session.execute(text("SELECT title, pages FROM shelf_books"))).all() == [("Emma", 0)]


async def test_a_failing_revision_leaves_nothing_behind(database_url: str, write_line: WriteLine) -> None:
    settings = store_settings(database_url)
    line = write_line({"0001_books.py": BOOKS, "0002_broken.py": BROKEN})
    with pytest.raises(Exception, match="nowhere"):
        await migrate(settings, Path(), [line])
    states = await read_database(settings, Path(), [line])
    assert {state.line.name: state.current for state in states} == {"store": None, "shelf": None}


async def test_a_database_that_is_newer_than_the_code_is_refused_in_one_line(
    database_url: str, write_line: WriteLine
) -> None:
    settings = store_settings(database_url)
    await migrate(settings, Path(), [write_line({"0001_books.py": BOOKS, "0002_pages.py": PAGES})])
    older = write_line({"0001_books.py": BOOKS})
    with pytest.raises(StartupError) as caught:
        async with open_store(settings, Path(), [older]):
            pass
    assert 'newer than this version of "shelf" (it is at 0002, known are up to 0001)' in str(caught.value)
    with pytest.raises(StartupError, match="newer"):
        await migrate(settings, Path(), [older])


async def test_pending_migrations_are_refused_where_the_operator_applies_them(
    database_url: str, shelf: Migrations
) -> None:
    settings = store_settings(database_url, migrate="command")
    with pytest.raises(StartupError) as caught:
        async with open_store(settings, Path(), [shelf]):
            pass
    assert "lacks migrations of store, shelf: run `pegboard db upgrade` first" in str(caught.value)
    await migrate(settings, Path(), [shelf])
    async with open_store(settings, Path(), [shelf]) as store:
        assert "2 version lines up to date" in await store.ping()


async def test_by_default_postgresql_waits_for_the_operator_and_sqlite_does_not(
    database_url: str, shelf: Migrations
) -> None:
    async def start() -> None:
        async with open_store(store_settings(database_url, migrate="auto"), Path(), [shelf]) as store:
            await store.ping()

    if database_url.startswith("sqlite"):
        await start()
    else:
        with pytest.raises(StartupError, match="pegboard db upgrade"):
            await start()


async def test_processes_that_start_at_once_on_an_empty_database_do_not_collide(
    database_url: str, start_process: Callable
) -> None:
    async with start_process("starter.py", database_url) as one, start_process("starter.py", database_url) as two:
        for process in (one, two):
            assert await process.stdout.readline() == b"ready\n"
        for process in (one, two):
            process.stdin.write(b"\n")
        with anyio.fail_after(30):
            outputs = [await process.stdout.read() for process in (one, two)]
            codes = [await process.wait() for process in (one, two)]
    assert codes == [0, 0]
    assert all(b"1 version lines up to date" in output for output in outputs)


async def test_a_start_without_pending_migrations_does_not_load_alembic(
    database_url: str, start_process: Callable
) -> None:
    await migrate(store_settings(database_url), Path(), [])
    async with start_process("starter.py", database_url) as process:
        process.stdin.write(b"\n")
        with anyio.fail_after(30):
            output = await process.stdout.read()
    assert output.split()[-1] == b"False"


async def test_health_notices_that_a_newer_version_has_been_here(database_url: str, shelf: Migrations) -> None:
    async with open_store(store_settings(database_url), Path(), [shelf]) as store:
        async with store.begin() as session:
            await session.execute(text("UPDATE alembic_version_shelf SET version_num = '0009'"))
        with pytest.raises(RuntimeError, match="tables of shelf"):
            await store.ping()


async def test_files_that_are_not_one_line_are_refused(tmp_path: Path, write_line: WriteLine) -> None:
    line = write_line({"0001_books.py": BOOKS, "0003_pages.py": PAGES})
    with pytest.raises(StartupError, match=r'migrations of "shelf".*named 0001, 0003.*follow as 0001, 0002'):
        await migrate(store_settings(f"sqlite:///{tmp_path}/a.db"), tmp_path, [line])


async def test_a_migration_that_breaks_a_foreign_key_is_refused(tmp_path: Path, write_line: WriteLine) -> None:
    orphan = """
        from alembic import op

        revision = "0001"
        down_revision = None

        def upgrade():
            op.execute("CREATE TABLE shelf_a (id INTEGER PRIMARY KEY)")
            op.execute("CREATE TABLE shelf_b (a INTEGER REFERENCES shelf_a (id))")
            op.execute("INSERT INTO shelf_b VALUES (7)")
    """
    with pytest.raises(StartupError, match="a row of shelf_b lacks its row in shelf_a: nothing was migrated"):
        await migrate(store_settings(f"sqlite:///{tmp_path}/a.db"), tmp_path, [write_line({"0001_a.py": orphan})])


async def test_the_check_for_plugin_authors_finds_what_is_wrong(
    database_url: str, shelf: Migrations, write_line: WriteLine
) -> None:
    stray = metadata_for("shelf")
    Table("books", stray, Column("id", Integer, primary_key=True))
    with pytest.raises(AssertionError, match='must start with "shelf_"'):
        await check_migrations(database_url, shelf, stray)
    leaving = metadata_for("shelf")
    Table("shelf_loans", leaving, Column("user", ForeignKey("accounts_users.id")))
    with pytest.raises(AssertionError, match=r"shelf_loans -> accounts_users\.id"):
        await check_migrations(database_url, shelf, leaving)
    forgotten = metadata_for("shelf")
    Table("shelf_books", forgotten, Column("id", Integer, primary_key=True), Column("year", Text))
    with pytest.raises(AssertionError, match="year"):
        await check_migrations(database_url, shelf, forgotten)
    assert "shelf_migrations" in sys.modules
