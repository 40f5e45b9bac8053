from pathlib import Path

import pytest
from sqlalchemy import text

import pegboard_store
from pegboard import StartupError, create_app, hookimpl
from pegboard.testing import Forking, client, running
from pegboard_store import Migrations, Store
from pegboard_store.testing import store_section

pytestmark = pytest.mark.anyio


class Shelf:
    """A plugin that has tables."""

    def __init__(self, line: Migrations) -> None:
        self.line = line

    @hookimpl
    def pegboard_migrations(self) -> Migrations:
        return self.line


def app_over(url: str, line: Migrations, **store: str):
    return create_app(
        settings={"plugins": {"store": store_section(url) | store}},
        plugins={"store": pegboard_store, "shelf": Shelf(line)},
        environ={},
        installed=False,
    )


async def test_an_app_has_the_tables_of_its_plugins_and_says_that_it_is_well(
    database_url: str, shelf: Migrations
) -> None:
    app = app_over(database_url, shelf)
    async with client(app) as http:
        async with app.state.board.services.get(Store).begin() as session:
            await session.execute(text("INSERT INTO shelf_books (title) VALUES ('Emma')"))
        health = (await http.get("/-/health")).json()
    assert health["status"] == "ok"


async def test_an_app_does_not_start_on_a_database_that_awaits_the_operator(
    database_url: str, shelf: Migrations
) -> None:
    with pytest.raises(StartupError, match="lacks migrations of store, shelf: run `pegboard db upgrade` first"):
        async with running(app_over(database_url, shelf, migrate="command")):
            pass


async def test_two_apps_in_one_process_do_not_share_a_store(tmp_path: Path, shelf: Migrations) -> None:
    one = app_over(f"sqlite:///{tmp_path}/one.db", shelf)
    two = app_over(f"sqlite:///{tmp_path}/two.db", shelf)
    async with running(one), running(two):
        places = {app.state.board.services.get(Store).place for app in (one, two)}
    assert places == {f"SQLite file {tmp_path}/one.db", f"SQLite file {tmp_path}/two.db"}


async def test_an_operator_brings_a_database_on_by_command(forked: Forking, database_url: str, tmp_path: Path) -> None:
    async def db(command: str) -> str:
        finished = await forked.run("db", command, cwd=tmp_path, environ={"DATABASE_URL": database_url})
        assert finished.code == 0, finished.stderr
        return finished.stdout

    assert "store 0001: Who changed what, for caches." in await db("upgrade")
    assert "store: 0001 (up to date)" in await db("current")


async def test_the_history_is_known_without_a_database(forked: Forking, tmp_path: Path) -> None:
    finished = await forked.run("db", "history", cwd=tmp_path, environ={"DATABASE_URL": "postgres://127.0.0.1:1/app"})
    assert "store 0001: Who changed what" in finished.stdout
    assert finished.stderr == ""


async def test_a_command_on_an_absent_database_ends_in_one_line_without_the_password(
    forked: Forking, tmp_path: Path
) -> None:
    environ = {"DATABASE_URL": "postgres://me:topsecret@127.0.0.1:1/app"}
    finished = await forked.run("db", "upgrade", cwd=tmp_path, environ=environ)
    assert finished.code == 1
    assert finished.stderr.splitlines()[-1].startswith("pegboard: store: PostgreSQL 127.0.0.1:1/app: the connection")
    assert "topsecret" not in finished.stdout + finished.stderr
