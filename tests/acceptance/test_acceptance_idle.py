"""An app that nobody calls, on SQLite: it leaves the database alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from pegboard import create_app

pytestmark = pytest.mark.anyio

LONG = 3.0
"""Seconds: more than any plugin lets pass between two looks for what is due."""
DEADLINE = 60.0


@asynccontextmanager
async def statements() -> AsyncIterator["asyncio.Queue[str]"]:
    """The statements that are executed within the block, by whomever."""
    executed: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        loop.call_soon_threadsafe(executed.put_nowait, statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield executed
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def fall_silent(executed: "asyncio.Queue[str]") -> bool:
    """Whether there is a long time without any statement before the deadline."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + DEADLINE
    while loop.time() < deadline:
        try:
            async with asyncio.timeout(LONG):
                await executed.get()
        except TimeoutError:
            return True
    return False


async def test_an_idle_app_stops_asking_the_database(tmp_path: Path) -> None:
    app = create_app(environ={"PEGBOARD_DATA": str(tmp_path), "API_KEY": "k" * 40})
    async with statements() as executed, app.router.lifespan_context(app):
        assert await fall_silent(executed)
