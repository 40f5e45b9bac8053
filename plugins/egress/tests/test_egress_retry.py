"""Retries: whose requests, how often, and within which budget."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard_egress import (
    Egress,
    EgressBlocked,
    EgressError,
    EgressRequest,
    EgressResponse,
    EgressSettings,
    Retry,
    Timeouts,
    TooManyRedirects,
    UpstreamError,
    UpstreamTimeout,
    UpstreamTooLarge,
    open_egress,
)
from pegboard_egress.retry import retry_after

pytestmark = pytest.mark.anyio

QUICK = Retry(base=0.001, ceiling=0.002)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@asynccontextmanager
async def allowing(upstream: Any) -> AsyncIterator[Egress]:
    async with open_egress(EgressSettings(allow_origins=(upstream.origin,))) as egress:
        yield egress


def in_turn(*answers: bytes) -> Any:
    """Each request gets the next answer, and the last one for ever."""
    turn: Iterator[bytes] = iter(answers)
    return lambda seen: next(turn, answers[-1])


async def test_a_failure_that_passes_is_tried_again(serve: Any, reply: Any) -> None:
    busy = reply(b"", "503 Service Unavailable")
    upstream = await serve(in_turn(busy, busy, reply(b"done")))
    async with allowing(upstream) as egress:
        answer = await egress.send(EgressRequest(url=upstream.origin, retry=QUICK))
    assert (answer.body, len(upstream.seen)) == (b"done", 3)


async def test_nothing_is_tried_again_unless_it_is_asked_for(serve: Any, reply: Any) -> None:
    upstream = await serve(lambda seen: reply(b"", "503 Service Unavailable"))
    async with allowing(upstream) as egress:
        assert (await egress.send(EgressRequest(url=upstream.origin))).status == 503
    assert len(upstream.seen) == 1


async def test_the_last_answer_is_returned_when_attempts_are_used_up(serve: Any, reply: Any) -> None:
    upstream = await serve(lambda seen: reply(b"no", "502 Bad Gateway"))
    async with allowing(upstream) as egress:
        answer = await egress.send(EgressRequest(url=upstream.origin, retry=attrs.evolve(QUICK, attempts=4)))
    assert (answer.status, answer.body, len(upstream.seen)) == (502, b"no", 4)


@pytest.mark.parametrize(
    ("method", "headers", "tries"),
    [
        ("GET", {}, 3),
        ("HEAD", {}, 3),
        ("put", {}, 3),
        ("DELETE", {}, 3),
        ("POST", {}, 1),
        ("PATCH", {}, 1),
        ("POST", {"idempotency-key": "k-1"}, 3),
    ],
)
async def test_only_what_may_be_sent_twice_is(
    serve: Any, reply: Any, method: str, headers: dict[str, str], tries: int
) -> None:
    upstream = await serve(lambda seen: reply(b"", "503 Service Unavailable"))
    async with allowing(upstream) as egress:
        await egress.send(EgressRequest(url=upstream.origin, method=method, headers=headers, retry=QUICK))
    assert len(upstream.seen) == tries


async def test_a_status_that_does_not_pass_is_an_answer(serve: Any, reply: Any) -> None:
    upstream = await serve(lambda seen: reply(b"", "404 Not Found"))
    async with allowing(upstream) as egress:
        assert (await egress.send(EgressRequest(url=upstream.origin, retry=QUICK))).status == 404
    assert len(upstream.seen) == 1


async def test_time_outs_are_tried_again(serve: Any, reply: Any) -> None:
    upstream = await serve(in_turn(b"HTTP/1.1 200 OK\r\n", reply(b"done")))
    async with allowing(upstream) as egress:
        request = EgressRequest(url=upstream.origin, retry=QUICK, timeout=Timeouts(read=0.05))
        assert (await egress.send(request)).body == b"done"


async def test_a_refusal_is_final(serve: Any, names: Any) -> None:
    resolver = names(inside_test=[["10.0.0.1"]])
    async with open_egress(resolver=resolver) as egress:
        with pytest.raises(EgressBlocked):
            await egress.send(EgressRequest(url="https://inside.test/", retry=QUICK))
    assert resolver.asked == ["inside.test"]


@pytest.mark.parametrize("value", ["0", "Sun, 06 Nov 1994 08:49:37 GMT"])
async def test_retry_after_is_kept_to_in_both_forms(serve: Any, reply: Any, value: str) -> None:
    # With these bounds an own wait would be longer than the budget: what is tried again is so by the header.
    patient = Retry(base=1e6, ceiling=1e6, budget=5)
    upstream = await serve(in_turn(reply(b"", "429 Too Many Requests", f"Retry-After: {value}"), reply(b"done")))
    async with allowing(upstream) as egress:
        assert (await egress.send(EgressRequest(url=upstream.origin, retry=patient))).body == b"done"


@pytest.mark.parametrize("value", ["3600", "Fri, 31 Dec 2100 23:59:59 GMT"])
async def test_a_wait_beyond_the_budget_is_not_begun(serve: Any, reply: Any, value: str) -> None:
    upstream = await serve(lambda seen: reply(b"later", "503 Service Unavailable", f"Retry-After: {value}"))
    started = time.monotonic()
    async with allowing(upstream) as egress:
        answer = await egress.send(EgressRequest(url=upstream.origin, retry=Retry(budget=20)))
    assert (answer.status, answer.body, len(upstream.seen)) == (503, b"later", 1)
    assert time.monotonic() - started < 5


async def test_one_budget_is_for_tries_and_waits(serve: Any) -> None:
    upstream = await serve(lambda seen: b"HTTP/1.1 200 OK\r\n")
    policy = Retry(attempts=1000, base=0.001, ceiling=0.001, budget=0.2)
    started = time.monotonic()
    async with allowing(upstream) as egress:
        with pytest.raises(UpstreamTimeout):
            await egress.send(EgressRequest(url=upstream.origin, retry=policy, timeout=Timeouts(read=0.06)))
    assert time.monotonic() - started < 2
    assert 2 <= len(upstream.seen) <= 5


async def test_a_try_ends_with_the_budget(serve: Any) -> None:
    upstream = await serve(lambda seen: b"HTTP/1.1 200 OK\r\n")
    started = time.monotonic()
    async with allowing(upstream) as egress:
        with pytest.raises(UpstreamTimeout) as late:
            await egress.send(EgressRequest(url=upstream.origin, retry=Retry(budget=0.1)))
    assert late.value.rule == "total"
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime((NOW + timedelta(seconds=90)).astimezone(timezone(timedelta(hours=2)))), 90.0),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 0.0),
        ("Sunday, 22-Nov-26 12:00:30 GMT", 30.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("", None),
        ("Sun, 99 Foo 2026 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_read_as_a_number_and_as_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": value}, NOW) == seconds


def test_no_header_says_nothing() -> None:
    assert retry_after({}, NOW) is None


@given(st.text(max_size=60))
def test_no_header_breaks_the_reader(value: str) -> None:
    found = retry_after({"Retry-After": value}, NOW)
    assert found is None or found >= 0


@given(st.integers(1, 30), st.floats(0.001, 5), st.floats(0.001, 60))
def test_waits_are_jitter_below_an_exponential_with_a_ceiling(tried: int, base: float, ceiling: float) -> None:
    policy = Retry(attempts=100, base=base, ceiling=ceiling)
    wait = policy.wait(tried, EgressResponse(503, {}, b"", "", 0.0))
    assert wait is not None
    assert 0 <= wait <= min(ceiling, base * 2 ** (tried - 1))


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (UpstreamTimeout("", rule="read"), True),
        (UpstreamError("", rule="connect"), True),
        (UpstreamError("", rule="dns"), True),
        (UpstreamError("", rule="connection"), True),
        (UpstreamError("", rule="tls"), False),
        (UpstreamError("", rule="protocol"), False),
        (UpstreamTooLarge("", rule="body"), False),
        (TooManyRedirects("", rule="redirects"), False),
        (EgressBlocked("", rule="address"), False),
    ],
)
def test_errors_that_stay_are_not_tried_again(error: EgressError, again: bool) -> None:
    assert (Retry().wait(1, error) is not None) == again
