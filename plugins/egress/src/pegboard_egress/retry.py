"""Trying again: a policy of the caller's, never of the client's.

Own code rather than a library: besides the loop there is only reading Retry-After and keeping one budget, and those
two are what stamina and tenacity leave to the user.
"""

import random
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol, TypeVar

import anyio
import attrs

from .errors import EgressError, UpstreamError, UpstreamTimeout

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
PASSING = frozenset({"dns", "connect", "connection", "read", "total"})
"""Rules of errors that may be gone the next time; a bad certificate or a broken protocol is not."""


class Answer(Protocol):
    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...


A = TypeVar("A", bound=Answer)


@attrs.frozen
class Retry:
    """Up to `attempts` tries within one `budget` of seconds, waits included.

    Waits are full jitter over `base` · 2ⁿ seconds, at most `ceiling`; Retry-After (RFC 9110, 10.2.3) is kept to instead
    where the answer has one. What would not fit the budget is not waited for: the last answer is returned, the last
    error raised. Only idempotent methods are tried again, and others that carry an Idempotency-Key header.
    """

    attempts: int = 3
    statuses: frozenset[int] = frozenset({408, 425, 429, 500, 502, 503, 504})
    budget: float = 30.0
    base: float = 0.2
    ceiling: float = 10.0

    def wait(self, tried: int, outcome: Answer | EgressError) -> float | None:
        """Seconds until the next try after `tried` ones; None where there is to be none."""
        if tried >= self.attempts or not self._again(outcome):
            return None
        told = None if isinstance(outcome, EgressError) else retry_after(outcome.headers, datetime.now(UTC))
        return told if told is not None else random.uniform(0, min(self.ceiling, self.base * 2 ** (tried - 1)))

    def _again(self, outcome: Answer | EgressError) -> bool:
        if isinstance(outcome, EgressError):
            return isinstance(outcome, UpstreamError | UpstreamTimeout) and outcome.rule in PASSING
        return outcome.status in self.statuses


def may_retry(method: str, headers: Mapping[str, str]) -> bool:
    return method in IDEMPOTENT or "Idempotency-Key" in headers


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that the Retry-After header asks for, as a number or as an HTTP date; None where it says nothing."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - now).total_seconds())


async def retrying(policy: Retry, attempt: Callable[[float], Awaitable[A]]) -> A:
    """Call `attempt(seconds left)` until the policy is content with its outcome."""
    end = time.monotonic() + policy.budget
    tried = 0
    while True:
        tried += 1
        outcome: A | EgressError
        try:
            outcome = await attempt(end - time.monotonic())
        except EgressError as error:
            outcome = error
        wait = policy.wait(tried, outcome)
        if wait is None or time.monotonic() + wait >= end:
            break
        await anyio.sleep(wait)
    if isinstance(outcome, EgressError):
        raise outcome
    return outcome
