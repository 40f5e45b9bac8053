"""Saved endpoints over several server processes and over their deaths, on both databases."""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from pegboard.testing import Forking, answer

pytestmark = pytest.mark.anyio

PATIENCE = 30.0


@pytest.fixture
def server(servers: Forking, tmp_path: Path, database_url: str, stand_in: Any, at: Any) -> Callable[[], Any]:
    """Starts one more server process on the test's database; gives the process and a desk at it."""
    environ = {
        "DATABASE_URL": database_url,
        "PEGBOARD_STORE__MIGRATE": "start",
        "PEGBOARD_EGRESS__ALLOW_ORIGINS": stand_in.url,
    }

    @asynccontextmanager
    async def start() -> AsyncIterator[Any]:
        async with (
            servers.served(tmp_path, environ=environ) as process,
            httpx.AsyncClient(base_url=process.url, timeout=30, trust_env=False) as http,
        ):
            yield process, at(process, http)

    return start


async def at_once(ask: Callable[[], Awaitable[Any]], expected: Any, database_url: str) -> None:
    """SQLite's change counter is read with each request. PostgreSQL's notice takes the time of a packet."""
    seen = await ask()
    deadline = time.monotonic() + (PATIENCE if database_url.startswith("postgres") else 0)
    while seen != expected and time.monotonic() < deadline:
        seen = await ask()
    assert seen == expected


async def test_what_one_worker_saves_moves_and_deletes_is_so_in_the_other_at_once(
    server: Any, database_url: str
) -> None:
    async with server() as (_, one), server() as (_, two):

        async def status(path: str) -> int:
            return int((await two.call("GET", path)).status_code)

        async def result(path: str) -> Any:
            return (await two.call("GET", path)).json()

        for round_ in range(5):
            path = f"/e/round/{round_}"
            widget = await one.save(f"return {round_}", path=path, data={"refresh_interval": 300})
            refused = await two.of("other").call("POST", json=two.draft(path=path))
            assert (refused.status_code, refused.json()["error_code"]) == (409, "PATH_TAKEN")
            assert await result(widget["execute_url"]) == round_
            await at_once(lambda path=path: result(path), round_, database_url)
            patch = {"path": f"{path}/moved", "endpoint_data": {"logic": "def process_data(d, r, u): return 'new'"}}
            assert (await one.call("PATCH", widget["id"], json=patch)).status_code == 200
            await at_once(lambda url=widget["execute_url"]: result(url), "new", database_url)
            await at_once(lambda path=path: status(path), 404, database_url)
            await at_once(lambda path=path: result(f"{path}/moved"), "new", database_url)
            assert (await one.call("DELETE", widget["id"])).status_code == 204
            await at_once(lambda url=widget["execute_url"]: status(url), 404, database_url)
            await at_once(lambda path=path: status(f"{path}/moved"), 404, database_url)
            assert await status(f"/public/widgets/{widget['id']}") == 404
            taken = await two.call("POST", json=two.draft(path=f"{path}/moved"))
            assert taken.status_code == 201, taken.text


async def test_saved_endpoints_outlive_the_server_however_it_ends(server: Any) -> None:
    async with server() as (process, desk):
        script = [answer(json=number) for number in range(2)]
        widget = await desk.save("return data", *script, path="/e/kept", data={"refresh_interval": 300})
        gone = await desk.save(path="/e/gone")
        await desk.call("DELETE", gone["id"])
        assert (await desk.execute(widget)).json() == 0
        await process.kill()
    async with server() as (process, desk):
        assert (await desk.call("GET", widget["id"])).json() == widget
        again = await desk.execute(widget)
        assert (again.json(), again.headers["x-cache"]) == (1, "MISS")
        assert (await desk.call("GET", "/e/kept")).headers["x-cache"] == "HIT"
        assert (await desk.call("GET", "/e/gone")).status_code == 404
        assert await process.interrupt() == 0


async def test_the_vaults_key_is_changed_while_servers_serve(
    servers: Forking, server: Any, tmp_path: Path, database_url: str
) -> None:
    """A server that started with the old key opens what lies under the new one, and seals under it."""
    environ = {"DATABASE_URL": database_url}

    async def vault(*arguments: str) -> str:
        finished = await servers.run("vault", *arguments, cwd=tmp_path, environ=environ)
        assert finished.code == 0, finished.stderr
        return finished.stdout

    async with server() as (process, one), server() as (_, two):
        widgets = [await one.save(data={"headers": {"Authorization": f"secret {n}"}}) for n in range(3)]
        assert (await two.execute(widgets[0])).status_code == 200
        await vault("new-key")
        late = await one.save(data={"headers": {"Authorization": "secret 3"}})
        told = json.loads(await vault("status", "--json"))["values"]
        assert [(row["state"], row["values"]) for row in told] == [("seals", 1), ("opens", 3)]
        assert "3 values are now under key" in await vault("rotate")
        for n, widget in enumerate([*widgets, late]):
            for desk in (one, two):
                assert (await desk.execute(widget)).status_code == 200
                assert desk.asked(widget)[-1].headers["authorization"] == f"secret {n}"
        assert "secret" not in process.output
    told = json.loads(await vault("status", "--json"))["values"]
    assert [(row["state"], row["values"]) for row in told] == [("seals", 4), ("opens", 0)]
