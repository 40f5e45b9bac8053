"""Counting in a Redis that several processes share, and while it is away."""

import asyncio
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog

from pegboard import Meters
from pegboard.testing import caller, served

pytestmark = pytest.mark.anyio

ANN = caller("*", id="ann", tenant="acme")
SERVER = (sys.executable, str(Path(__file__).with_name("processes") / "pens.py"))
PATIENCE = 30


async def statuses(api: Any, count: int) -> list[int]:
    return [(await api.post("/pens", headers=ANN)).status_code for _ in range(count)]


@pytest.mark.parametrize("window", ["moving", "fixed"])
async def test_two_apps_count_together(window: str, api_with: Any, redis_section: Mapping[str, Any]) -> None:
    section = {**redis_section, "window": window}
    async with api_with(**section) as one, api_with(**section) as two:
        assert await statuses(one, 2) + await statuses(two, 2) + await statuses(one, 1) == [200, 200, 200, 429, 429]
        refused = await two.post("/pens", headers=ANN)
        assert 50 <= int(refused.headers["retry-after"]) <= 60


async def test_two_processes_let_in_together_what_one_would(redis_section: Mapping[str, Any], tmp_path: Path) -> None:
    environ = {
        "PEGBOARD_RATELIMIT__STORAGE": redis_section["storage"],
        "PEGBOARD_RATELIMIT__PREFIX": redis_section["prefix"],
        "PEGBOARD_RATELIMIT__TIMEOUT": "10",
    }
    async with (
        served(tmp_path, environ=environ, command=SERVER) as one,
        served(tmp_path, environ=environ, command=SERVER) as two,
        httpx.AsyncClient(timeout=PATIENCE, trust_env=False, headers=ANN) as http,
    ):
        calls = [http.post(f"{server.url}/pens") for _ in range(20) for server in (one, two)]
        answers = await asyncio.gather(*calls)
    assert Counter(answer.status_code for answer in answers) == {200: 3, 429: 37}


@pytest.mark.parametrize(
    ("away", "expected", "health"),
    [("local", [200, 200, 200, 429], 200), ("open", [200] * 4, 200), ("closed", [503] * 4, 503)],
)
async def test_what_happens_without_redis_is_a_setting(
    away: str, expected: list[int], health: int, api_with: Any, unused_port: int
) -> None:
    with structlog.testing.capture_logs() as logs:
        async with api_with(storage=f"redis://:hunter2@127.0.0.1:{unused_port}", away=away, retry=60) as api:
            assert await statuses(api, 4) == expected
            ready = await api.get("/-/health/ready")
            assert ready.status_code == health
            numbers = {m.name: m.values for m in await api.app.state.board.services.get(Meters).read()}
    assert [entry["meanwhile"] for entry in logs if entry["log_level"] == "error"] == [away]
    assert numbers["ratelimit_storage_away"] == {(): 1.0}
    assert numbers["ratelimit_storage_failures"] == {(): 1.0}
    assert "hunter2" not in f"{logs}{ready.text}"


async def test_closed_says_when_to_try_again(api_with: Any, unused_port: int) -> None:
    async with api_with(storage=f"redis://127.0.0.1:{unused_port}", away="closed", retry=7) as api:
        answer = await api.post("/pens", headers=ANN)
        assert answer.json()["type"] == "urn:pegboard:problem:ratelimit-unavailable"
        assert answer.headers["retry-after"] == "7"
        assert (await api.get("/pens", headers=ANN)).status_code == 200


async def test_a_redis_that_comes_back_counts_again(api_with: Any, redis_section: Mapping[str, Any], wire: Any) -> None:
    section = {**redis_section, "storage": f"redis://127.0.0.1:{wire.listening}", "retry": 0, "away": "open"}
    async with api_with(**section) as api, api_with(**redis_section) as witness:
        assert await statuses(api, 1) == [200]
        await wire.cut()
        assert await statuses(api, 5) == [200] * 5
        await wire.mend()
        assert await statuses(api, 2) == [200, 200]
        assert await statuses(witness, 1) == [429]


async def test_a_redis_that_does_not_answer_costs_one_call_its_time_and_no_other(api_with: Any) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with api_with(storage=f"redis://127.0.0.1:{port}", timeout=0.1, retry=60) as api:
        began = asyncio.get_running_loop().time()
        assert await statuses(api, 4) == [200, 200, 200, 429]
        assert asyncio.get_running_loop().time() - began < 5
        limiter = next(m for m in await api.app.state.board.services.get(Meters).read() if m.name.endswith("failures"))
        assert limiter.values == {(): 1.0}
    server.close()


async def test_while_redis_is_away_one_call_at_a_time_tries_whether_it_is_back(api_with: Any) -> None:
    asked = 0

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with api_with(storage=f"redis://127.0.0.1:{port}", timeout=0.2, retry=0.5, away="open") as api:
        assert await statuses(api, 1) == [200]
        async with asyncio.timeout(PATIENCE):
            while asked < 2:
                await asyncio.gather(*(statuses(api, 1) for _ in range(10)))
        assert asked == 2
    server.close()


async def test_calls_are_counted_for_metrics(api_with: Any) -> None:
    async with api_with() as api:
        await statuses(api, 5)
        numbers = {m.name: m.values for m in await api.app.state.board.services.get(Meters).read()}
    assert numbers["ratelimit_calls"] == {("pens.make", "allowed"): 3.0, ("pens.make", "refused"): 2.0}
