"""An app that runs code, on either database, and a stand-in to which answers are sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest

import pegboard_egress
import pegboard_execute
import pegboard_jobs
import pegboard_sandbox_process
import pegboard_store
import pegboard_vault
import pegboard_webhooks
from pegboard import create_app
from pegboard.testing import callers, client, upstream
from pegboard.testing.callers import caller
from pegboard.testing.fixtures import anyio_backend  # noqa: F401
from pegboard_store.testing import (  # noqa: F401
    database_url,
    postgresql_url,
    store_section,
)

PLUGINS = {
    "callers": callers,
    "egress": pegboard_egress,
    "execute": pegboard_execute,
    "jobs": pegboard_jobs,
    "sandbox-process": pegboard_sandbox_process,
    "store": pegboard_store,
    "vault": pegboard_vault,
    "webhooks": pegboard_webhooks,
}
ADA = caller("code:execute", "jobs:write", id="ada", tenant="acme")


@attrs.frozen
class Desk:
    """Sends code as Ada."""

    http: Any
    upstream: Any = None

    async def run(self, code: str, by: Any = ADA, **more: Any) -> Any:
        return await self.http.post("/v1/code/execute/python", json={"code": code, **more}, headers=by)

    async def value(self, code: str, **more: Any) -> Any:
        answer = await self.run(code, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()["response"]["result"]

    @property
    def services(self) -> Any:
        return self.http.app.state.board.services


@asynccontextmanager
async def opened(url: str, folder: Path, jobs: Any = None, egress: Any = None, **execute: Any) -> AsyncIterator[Desk]:
    sections = {
        "store": store_section(url),
        "execute": execute,
        "jobs": {"drain": 0.0, **(jobs or {})},
        "egress": egress or {},
    }
    app = create_app(settings={"data": str(folder), "plugins": sections}, plugins=PLUGINS, installed=False, environ={})
    async with client(app, timeout=60) as http:
        yield Desk(http)


@pytest.fixture(scope="module")
async def light(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """An app on SQLite that a module's tests share: what code does is none of a database's business."""
    folder = tmp_path_factory.mktemp("execute")
    async with opened(f"sqlite:///{folder}/test.db", folder) as desk:
        yield desk


@pytest.fixture
def desk_with(database_url: str, tmp_path: Path) -> Any:  # noqa: F811
    """Opens a desk with settings of its own, on either database."""
    return lambda **more: opened(database_url, tmp_path, **more)


@pytest.fixture
async def receiver() -> AsyncIterator[Any]:
    async with upstream() as made:
        yield made
