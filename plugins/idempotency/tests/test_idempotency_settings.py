"""What the settings change, and what one app counts: each test has an app of its own."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import text, update
from starlette.responses import Response

from pegboard import IdempotencyKey, IdempotencyStore, Meters, Problem
from pegboard_idempotency.tables import keys
from pegboard_store import Store

pytestmark = pytest.mark.anyio

KEY = IdempotencyKey("acme", "ann", "POST", "/orders", "k-1")
PATIENCE = 30


async def test_which_headers_is_a_setting(desk_with: Any) -> None:
    async with desk_with(headers=["X-Own"]) as desk:
        await desk.send("text")
        again = await desk.send("text")
        assert (again.headers["x-own"], "location" in again.headers) == ("1", False)


@pytest.mark.parametrize(("item", "settings"), [("stream", {}), ("large", {"largest": 1999})])
async def test_an_answer_that_cannot_be_kept_is_not_made_again(desk_with: Any, item: str, settings: Any) -> None:
    async with desk_with(**settings) as desk:
        assert (await desk.send(item)).status_code == 200
        again = await desk.send(item)
        assert (again.status_code, again.json()["answered"]) == (409, 200)
        assert again.json()["type"] == "urn:pegboard:problem:idempotency-not-kept"
        assert desk.orders == [item]


async def test_an_answer_of_the_largest_size_is_kept(desk_with: Any) -> None:
    async with desk_with(largest=2000) as desk:
        answers = [await desk.send("large") for _ in range(2)]
        assert answers[0].content == answers[1].content


async def test_the_app_removes_them_by_itself(desk_with: Any) -> None:
    async with desk_with(keep=1, lease=2, sweep=1) as desk:
        await desk.send()
        async with asyncio.timeout(PATIENCE):
            while await desk.rows():
                async with desk.services.get(Store).begin() as session:
                    await session.execute(update(keys).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))


async def test_a_lease_is_renewed_while_the_request_is_under_way(desk_with: Any) -> None:
    async with desk_with(lease=2) as desk:
        going, let_go = asyncio.Event(), asyncio.Event()

        async def answer() -> Response:
            going.set()
            await let_go.wait()
            return Response(b"done")

        first = asyncio.create_task(desk.services.get(IdempotencyStore).once(KEY, "f", answer))
        await going.wait()
        [before] = await desk.rows()
        async with asyncio.timeout(PATIENCE):
            while (await desk.rows())[0].leased_until == before.leased_until:
                pass
        with pytest.raises(Problem, match="still under way"):
            await desk.claims.take(KEY, "f")
        let_go.set()
        assert (await first).body == b"done"


async def test_what_happened_is_counted(desk_with: Any) -> None:
    async with desk_with() as desk:
        for item in ("pen", "pen", "ink"):
            await desk.send(item)
        await desk.send("busy", key="k-2")
        await desk.send("stream", key="k-3")
        await desk.send("stream", key="k-3")
        [metric] = await desk.services.get(Meters).read()
        assert (metric.name, metric.kind, metric.labels) == ("idempotency_requests", "counter", ("outcome",))
        wanted = {"first": 2, "replayed": 1, "mismatch": 1, "released": 1, "not-kept": 1, "running": 0}
        assert {outcome: count for (outcome,), count in metric.values.items()} == wanted


async def test_what_was_done_is_answered_even_if_it_cannot_be_kept(desk_with: Any) -> None:
    async with desk_with() as desk:

        async def answer() -> Response:
            async with desk.services.get(Store).begin() as session:
                await session.execute(text("DROP TABLE idempotency_keys"))
            return Response(b"done")

        with structlog.testing.capture_logs() as logs:
            given = await desk.services.get(IdempotencyStore).once(KEY, "f", answer)
        assert given.body == b"done"
        errors = [entry["event"] for entry in logs if entry["log_level"] == "error"]
        assert errors == ["idempotent answer cannot be kept"]
        ready = await desk.client.get("/-/health/ready")
        assert (ready.status_code, ready.json()["failing"][0]["plugin"]) == (503, "idempotency")
