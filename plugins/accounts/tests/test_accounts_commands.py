import json
from pathlib import Path

import httpx
import pytest

from pegboard.testing import run_pegboard, served

pytestmark = pytest.mark.anyio

PLUGINS = {"PEGBOARD_REQUIRED": "store,accounts"}


async def keys(cwd: Path, *arguments: str) -> str:
    finished = await run_pegboard("keys", *arguments, cwd=cwd, environ=PLUGINS)
    assert finished.code == 0, finished.stderr
    return finished.stdout.strip()


async def test_an_operator_makes_lists_and_revokes_keys(tmp_path: Path) -> None:
    secret = await keys(tmp_path, "create", "robot", "--scope", "widgets:read", "--user", "bob")
    assert secret.startswith("pk_")
    made = json.loads(await keys(tmp_path, "create", "other", "--days", "3", "--json"))
    assert made["record"]["scopes"] == ["*"]
    assert made["record"]["expires_at"] is not None
    number = made["record"]["id"]
    assert await keys(tmp_path, "revoke", number) == f"{number} is revoked"
    listed = await keys(tmp_path, "list")
    words = [line.split() for line in listed.splitlines()]
    assert [(w[2], w[4], w[5]) for w in words] == [("revoked", "admin", "other"), ("valid", "bob", "robot")]
    assert secret.rpartition("_")[2] not in listed


async def test_revoking_what_is_not_there_ends_in_one_line(tmp_path: Path) -> None:
    finished = await run_pegboard("keys", "revoke", "key_none", cwd=tmp_path, environ=PLUGINS)
    assert finished.code == 1
    assert finished.stderr.splitlines()[-1] == 'pegboard: there is no key "key_none"'


async def test_the_first_start_prints_a_key_that_works_once_and_logs_it_never(tmp_path: Path) -> None:
    async with served(tmp_path, environ=PLUGINS) as server:
        match = await server.printed(r"API key\s+(pk_\S+)")
        async with httpx.AsyncClient(base_url=server.url, headers={"X-API-Key": match[1]}) as http:
            answer = await http.get("/api/v1/keys")
        assert answer.json()["data"][0]["name"] == "first key"
        started = next(n for n, line in enumerate(server.lines) if line.startswith("Pegboard serves"))
        assert not any("pk_" in line for line in server.lines[:started])
    async with served(tmp_path, environ=PLUGINS) as server:
        async with httpx.AsyncClient(base_url=server.url, headers={"X-API-Key": match[1]}) as http:
            assert (await http.get("/api/v1/keys")).status_code == 200
        assert "pk_" not in server.output


async def test_a_key_that_another_process_revokes_is_refused_by_a_running_server_at_once(tmp_path: Path) -> None:
    made = json.loads(await keys(tmp_path, "create", "robot", "--json"))
    async with (
        served(tmp_path, environ=PLUGINS) as server,
        httpx.AsyncClient(base_url=server.url, headers={"X-API-Key": made["key"]}) as http,
    ):
        assert (await http.get("/api/v1/keys")).status_code == 200
        await keys(tmp_path, "revoke", made["record"]["id"])
        assert (await http.get("/api/v1/keys")).status_code == 401
