"""Many processes that open one new SQLite file at the same moment, and folders that are not there yet."""

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, closing, suppress
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import text

from pegboard import StartupError
from pegboard_store import Store, open_store
from pegboard_store.sqlite_changes import SqliteChanges
from pegboard_store.testing import store_settings

pytestmark = pytest.mark.anyio

PROCESSES, TIMES = 4, 20
SLOW = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300000) SELECT max(i) FROM n")


async def test_processes_that_open_a_file_at_once_and_close_it_again_never_lock_each_other_out(
    tmp_path: Path, start_process: Callable[..., Any]
) -> None:
    """Whoever closes a file last folds its WAL into it, and has it alone meanwhile."""
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    async with AsyncExitStack() as stack:
        started = [
            await stack.enter_async_context(start_process("opener.py", url, str(TIMES))) for _ in range(PROCESSES)
        ]
        for process in started:
            assert await process.stdout.readline() == b"ready\n"
        with anyio.fail_after(60):
            told = [await process.communicate(b"go\n") for process in started]
    assert [out.splitlines()[-1:] for out, _ in told] == [[str(TIMES).encode()]] * PROCESSES


async def test_who_listens_for_changes_waits_for_whoever_has_the_file_to_itself(tmp_path: Path) -> None:
    file = tmp_path / "alone.db"
    async with open_store(store_settings(f"sqlite:///{file}"), tmp_path, []):
        pass
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            SqliteChanges(file, wait=0.3)
        assert time.monotonic() - began >= 0.25


async def test_a_file_that_another_process_has_to_itself_is_told_as_locked(tmp_path: Path) -> None:
    file = tmp_path / "alone.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        for statement in ("PRAGMA journal_mode=WAL", "PRAGMA locking_mode=EXCLUSIVE", "CREATE TABLE own (id)"):
            other.execute(statement)
        with pytest.raises(StartupError, match="it is locked by another process"):
            async with open_store(store_settings(f"sqlite:///{file}", wait=0.05), tmp_path, []):
                pass
    async with open_store(store_settings(f"sqlite:///{file}"), tmp_path, []) as store:
        assert "up to date" in await store.ping()


async def test_a_data_folder_that_is_not_there_is_made_for_its_owner_only(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with open_store(store_settings("sqlite:///{data}/own.db"), data, []) as store:
        assert "up to date" in await store.ping()
    assert os.stat(data).st_mode & 0o777 == 0o700


async def test_a_data_folder_whose_parent_is_not_there_is_told_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(StartupError) as caught:
        async with open_store(store_settings("sqlite:///{data}/own.db"), tmp_path / "no" / "data", []):
            pass
    assert f"make the folder {tmp_path / 'no'} first, or name another one" in str(caught.value)


async def test_a_folder_that_is_not_the_data_folder_is_not_made(tmp_path: Path) -> None:
    """A slip in a path must not start an empty database somewhere."""
    with pytest.raises(StartupError, match="cannot be opened"):
        async with open_store(store_settings(f"sqlite:///{tmp_path / 'slip' / 'own.db'}"), tmp_path, []):
            pass
    assert not (tmp_path / "slip").exists()


def open_below(folder: Path) -> list[str]:
    """What this process has open in the folder."""
    found = []
    for descriptor in os.listdir("/proc/self/fd"):
        with suppress(OSError):  # closed meanwhile
            found.append(os.readlink(f"/proc/self/fd/{descriptor}"))
    return [path for path in found if path.startswith(str(folder))]


async def read_slowly(store: Store) -> None:
    async with store.read() as session:
        await session.execute(SLOW)


async def in_a_group(store: Store) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(read_slowly, store)


@pytest.mark.parametrize("reads", [read_slowly, in_a_group])
async def test_whoever_is_cancelled_leaves_no_thread_at_the_file(tmp_path: Path, reads: Callable[..., Any]) -> None:
    """At whichever moment: while the connection is being opened, and in the midst of a statement."""
    others = set(threading.enumerate())  # of tests before this one
    for turns in range(40):
        async with open_store(store_settings(f"sqlite:///{tmp_path / 'left.db'}"), tmp_path, []) as store:
            reading = asyncio.create_task(reads(store))
            for _ in range(turns):
                await asyncio.sleep(0)
            reading.cancel()
            await asyncio.wait([reading])
        left = [one for one in threading.enumerate() if "connection_worker" in one.name and one not in others]
        while any(one.is_alive() for one in left):  # one that has closed its file may take a moment to end
            assert not open_below(tmp_path), f"cancelled after {turns} turns"
        assert not open_below(tmp_path), f"cancelled after {turns} turns"
