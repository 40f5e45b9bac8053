"""Looks that are left out, because they would find nothing."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from sqlalchemy import text

from pegboard_store import Migrations, Quiet, Store, open_store
from pegboard_store.testing import store_settings

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def sqlite_store(tmp_path: Path, shelf: Migrations) -> AsyncIterator[Store]:
    async with open_store(store_settings(f"sqlite:///{tmp_path / 'quiet.db'}"), tmp_path, [shelf]) as opened:
        yield opened


async def looked(store: Store, due: datetime | None = None) -> Quiet:
    """After a look that found nothing."""
    quiet = Quiet(store.changes)
    assert not quiet.lasts()
    quiet.begin(due)
    await anyio.lowlevel.checkpoint()  # commits are looked for once in each turn of the loop
    return quiet


async def add(store: Store, title: str) -> None:
    async with store.begin() as session:
        await session.execute(text("INSERT INTO shelf_books (title) VALUES (:title)"), {"title": title})


async def add_and_fail(store: Store, title: str) -> None:
    async with store.begin() as session:
        await session.execute(text("INSERT INTO shelf_books (title) VALUES (:title)"), {"title": title})
        raise LookupError


async def test_after_a_look_that_found_nothing_it_is_quiet(sqlite_store: Store) -> None:
    quiet = await looked(sqlite_store)
    assert [quiet.lasts(), quiet.lasts()] == [True, True]


async def test_a_commit_ends_it_until_the_next_look(sqlite_store: Store) -> None:
    quiet = await looked(sqlite_store)
    await add(sqlite_store, "Emma")
    assert [quiet.lasts(), quiet.lasts()] == [False, False]
    quiet.begin()
    assert quiet.lasts()


async def test_what_is_committed_during_a_look_ends_it(sqlite_store: Store) -> None:
    quiet = Quiet(sqlite_store.changes)
    assert not quiet.lasts()
    await add(sqlite_store, "Emma")
    quiet.begin()
    assert not quiet.lasts()


async def test_reads_and_rollbacks_do_not_end_it(sqlite_store: Store) -> None:
    quiet = await looked(sqlite_store)
    async with sqlite_store.read() as session:
        await session.execute(text("SELECT count(*) FROM shelf_books"))
    with pytest.raises(LookupError):
        await add_and_fail(sqlite_store, "Emma")
    assert quiet.lasts()


async def test_a_commit_of_another_process_ends_it(
    sqlite_store: Store, tmp_path: Path, start_process: Callable
) -> None:
    async with sqlite_store.begin() as session:
        await session.execute(text("CREATE TABLE kept (number INTEGER)"))
    await anyio.lowlevel.checkpoint()
    quiet = await looked(sqlite_store)
    async with start_process("writer.py", f"sqlite:///{tmp_path / 'quiet.db'}") as process:
        with anyio.fail_after(10):
            await process.stdout.readline()
    await anyio.lowlevel.checkpoint()
    assert not quiet.lasts()


@pytest.mark.parametrize(("due", "lasts"), [(MINUTE, True), (-MINUTE, False)])
async def test_it_ends_when_something_falls_due(sqlite_store: Store, due: timedelta, lasts: bool) -> None:
    assert (await looked(sqlite_store, datetime.now(UTC) + due)).lasts() is lasts


async def test_postgresql_is_never_quiet(postgresql_url: str) -> None:
    async with open_store(store_settings(postgresql_url), Path(), []) as store:
        quiet = await looked(store)
        assert not quiet.tells
        assert not quiet.lasts()
