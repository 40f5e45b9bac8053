"""An app with scripts of a folder, on either database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

import pegboard_audit
import pegboard_jobs
import pegboard_runner_local
import pegboard_scripts
import pegboard_store
import pegboard_vault
from pegboard import create_app
from pegboard.testing import callers, client
from pegboard.testing.fixtures import anyio_backend  # noqa: F401
from pegboard_store.testing import (  # noqa: F401
    database_url,
    postgresql_url,
    store_section,
)

PLUGINS = {
    "audit": pegboard_audit,
    "callers": callers,
    "jobs": pegboard_jobs,
    "runner-local": pegboard_runner_local,
    "scripts": pegboard_scripts,
    "store": pegboard_store,
    "vault": pegboard_vault,
}

COUNT = """# /// pegboard-script
# description = "Counts to a number"
# category = "data_processing"
# estimated_duration = 1
# [[parameters]]
# name = "limit"
# type = "int"
# default = 3
# min = 1
# max = 1000000
# ///
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--limit", type=int)
limit = parser.parse_args().limit
for number in range(1, limit + 1):
    print(number)
print("progress: 100")
print('result: {"counted": %d}' % limit)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "scripts"
    place.mkdir()
    (place / "count.py").write_text(COUNT)
    return place


@pytest.fixture
def app_with(tmp_path: Path, folder: Path) -> Callable[[str], Starlette]:
    """Makes the app on a database."""

    def make(url: str, **further: Any) -> Starlette:
        scripts = {"folders": [str(folder)], "upload_size": 100_000, "upload_quota": 250_000, **further}
        sections = {"store": store_section(url), "scripts": scripts, "jobs": {"drain": 0.0}}
        settings = {"data": str(tmp_path), "plugins": sections}
        return create_app(settings=settings, plugins=PLUGINS, installed=False, environ={})

    return make


@pytest.fixture
async def desk(database_url: str, app_with: Any) -> AsyncIterator[Any]:  # noqa: F811
    async with client(app_with(database_url)) as http:
        yield http


@pytest.fixture
async def light(tmp_path: Path, app_with: Any) -> AsyncIterator[Any]:
    """The same on SQLite alone, for what no database decides."""
    async with client(app_with(f"sqlite:///{tmp_path / 'light.db'}")) as http:
        yield http


async def until(true: Callable[[], bool], patience: float = 10.0) -> None:
    async with asyncio.timeout(patience):
        while not true():  # noqa: ASYNC110  files have no event to wait for
            await asyncio.sleep(0.01)
