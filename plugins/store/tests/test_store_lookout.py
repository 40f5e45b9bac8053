"""Looks that are left out, because they would find nothing."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import attrs
import pytest
from sqlalchemy import text

from pegboard_store import Lookout, Migrations, Store, open_store
from pegboard_store.testing import store_settings

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def sqlite_store(tmp_path: Path, shelf: Migrations) -> AsyncIterator[Store]:
    async with open_store(store_settings(f"sqlite:///{tmp_path / 'quiet.db'}"), tmp_path, [shelf]) as opened:
        yield opened


@attrs.define
class Reader:
    """Looks for books; `looks` are those that were taken, `asked` how often it was asked when the next one is due."""

    store: Store
    due: datetime | None = None
    looks: int = 0
    asked: int = 0
    lookout: Lookout = attrs.field(init=False, default=attrs.Factory(lambda self: Lookout(self.store), takes_self=True))

    async def find(self, session: Any) -> Sequence[str]:
        self.looks += 1
        return list(await session.scalars(text("SELECT title FROM shelf_books")))

    async def next_due(self, session: Any) -> datetime | None:
        self.asked += 1
        return self.due

    async def look(self) -> Sequence[str]:
        await anyio.lowlevel.checkpoint()  # commits are looked for once in each turn of the loop
        return await self.lookout.look(self.find, self.next_due)

    async def looks_again(self) -> bool:
        before = self.looks
        await self.look()
        return self.looks > before


async def looked(store: Store, due: datetime | None = None) -> Reader:
    """After a look that found nothing."""
    reader = Reader(store, due)
    assert not await reader.look()
    assert reader.looks == 1
    return reader


async def add(store: Store, title: str) -> None:
    async with store.begin() as session:
        await session.execute(text("INSERT INTO shelf_books (title) VALUES (:title)"), {"title": title})


async def add_and_fail(store: Store, title: str) -> None:
    async with store.begin() as session:
        await session.execute(text("INSERT INTO shelf_books (title) VALUES (:title)"), {"title": title})
        raise LookupError


async def test_after_a_look_that_found_nothing_none_is_taken(sqlite_store: Store) -> None:
    reader = await looked(sqlite_store)
    assert [await reader.look(), await reader.look()] == [(), ()]
    assert (reader.looks, reader.asked) == (1, 1)


async def test_what_was_found_is_looked_for_again(sqlite_store: Store) -> None:
    await add(sqlite_store, "Emma")
    reader = Reader(sqlite_store)
    assert [await reader.look(), await reader.look()] == [["Emma"], ["Emma"]]
    assert (reader.looks, reader.asked) == (2, 0)


async def test_a_commit_is_followed_by_a_look(sqlite_store: Store) -> None:
    reader = await looked(sqlite_store)
    async with sqlite_store.begin() as session:
        await session.execute(text("CREATE TABLE other (number INTEGER)"))
    assert [await reader.looks_again(), await reader.looks_again()] == [True, False]


async def test_what_is_committed_during_a_look_is_found_by_the_next(sqlite_store: Store) -> None:
    class Slow(Reader):
        async def find(self, session: Any) -> Sequence[str]:
            found = await Reader.find(self, session)
            if self.looks == 1:
                await add(self.store, "Emma")
            return found

    reader = Slow(sqlite_store)
    assert [await reader.look(), await reader.look()] == [[], ["Emma"]]


async def test_a_look_that_fails_is_taken_again(sqlite_store: Store) -> None:
    class Failing(Reader):
        async def find(self, session: Any) -> Sequence[str]:
            await Reader.find(self, session)
            raise LookupError

    reader = Failing(sqlite_store)
    for _ in range(2):
        with pytest.raises(LookupError):
            await reader.look()
    assert reader.looks == 2


async def test_reads_and_rollbacks_are_followed_by_none(sqlite_store: Store) -> None:
    reader = await looked(sqlite_store)
    async with sqlite_store.read() as session:
        await session.execute(text("SELECT count(*) FROM shelf_books"))
    with pytest.raises(LookupError):
        await add_and_fail(sqlite_store, "Emma")
    assert not await reader.looks_again()


async def test_a_commit_of_another_process_is_followed_by_a_look(
    sqlite_store: Store, tmp_path: Path, start_process: Callable
) -> None:
    async with sqlite_store.begin() as session:
        await session.execute(text("CREATE TABLE kept (number INTEGER)"))
    reader = await looked(sqlite_store)
    async with start_process("writer.py", f"sqlite:///{tmp_path / 'quiet.db'}") as process:
        with anyio.fail_after(10):
            await process.stdout.readline()
    assert await reader.looks_again()


@pytest.mark.parametrize(("due", "again"), [(MINUTE, False), (-MINUTE, True)])
async def test_when_something_falls_due_a_look_is_taken(sqlite_store: Store, due: timedelta, again: bool) -> None:
    reader = await looked(sqlite_store, datetime.now(UTC) + due)
    assert await reader.looks_again() is again


async def test_over_postgresql_each_look_is_taken(postgresql_url: str, shelf: Migrations) -> None:
    async with open_store(store_settings(postgresql_url), Path(), [shelf]) as store:
        reader = await looked(store)
        assert await reader.looks_again()
        assert reader.asked == 0
