"""Lists of models by an indexed filter: as fast in a million rows as in a thousand."""

import asyncio
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

import pegboard_models
import pegboard_store
from pegboard import Principal, create_app, hookimpl
from pegboard.testing import running
from pegboard_models import Models, Query, field, model, models_of
from pegboard_models.testing import metadata_of
from pegboard_store import Store

from .figures import Figure
from .processes import Missing

SIZES = (1_000, 10_000, 100_000, 1_000_000)
LISTS = 300
GROWS_AT_MOST = 2.0
POSTGRES = "postgresql://postgres@127.0.0.1:5432/test"
FILLED = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT :low UNION ALL SELECT n + 1 FROM s WHERE n < :high)",
    "postgresql": "WITH s AS (SELECT generate_series(CAST(:low AS bigint), CAST(:high AS bigint)) AS n)",
}
ROWS = """
INSERT INTO bench_item (tenant, version, created_at, updated_at, name, shelf, price)
SELECT 'bench', 1, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 'item ' || n, n % 10, (n * 7919) % 1000003 FROM s
"""
QUERIES = {
    "filtered": Query(filter={"shelf": 7}),
    "sorted": Query(sort="price:desc"),
    "ranged": Query(filter={"price": {"$gte": 500}}, sort="price"),
}


@model("bench", "item", audit=False, soft_delete=True, indexes=[("shelf",), ("price",)])
@attrs.frozen
class Item:
    name: str = field(max_length=100)
    shelf: int = 0
    price: int = 0


@hookimpl
def declared() -> Any:
    return models_of(Item)


def models() -> Iterator[Figure]:
    for dialect in ("sqlite", "postgresql"):
        times = asyncio.run(_measured(dialect))
        for name in times[SIZES[0]]:
            for size, found in times.items():
                yield Figure(f"models, {name} list of 50, {size:,} rows, {dialect}", found[name] * 1e6, "µs")
            grown = times[SIZES[-1]][name] / times[SIZES[0]][name]
            yield Figure(f"models, {name} list, {dialect}: growth", grown, "x", GROWS_AT_MOST, at_most=True)


async def _measured(dialect: str) -> dict[int, dict[str, float]]:
    """Seconds of one list, by the number of rows and the query."""
    async with database(dialect) as url, _opened(url) as services:
        service, store, done, found = services.get(Models), services.get(Store), 0, {}
        for size in SIZES:
            await _fill(store, done, size)
            done = size
            found[size] = {name: await _seconds(service, query) for name, query in (await _queries(service)).items()}
        return found


@asynccontextmanager
async def database(dialect: str) -> AsyncIterator[str]:
    """The URL of an empty database, until the block ends. Raises Missing."""
    if dialect == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/bench.db"
        return
    import asyncpg

    server, name = os.environ.get("PEGBOARD_TEST_POSTGRES", POSTGRES), f"pegboard_bench_{secrets.token_hex(4)}"
    try:
        connection = await asyncpg.connect(server, timeout=10)
    except OSError as error:
        raise Missing(f"no PostgreSQL ({error}); set PEGBOARD_TEST_POSTGRES") from None
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
        yield server.rpartition("/")[0] + f"/{name}"
    finally:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.close()


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Any]:
    driver = url.replace("sqlite://", "sqlite+aiosqlite://").replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(driver)
    async with engine.begin() as connection:
        await connection.run_sync(metadata_of(Item).create_all)
    await engine.dispose()
    bench = SimpleNamespace(pegboard_models=declared)
    plugins = {"bench": bench, "models": pegboard_models, "store": pegboard_store}
    with tempfile.TemporaryDirectory() as folder:
        store = {"url": url, "migrate": "start"}
        settings = {"data": str(Path(folder)), "strict": True, "plugins": {"store": store}, "log": {"level": "error"}}
        app = create_app(plugins=plugins, settings=settings, environ={}, installed=False)
        async with running(app):
            yield app.state.board.services


async def _fill(store: Store, done: int, size: int) -> None:
    statement = f"{FILLED[store.dialect]} {ROWS}" if store.dialect == "postgresql" else _in_sqlite()
    async with store.begin() as session:
        await session.execute(text(statement), {"low": done + 1, "high": size})
        await session.execute(text("ANALYZE"))


def _in_sqlite() -> str:
    """SQLite wants the common table after INSERT."""
    head, _, rows = ROWS.partition("SELECT")
    return f"{head} {FILLED['sqlite']} SELECT {rows}"


async def _queries(service: Models) -> dict[str, Query]:
    """Those that are measured, and a page in the middle of an order."""
    async with service.read(Principal("bench", "bench")) as reader:
        middle = await reader.list(Item, Query(filter={"price": {"$lte": 500_000}}, sort="price:desc", limit=1))
    return QUERIES | {"later": Query(sort="price:desc", cursor=middle.next)}


async def _seconds(service: Models, query: Query) -> float:
    taken = []
    async with service.read(Principal("bench", "bench")) as reader:
        for _ in range(LISTS):
            started = time.perf_counter()
            page = await reader.list(Item, query)
            taken.append(time.perf_counter() - started)
            assert len(page.items) == query.limit
    return statistics.median(taken)
