"""The app as a process: started, interrupted, killed, started again."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from pegboard.testing import Census, run_pegboard, served

pytestmark = pytest.mark.anyio

PLUGIN = """
    import asyncio, os
    from pathlib import Path

    class Clerk:
        pass

    async def open_clerk(services):
        data = services.get(Settings).kernel.data
        count = data / "starts"
        count.write_text(str(int(count.read_text()) + 1 if count.exists() else 1))
        services.get(Notices).add(Notice("A word", "open {url}/-/health"))
        yield Clerk()
        print("clerk closed", flush=True)

    async def slow(call):
        print("slow entered", flush=True)
        go = call.services.get(Settings).kernel.data / "go"
        while not go.exists():
            await asyncio.sleep(0.01)
        print("slow answered", flush=True)
        return os.getpid()

    @hookimpl
    def pegboard_services(registry, settings):
        registry.offer(Clerk, open_clerk, eager=True)

    @hookimpl
    def pegboard_routes(settings):
        yield RouteSpec("slow", "/slow", slow, anonymous=True, summary="Wait for a file")
"""


@pytest.fixture
def environ(site: Any) -> dict[str, str]:
    """The environment of processes that see the site's plugins alone."""
    site.add("clerk", PLUGIN)
    return {**site.environ(), "PYTHONPATH": str(site.folder)}


def order(lines: list[str], *words: str) -> list[str]:
    return [word for line in lines for word in words if word in line]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_requests_under_way_and_then_the_services(
    environ: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    async with served(tmp_path, environ=environ) as server, httpx.AsyncClient(base_url=server.url) as api:
        assert (await api.get("/-/health")).json()["status"] == "ok"
        await server.printed(f"open {server.url}/-/health")
        under_way = asyncio.create_task(api.get("/slow", timeout=20))
        await server.printed("slow entered")
        server.signal(number)
        await server.printed("stopping; requests under way may end")
        (tmp_path / "go").touch()
        assert (await under_way).status_code == 200
        assert await server.wait() == 0
    steps = ("slow entered", "stopping", "slow answered", "clerk closed")
    assert order(server.lines, *steps) == list(steps)
    assert "Traceback" not in server.output


async def test_a_second_signal_stops_at_once_and_still_closes_the_services(
    environ: dict[str, str], tmp_path: Path
) -> None:
    async with served(tmp_path, environ=environ) as server, httpx.AsyncClient(base_url=server.url) as api:
        under_way = asyncio.create_task(api.get("/slow", timeout=20))
        await server.printed("slow entered")
        server.signal(signal.SIGINT)
        await server.printed("stopping")
        await server.interrupt(10)
        [cut] = await asyncio.gather(under_way, return_exceptions=True)
        assert isinstance(cut, httpx.HTTPError) or cut.status_code == 500  # type: ignore[union-attr]
    assert order(server.lines, "slow answered", "clerk closed") == ["clerk closed"]


async def test_after_a_kill_the_app_starts_again_in_the_same_folder(environ: dict[str, str], tmp_path: Path) -> None:
    for _ in range(2):
        async with served(tmp_path, environ=environ) as server:
            await server.kill()
    assert "clerk closed" not in server.output
    assert (tmp_path / "starts").read_text() == "2"


async def test_several_workers_serve_and_stop_together(environ: dict[str, str], tmp_path: Path) -> None:
    before = Census.take()
    async with served(tmp_path, "--workers", "2", environ=environ) as server:
        (tmp_path / "go").touch()
        pids: set[int] = set()
        async with asyncio.timeout(20):
            while len(pids) < 2:  # which worker takes a connection is the machine's choice
                async with httpx.AsyncClient(base_url=server.url) as api:
                    pids.add((await api.get("/slow", timeout=20)).json())
        assert server.pid not in pids
        assert await server.interrupt() == 0
    await before.back(lambda now: now.processes <= before.processes)


async def test_the_public_address_of_the_settings_is_the_one_that_is_told(
    environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "pegboard.toml").write_text('public_url = "http://api.example.test"')
    async with served(tmp_path, environ=environ) as server:
        assert server.url == "http://api.example.test"
        await server.printed("open http://api.example.test/-/health")


async def test_a_start_that_fails_leaves_one_line_and_no_process(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "pegboard.toml").write_text("a = ")
    ran = await run_pegboard("serve", "--port", "0", cwd=tmp_path, environ=environ)
    assert (ran.code, ran.stdout) == (1, "")
    [line] = ran.stderr.splitlines()
    assert line.startswith("pegboard: settings: pegboard.toml is not valid TOML")
    ran = await run_pegboard("--debug", "serve", "--port", "0", cwd=tmp_path, environ=environ)
    assert (ran.code, "Traceback" in ran.stderr) == (1, True)


async def test_a_server_that_does_not_start_fails_the_test_with_what_it_said(
    environ: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match=r"the process ended \(1\)[\s\S]*PEGBOARD_STRIKT: unknown setting"):
        await served(tmp_path, environ={**environ, "PEGBOARD_STRIKT": "1"}).__aenter__()


async def test_importing_the_kernel_is_cheap(tmp_path: Path) -> None:
    heavy = ["pytest", "uvicorn", "pegboard.testing", "pegboard.cli", "hypothesis", "aiohttp"]
    code = f"import sys, json, pegboard; print(json.dumps([m for m in {heavy!r} if m in sys.modules]))"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, env={"PATH": os.environ["PATH"]}, cwd=tmp_path
    )
    out, _ = await process.communicate()
    assert json.loads(out) == []
