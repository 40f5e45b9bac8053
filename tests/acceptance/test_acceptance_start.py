"""What the first start prints: a key once, addresses that answer, and lines that run in a shell as they are."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from pegboard.testing import Forking, ServerProcess, served

pytestmark = pytest.mark.anyio

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed; the lines need it")

ITEM = re.compile(r"  (\S[^\n]*?) {2,}(\S.*)")


def printed(server: ServerProcess) -> dict[str, list[str]]:
    """The lines under the address, by their titles; a line without a title belongs to the one above."""
    found: dict[str, list[str]] = {}
    start = next(number for number, line in enumerate(server.lines) if line.startswith("Pegboard serves "))
    title = ""
    for line in server.lines[start + 1 :]:
        item = ITEM.fullmatch(line) if not line.startswith("   ") else None
        if item:
            title = item[1]
            found[title] = [item[2]]
        elif line.startswith("   ") and title:
            found[title].append(line)
    return found


async def in_a_shell(text: str, environ: Mapping[str, str] | None = None) -> Any:
    """What a printed line gives when it is pasted into a shell."""

    def run() -> "subprocess.CompletedProcess[str]":
        path = {"PATH": "/usr/local/bin:/usr/bin:/bin", **(environ or {})}
        return subprocess.run(["sh", "-c", text], env=path, capture_output=True, text=True, timeout=30)

    ended = await asyncio.to_thread(run)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


async def ready(server: ServerProcess) -> dict[str, list[str]]:
    """All notices, which are printed in one go before the first request is answered."""
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        assert (await http.get("/-/health")).json()["status"] == "ok"
    await server.printed(r"^  API document")
    return printed(server)


@needs_curl
async def test_the_first_start_prints_a_key_an_address_and_a_line_that_runs(forked: Forking, tmp_path: Path) -> None:
    async with forked.served(tmp_path) as server:
        shown = await ready(server)
        (key,) = shown["API key"]
        assert (await in_a_shell("\n".join(shown["Try it"])))["result"] == {"total": 6}
        async with httpx.AsyncClient(trust_env=False, follow_redirects=True) as http:
            viewer = await http.get(shown["API document"][0])
            assert viewer.status_code == 200
            assert viewer.headers["content-type"].startswith("text/html")
            home = await http.get(server.url)
            assert home.url == viewer.url
        assert await server.interrupt() == 0
    async with forked.served(tmp_path) as server:
        shown = await ready(server)
        assert key not in server.output
        assert "pk_" not in server.output
        line = "\n".join(shown["Try it"])
        assert (await in_a_shell(line, {"PEGBOARD_KEY": key}))["result"] == {"total": 6}
        assert (await in_a_shell(line, {"PEGBOARD_KEY": "wrong"}))["status"] == 401


@needs_curl
async def test_each_line_of_the_samples_runs(forked: Forking, tmp_path: Path) -> None:
    async with forked.served(tmp_path, "--sample") as server:
        lines = (await ready(server))["Samples"]
        results = [await in_a_shell(line) for line in lines]
        monthly, figures, region = results
        assert monthly["labels"][0] == "2026-01"
        assert monthly["total"] == pytest.approx(sum(monthly["data"]))
        assert figures["count"] == 36
        assert region["region"] == "north"
        assert len(region["best"]) == 3
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
            public = re.search(r"/public/widgets/\w+/execute", lines[1])
            assert public
            assert (await http.get(public[0])).json() == figures


async def test_a_key_of_the_environment_is_not_printed(forked: Forking, tmp_path: Path) -> None:
    async with forked.served(tmp_path, environ={"API_KEY": "kept-in-the-environment"}) as server:
        shown = await ready(server)
        assert "API key" not in shown
        assert "kept-in-the-environment" not in server.output


async def test_two_workers_are_one_app(tmp_path: Path) -> None:
    """Each request is a connection of its own, so both workers get some."""
    key = "acceptance-key-0123456789"
    each_anew = httpx.Limits(max_keepalive_connections=0)
    async with (
        served(tmp_path, "--workers", "2", "--sample", environ={"API_KEY": key}) as server,
        httpx.AsyncClient(
            base_url=server.url, headers={"X-API-Key": key}, timeout=30, trust_env=False, limits=each_anew
        ) as http,
    ):
        data = {"logic": "def process_data(widget_data, request, user): return {}", "refresh_interval": 60}
        for round_ in range(6):
            endpoint = f"{server.url}/sample/sales"
            path = f"/e/round/{round_}"
            draft = {"name": "n", "project_id": "p", "endpoint": endpoint, "endpoint_data": data, "path": path}
            widget = (await http.post("/public/widgets", json=draft)).json()
            for url in [widget["execute_url"], path] * 4:
                assert (await http.get(url)).status_code == 200
            assert (await http.delete(f"/public/widgets/{widget['id']}")).status_code == 204
            for url in [widget["execute_url"], path] * 4:
                assert (await http.get(url)).status_code == 404
        assert await server.interrupt() == 0
