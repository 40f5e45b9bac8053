import sqlite3
from collections.abc import Callable
from pathlib import Path

import anyio
import anyio.lowlevel
import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from pegboard_store import Store, open_store
from pegboard_store.testing import store_settings

pytestmark = pytest.mark.anyio

HANG_UP = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"


def heard_by(store: Store, topic: str = "books") -> list[str | None]:
    """The keys that a new subscriber hears; whatever came before it subscribed is delivered already."""
    store.changes.poll()
    heard: list[str | None] = []
    store.changes.subscribe(topic, heard.append)
    return heard


async def publish(store: Store, *keys: str, topic: str = "books") -> None:
    async with store.begin() as session:
        for key in keys:
            await store.changes.publish(session, topic, key)


async def publish_and_fail(store: Store, *keys: str) -> None:
    async with store.begin() as session:
        for key in keys:
            await store.changes.publish(session, "books", key)
        raise LookupError


async def notify(url: str, payload: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("SELECT pg_notify('pegboard_changes', $1)", payload)
    await connection.close()


async def poll_until(store: Store, heard: list[str | None], wanted: object) -> None:
    with anyio.fail_after(10):
        while wanted not in heard:
            store.changes.poll()
            await anyio.sleep(0.001)


async def test_a_commit_is_heard_by_its_own_process_at_the_next_poll(store: Store) -> None:
    heard = heard_by(store)
    await publish(store, "emma", "persuasion")
    store.changes.poll()
    assert heard == ["emma", "persuasion"]


async def test_a_rollback_is_never_heard(store: Store) -> None:
    heard = heard_by(store)
    with pytest.raises(LookupError):
        await publish_and_fail(store, "emma")
    await publish(store, "last")
    await poll_until(store, heard, "last")
    assert heard == ["last"]


async def test_other_topics_are_not_heard(store: Store) -> None:
    heard = heard_by(store)
    await publish(store, "emma", topic="films")
    await publish(store, "last")
    await poll_until(store, heard, "last")
    assert heard == ["last"]


async def test_a_callback_that_fails_is_told_again(store: Store) -> None:
    heard: list[str | None] = []

    def fail_once(key: str | None) -> None:
        heard.append(key)
        if len(heard) == 1:
            raise LookupError

    store.changes.poll()
    store.changes.subscribe("books", fail_once)
    await publish(store, "emma")
    with pytest.raises(LookupError):
        store.changes.poll()
    store.changes.poll()
    assert heard[0] == "emma"
    assert heard[1] in ("emma", None)


async def test_a_change_is_heard_in_another_process(store: Store, database_url: str, start_process: Callable) -> None:
    async with start_process("listener.py", database_url) as process:
        assert await process.stdout.readline() == b"ready\n"
        await publish(store, "emma")
        with anyio.fail_after(10):
            assert await process.stdout.readline() == b"heard emma\n"


async def test_subscribers_that_never_poll_hear_it_a_moment_later(store: Store) -> None:
    heard = heard_by(store)
    told = anyio.Event()
    store.changes.subscribe("books", lambda key: told.set())
    await publish(store, "emma")
    with anyio.fail_after(10):
        await told.wait()
    assert "emma" in heard


@given(history=st.lists(st.tuples(st.lists(st.text("ab", max_size=2), max_size=3), st.booleans()), max_size=8))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_is_heard_is_what_was_committed_in_its_order(
    store: Store, history: list[tuple[list[str], bool]]
) -> None:
    heard = heard_by(store)
    for keys, commits in history:
        if commits:
            await publish(store, *keys)
        else:
            with pytest.raises(LookupError):
                await publish_and_fail(store, *keys)
    store.changes.poll()
    committed = [key for keys, commits in history if commits for key in keys]
    assert heard == committed


@pytest.mark.parametrize(("topic", "key"), [("two words", "k"), ("", "k"), ("t", "k" * 4000), ("t", "nul\0")])
async def test_what_a_notification_cannot_carry_is_refused(store: Store, topic: str, key: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        await publish(store, key, topic=topic)


async def test_keys_keep_their_spaces_and_letters(store: Store) -> None:
    heard = heard_by(store)
    await publish(store, "Ünder the  Net ", "")
    store.changes.poll()
    assert heard == ["Ünder the  Net ", ""]


async def test_a_process_that_slept_through_too_many_changes_trusts_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'gap.db'}"
    async with open_store(store_settings(url), tmp_path, []) as store:
        heard = heard_by(store)
        other = sqlite3.connect(tmp_path / "gap.db")
        with other:
            row = "INSERT INTO store_changes (topic, key, at) VALUES ('films', ?, '2026-01-01 00:00:00.000000')"
            other.executemany(row, [(str(number),) for number in range(12_000)])
        kept = other.execute("SELECT count(*), max(seq) FROM store_changes").fetchone()
        other.close()
        await anyio.lowlevel.checkpoint()  # the next turn of the loop: news are looked for once in each
        store.changes.poll()
        assert heard == [None]
    assert kept == (10_000, 12_000)


async def test_while_postgresql_cannot_be_heard_no_cache_is_trusted(postgresql_url: str) -> None:
    server, _, name = postgresql_url.rpartition("/")
    admin = await asyncpg.connect(f"{server}/postgres")
    try:
        async with open_store(store_settings(postgresql_url), Path(), []) as store:
            heard = heard_by(store)
            await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            await admin.execute(HANG_UP, name)
            await poll_until(store, heard, None)
            heard.clear()
            store.changes.poll()
            store.changes.poll()
            assert heard == [None, None]
            await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            with anyio.fail_after(20):
                while heard:
                    heard.clear()
                    await anyio.sleep(0.01)
                    store.changes.poll()
            await notify(postgresql_url, "another-1 books emma")
            await poll_until(store, heard, "emma")
    finally:
        await admin.close()


async def test_a_transaction_after_the_server_restarted_works_at_once(postgresql_url: str) -> None:
    server, _, name = postgresql_url.rpartition("/")
    admin = await asyncpg.connect(f"{server}/postgres")
    async with open_store(store_settings(postgresql_url), Path(), []) as store:
        async with store.begin() as session:
            await session.execute(text("CREATE TABLE t (a INTEGER)"))
        await admin.execute(HANG_UP, name)
        async with store.begin() as session:
            await session.execute(text("INSERT INTO t VALUES (1)"))
        async with store.read() as session:
            assert await session.scalar(text("SELECT count(*) FROM t")) == 1
    await admin.close()
