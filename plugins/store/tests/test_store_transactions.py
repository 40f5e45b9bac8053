import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from pegboard import Problem
from pegboard_store import Migrations, Store, execute_last, open_store
from pegboard_store.testing import store_settings

pytestmark = pytest.mark.anyio

ADD = text("INSERT INTO shelf_books (title) VALUES (:title)")
TITLES = text("SELECT title FROM shelf_books ORDER BY id")


async def add(store: Store, *titles: str) -> None:
    async with store.begin() as session:
        for title in titles:
            await session.execute(ADD, {"title": title})


async def add_and_fail(store: Store, title: str) -> None:
    async with store.begin() as session:
        await session.execute(ADD, {"title": title})
        raise LookupError


async def titles(store: Store) -> list[str]:
    async with store.read() as session:
        return list((await session.scalars(TITLES)).all())


async def test_a_transaction_commits_at_its_end(store: Store) -> None:
    async with store.begin() as session:
        await session.execute(ADD, {"title": "Emma"})
        assert await titles(store) == []
    assert await titles(store) == ["Emma"]


async def test_an_error_rolls_everything_back(store: Store) -> None:
    with pytest.raises(LookupError):
        await add_and_fail(store, "Emma")
    assert await titles(store) == []


async def test_the_last_statement_is_committed_at_the_end_of_the_block_at_the_latest(store: Store) -> None:
    async with store.begin() as session:
        await session.execute(ADD, {"title": "Emma"})
        await execute_last(session, ADD, {"title": "Persuasion"})
        assert await titles(store) in (["Emma", "Persuasion"], [])
    assert await titles(store) == ["Emma", "Persuasion"]
    await add(store, "Sanditon")
    with pytest.raises(LookupError):
        await add_and_fail(store, "The Watsons")
    assert await titles(store) == ["Emma", "Persuasion", "Sanditon"]


async def test_a_last_statement_that_fails_takes_its_transaction_with_it(store: Store) -> None:
    async def add_and_break() -> None:
        async with store.begin() as session:
            await session.execute(ADD, {"title": "Emma"})
            await execute_last(session, ADD, {"title": None})

    with pytest.raises(IntegrityError):
        await add_and_break()
    assert await titles(store) == []


async def test_what_follows_the_last_statement_nonetheless_is_a_transaction_too(store: Store) -> None:
    async with store.begin() as session:
        await execute_last(session, ADD, [{"title": "Emma"}, {"title": "Persuasion"}])
        await session.execute(ADD, {"title": "Sanditon"})
        assert "Sanditon" not in await titles(store)
    assert await titles(store) == ["Emma", "Persuasion", "Sanditon"]


async def test_a_cancelled_writer_leaves_nothing_and_lets_the_next_one_in(store: Store) -> None:
    written = anyio.Event()

    async def write() -> None:
        async with store.begin() as session:
            await session.execute(ADD, {"title": "Emma"})
            written.set()
            await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(write)
        await written.wait()
        tasks.cancel_scope.cancel()
    await add(store, "Persuasion")
    assert await titles(store) == ["Persuasion"]


async def test_cancelling_at_any_moment_never_blocks_the_next_writer(store: Store) -> None:
    for step in range(40):
        with anyio.move_on_after(step * 0.0001), pytest.raises(LookupError):
            await add_and_fail(store, f"cancelled {step}")
    with anyio.fail_after(10):
        await add(store, "Emma")
    assert await titles(store) == ["Emma"]


async def test_concurrent_writers_lose_no_update(store: Store) -> None:
    async with store.begin() as session:
        await session.execute(text("INSERT INTO shelf_books (id, title) VALUES (1, '0')"))

    async def increment() -> None:
        async with store.begin() as session:
            value = await session.scalar(text(f"SELECT title FROM shelf_books WHERE id = 1 {lock}"))
            await session.execute(text("UPDATE shelf_books SET title = :t"), {"t": str(int(value) + 1)})

    lock = "FOR UPDATE" if store.dialect == "postgresql" else ""
    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(increment)
    assert await titles(store) == ["50"]


async def test_a_reader_does_not_wait_for_a_writer(store: Store) -> None:
    async with store.begin() as session:
        await session.execute(ADD, {"title": "Emma"})
        with anyio.fail_after(2):
            assert await titles(store) == []


async def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(Problem, match=r"write within store.begin\(\)"):
        async with store.read() as session:
            await session.execute(ADD, {"title": "Emma"})


async def test_a_transaction_within_a_transaction_is_refused_instead_of_waiting_for_itself(store: Store) -> None:
    with pytest.raises(RuntimeError, match="pass the outer session on"):
        async with store.begin(), store.begin():
            pass


async def test_a_violated_constraint_is_the_callers_to_explain(store: Store) -> None:
    with pytest.raises(IntegrityError):
        await add(store, "Emma", "Emma")
    assert await titles(store) == []


