import json
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio


async def test_an_operator_makes_lists_and_revokes_keys(pegboard: Any) -> None:
    secret = await pegboard("keys", "create", "robot", "--scope", "widgets:read", "--user", "bob")
    assert secret.startswith("pk_")
    made = json.loads(await pegboard("keys", "create", "other", "--days", "3", "--json"))
    assert made["record"]["scopes"] == ["*"]
    assert made["record"]["expires_at"] is not None
    number = made["record"]["id"]
    assert await pegboard("keys", "revoke", number) == f"{number} is revoked"
    listed = await pegboard("keys", "list")
    words = [line.split() for line in listed.splitlines()]
    assert [(w[2], w[4], w[5]) for w in words] == [("revoked", "admin", "other"), ("valid", "bob", "robot")]
    assert secret.rpartition("_")[2] not in listed


async def test_revoking_what_is_not_there_ends_in_one_line(pegboard: Any) -> None:
    told = await pegboard("keys", "revoke", "key_none", code=1)
    assert told.splitlines()[-1] == 'pegboard: there is no key "key_none"'


async def test_the_first_start_prints_a_key_that_works_once_and_logs_it_never(server: Any) -> None:
    async with server() as process:
        match = await process.printed(r"API key\s+(pk_\S+)")
        async with httpx.AsyncClient(base_url=process.url, headers={"X-API-Key": match[1]}) as http:
            answer = await http.get("/api/v1/keys")
        assert answer.json()["data"][0]["name"] == "first key"
        started = next(n for n, line in enumerate(process.lines) if line.startswith("Pegboard serves"))
        assert not any("pk_" in line for line in process.lines[:started])
    async with server() as process:
        async with httpx.AsyncClient(base_url=process.url, headers={"X-API-Key": match[1]}) as http:
            assert (await http.get("/api/v1/keys")).status_code == 200
        assert "pk_" not in process.output


async def test_a_key_that_another_process_revokes_is_refused_by_a_running_server_at_once(
    pegboard: Any, server: Any
) -> None:
    made = json.loads(await pegboard("keys", "create", "robot", "--json"))
    async with (
        server() as process,
        httpx.AsyncClient(base_url=process.url, headers={"X-API-Key": made["key"]}) as http,
    ):
        assert (await http.get("/api/v1/keys")).status_code == 200
        await pegboard("keys", "revoke", made["record"]["id"])
        assert (await http.get("/api/v1/keys")).status_code == 401
