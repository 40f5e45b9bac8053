"""Leases, expiry, and what is told of them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import update
from starlette.responses import Response

import pegboard
from pegboard import IdempotencyKey, IdempotencyStore, Problem
from pegboard_idempotency.claims import Answered, Claim
from pegboard_idempotency.tables import keys
from pegboard_store import Store

pytestmark = pytest.mark.anyio

KEY = IdempotencyKey("acme", "ann", "POST", "/orders", "k-1")
PATIENCE = 30


async def set_back(desk: Any, column: str) -> None:
    """What a row says happens in the future happened a moment ago."""
    moment = datetime.now(UTC) - timedelta(milliseconds=1)
    async with desk.services.get(Store).begin() as session:
        await session.execute(update(keys).values({column: moment}))


async def refused(desk: Any, fingerprint: str = "f") -> tuple[int, str]:
    with pytest.raises(Problem) as caught:
        await desk.claims.take(KEY, fingerprint)
    return caught.value.status, caught.value.code


async def test_one_of_two_has_the_key(desk: Any) -> None:
    assert isinstance(await desk.claims.take(KEY, "f"), Claim)
    assert await refused(desk) == (409, "idempotency-running")
    assert await refused(desk, "other") == (422, "idempotency-mismatch")


async def test_who_waits_is_told_for_how_long(desk: Any) -> None:
    await desk.claims.take(KEY, "f")
    with pytest.raises(Problem) as caught:
        await desk.claims.take(KEY, "f")
    assert caught.value.headers == {"Retry-After": "1"}


async def test_after_its_lease_a_key_is_anothers_and_the_late_answer_is_not_kept(desk: Any) -> None:
    dead = await desk.claims.take(KEY, "f")
    await set_back(desk, "leased_until")
    alive = await desk.claims.take(KEY, "other")
    assert isinstance(alive, Claim)
    assert not await desk.claims.renew(dead)
    assert not await desk.claims.keep(dead, Answered(200, {}, b"late"))
    await desk.claims.release(dead)
    assert await desk.claims.keep(alive, Answered(200, {}, b"good"))
    assert await desk.claims.take(KEY, "other") == Answered(200, {}, b"good")


async def test_an_answer_is_given_until_it_expires(desk: Any) -> None:
    await desk.send()
    await set_back(desk, "expires_at")
    assert "idempotent-replayed" not in (await desk.send("ink")).headers
    assert desk.orders == ["pen", "ink"]


async def test_expired_rows_are_removed_and_others_stay(desk: Any) -> None:
    await desk.send()
    await set_back(desk, "expires_at")
    await desk.send(key="k-2")
    assert await desk.claims.sweep() == 1
    assert len(await desk.rows()) == 1


async def test_a_request_that_is_cancelled_leaves_its_key_free(desk: Any) -> None:
    going = asyncio.Event()

    async def answer() -> Response:
        going.set()
        await asyncio.Event().wait()
        return Response()

    first = asyncio.create_task(desk.services.get(IdempotencyStore).once(KEY, "f", answer))
    await going.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert isinstance(await desk.claims.take(KEY, "f"), Claim)


async def test_an_answer_that_was_lost_to_another_is_given_and_logged(desk: Any) -> None:
    async def answer() -> Response:
        await set_back(desk, "leased_until")
        await desk.claims.take(KEY, "f")
        return Response(b"late")

    with structlog.testing.capture_logs() as logs:
        given = await desk.services.get(IdempotencyStore).once(KEY, "f", answer)
    assert given.body == b"late"
    assert [entry["log_level"] for entry in logs] == ["warning"]


async def test_health_looks_at_the_table(desk: Any) -> None:
    checks = (await desk.client.get("/-/health")).json()["checks"]
    assert {"service": "IdempotencyStore", "plugin": "idempotency", "works": True, "detail": ""} in checks
    assert pegboard.Meters in desk.services