async def test_a_writer_that_waits_too_long_is_told_that_the_store_is_busy(tmp_path: Path, shelf: Migrations) -> None:
    settings = store_settings(f"sqlite:///{tmp_path / 'busy.db'}", wait=0.05)
    async with open_store(settings, tmp_path, [shelf]) as store:
        problems: list[Problem] = []
        refused = anyio.Event()

        async def second() -> None:
            with pytest.raises(Problem) as caught:
                await add(store, "Emma")
            problems.append(caught.value)
            refused.set()

        async with anyio.create_task_group() as tasks, store.begin():
            tasks.start_soon(second)
            with anyio.fail_after(10):
                await refused.wait()
    problem = problems[0]
    assert (problem.status, problem.code, problem.headers["Retry-After"]) == (503, "store-busy", "1")


async def test_another_process_that_holds_the_lock_makes_the_store_busy(tmp_path: Path, shelf: Migrations) -> None:
    settings = store_settings(f"sqlite:///{tmp_path / 'busy.db'}", wait=0.05)
    async with open_store(settings, tmp_path, [shelf]) as store:
        other = sqlite3.connect(tmp_path / "busy.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Problem) as caught:
            await add(store, "Emma")
        other.close()
        await add(store, "Emma")
        assert await titles(store) == ["Emma"]
    assert caught.value.code == "store-busy"


async def test_a_full_disk_is_said_and_nothing_is_half_written(tmp_path: Path, shelf: Migrations) -> None:
    async with open_store(store_settings(f"sqlite:///{tmp_path / 'full.db'}"), tmp_path, [shelf]) as store:
        async with store.begin() as session:
            pages = await session.scalar(text("PRAGMA page_count"))
            await session.execute(text(f"PRAGMA max_page_count={pages + 2}"))
        with pytest.raises(Problem) as caught:
            await add(store, "Emma", "x" * 100_000)
        assert await titles(store) == []
    assert (caught.value.status, caught.value.code) == (507, "store-full")


async def test_the_file_is_for_its_owner_only(tmp_path: Path, shelf: Migrations) -> None:
    async with open_store(store_settings("sqlite:///{data}/own.db"), tmp_path, [shelf]) as store:
        await add(store, "Emma")
        modes = {name: oct(os.stat(tmp_path / name).st_mode & 0o777) for name in os.listdir(tmp_path) if "own" in name}
    assert modes == dict.fromkeys(["own.db", "own.db-wal", "own.db-shm"], "0o600")


async def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(
    database_url: str, start_process: Callable[..., object]
) -> None:
    async with open_store(store_settings(database_url), Path(), []) as store, store.begin() as session:
        await session.execute(text("CREATE TABLE kept (number INTEGER)"))
    async with start_process("writer.py", database_url) as process:  # type: ignore[attr-defined]
        acknowledged = 0
        with anyio.fail_after(60):
            while acknowledged < 1000:
                acknowledged = int(await process.stdout.readline())
        process.kill()
        rest = (await process.stdout.read()).split()
        acknowledged = int(rest[-1]) if rest else acknowledged
    async with open_store(store_settings(database_url), Path(), []) as store, store.read() as session:
        kept = set((await session.scalars(text("SELECT number FROM kept"))).all())
    assert set(range(1, acknowledged + 1)) <= kept
    assert kept <= set(range(1, acknowledged + 2))


async def test_many_rows_are_written_by_one_statement(store: Store) -> None:
    async with store.begin() as session:
        await session.execute(ADD, [{"title": "Emma"}, {"title": "Persuasion"}])
    assert await titles(store) == ["Emma", "Persuasion"]


async def test_a_savepoint_may_be_the_first_of_a_transaction(store: Store) -> None:
    async with store.begin() as session:
        with pytest.raises(IntegrityError):
            async with session.begin_nested():
                await session.execute(ADD, [{"title": "Emma"}, {"title": "Emma"}])
        await session.execute(ADD, {"title": "Persuasion"})
        assert await titles(store) == []
    assert await titles(store) == ["Persuasion"]


async def test_a_statement_tells_how_many_rows_it_changed(store: Store) -> None:
    await add(store, "Emma", "Persuasion")
    async with store.begin() as session:
        changed: Any = await session.execute(text("UPDATE shelf_books SET title = title || '.'"))
        none: Any = await session.execute(text("DELETE FROM shelf_books WHERE title = 'Sanditon'"))
    assert (changed.rowcount, none.rowcount) == (2, 0)


async def test_a_transaction_that_does_nothing_waits_for_nobody(tmp_path: Path, shelf: Migrations) -> None:
    settings = store_settings(f"sqlite:///{tmp_path / 'idle.db'}", wait=0.05)
    async with open_store(settings, tmp_path, [shelf]) as store:
        with closing(sqlite3.connect(tmp_path / "idle.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            async with store.begin():
                pass
        await add(store, "Emma")
        assert await titles(store) == ["Emma"]


async def test_a_writer_that_is_cancelled_while_its_statement_runs_holds_no_lock(store: Store) -> None:
    """The statement goes on in its thread; what comes after it there ends its transaction."""
    slow = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)"
    for step in range(20):
        with anyio.move_on_after(step * 0.002):
            async with store.begin() as session:
                await session.execute(text(f"{slow} INSERT INTO shelf_books (title) SELECT 'n' || max(i) FROM n"))
                await anyio.sleep_forever()
        with anyio.fail_after(20):
            await add(store, f"Emma {step}")
    assert await titles(store) == [f"Emma {step}" for step in range(20)]
