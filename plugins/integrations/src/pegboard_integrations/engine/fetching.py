"""One request of a walk: sent as often as it takes, within its rate limit, and told as it was."""

import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import anyio
import attrs
import httpx
import orjson

from pegboard import MISSING, PageRequest, Problem, Services, Stop
from pegboard_egress import Egress, EgressError, EgressRequest, EgressResponse, Timeouts
from pegboard_jsonpath import text_of

from .pages import Caps, Received, SentRequest, Try, WalkFailed
from .plan import Plan
from .requests import PUBLIC, Base, LeavesOrigin, Outgoing
from .witness import Witness

EXCERPT = 2048
LONGEST_WAIT = 3600.0
"""Seconds that a walk without a bound of time waits at most for a retry or a rate limit."""
MESSAGES = ("error.message", "error_description", "message", "error", "detail", "title", "errors")

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]


@attrs.define
class Budget:
    """How much of its caps a walk has used, its children's walks together."""

    caps: Caps
    clock: Clock
    started: float = attrs.field(init=False)
    pages: int = 0
    records: int = 0
    bytes: int = 0

    def __attrs_post_init__(self) -> None:
        self.started = self.clock()

    @property
    def left(self) -> float:
        """Seconds until the walk has to end."""
        most = self.caps.max_seconds
        return LONGEST_WAIT if most is None else max(0.0, most - (self.clock() - self.started))

    def count(self, records: int, size: int) -> Stop | None:
        """Count a page; the cap that it came to."""
        self.pages, self.records, self.bytes = self.pages + 1, self.records + records, self.bytes + size
        for rule, came, most in (
            ("max_pages", self.pages, self.caps.max_pages),
            ("max_records", self.records, self.caps.max_records),
            ("max_bytes", self.bytes, self.caps.max_bytes),
        ):
            if most is not None and came >= most:
                return Stop(rule, f"{came} {rule.removeprefix('max_')} came, and the walk ends at {most}")
        spent = self.clock() - self.started
        if self.caps.max_seconds is not None and spent >= self.caps.max_seconds:
            return Stop("max_seconds", f"{spent:.1f} seconds passed, and the walk ends at {self.caps.max_seconds:g}")
        return None


@attrs.frozen
class Walking:
    """What all requests of a walk share."""

    egress: Egress = attrs.field(repr=False)
    services: Services = attrs.field(repr=False)
    budget: Budget
    sleep: Sleep = anyio.sleep
    clock: Clock = time.monotonic

    @property
    def caps(self) -> Caps:
        return self.budget.caps


@attrs.frozen
class Fetched:
    """An answer below 400."""

    response: EgressResponse
    sent: SentRequest
    received: Received
    tries: tuple[Try, ...]
    waited: float

    def failed(self, detail: str, rule: str) -> WalkFailed:
        """The cause first, then where."""
        place = f"({self.sent.method} {self.sent.url} answered {self.received.status})"
        return WalkFailed(f"{detail} {place}", rule=rule, request=self.sent, response=self.received, tries=self.tries)


@attrs.define
class Fetching:
    """One request, on its way."""

    plan: Plan
    walking: Walking
    outgoing: Outgoing
    auth: httpx.Auth | None
    tries: list[Try] = attrs.field(factory=list)
    waited: float = 0.0

    async def fetch(self) -> Fetched:
        """Raises WalkFailed for anything but a status below 300."""
        while True:
            await self._wait_for_turn()
            witness = Witness(self.auth, self.plan.masks) if self.auth is not None and self.outgoing.own else None
            outcome = await self._once(witness)
            sent = self._sent(witness)
            wait = self._wait(outcome)
            if wait is None:
                return self._finished(outcome, sent)
            await self.walking.sleep(wait)

    async def _wait_for_turn(self) -> None:
        limiter, now = self.plan.limiter, self.walking.clock()
        wait = limiter.next(now) - now
        if wait > self.walking.budget.left:
            raise WalkFailed(
                f"the rate limit allows the next request in {wait:.0f} seconds, and the walk has "
                f"{self.walking.budget.left:.0f} left",
                rule="rate_limit",
                request=self._sent(None),
                tries=self.tries,
            )
        wait = limiter.take(now)
        if wait > 0:
            self.waited += wait
            await self.walking.sleep(wait)

    async def _once(self, witness: Witness | None) -> EgressResponse | EgressError:
        total = self.plan.definition.timeout / 1000
        out = self.outgoing
        request = EgressRequest(
            url=out.url,
            method=out.method,
            params=out.params,
            headers=out.headers,
            content=out.content,
            auth=witness,
            timeout=Timeouts(connect=total, read=total, total=total),
            secret_headers=frozenset(name for name in out.headers if name.lower() not in PUBLIC),
            max_body=self.walking.caps.page_bytes,
        )
        try:
            response = await self.walking.egress.send(request)
        except EgressError as error:
            return error
        except Problem as problem:
            raise WalkFailed(
                f"authentication failed: {problem.detail or problem.title}",
                rule="auth",
                request=self._sent(witness),
                tries=self.tries,
            ) from problem
        self.plan.limiter.learn(response.headers, self.walking.clock())
        return response

    def _wait(self, outcome: EgressResponse | EgressError) -> float | None:
        """Seconds until the next try, or None; kept in the account of tries."""
        if not isinstance(outcome, EgressError) and outcome.status < 400:
            return None
        keyed = any(name.lower() == "idempotency-key" for name in self.outgoing.headers)
        if not (self.plan.repeatable or keyed or self.plan.endpoint.idempotencyHeader):
            return None
        wait = self.plan.retry.wait(len(self.tries) + 1, outcome)
        if wait is None or wait > self.walking.budget.left:
            return None
        told = not isinstance(outcome, EgressError) and "Retry-After" in outcome.headers
        name = outcome.error_code if isinstance(outcome, EgressError) else str(outcome.status)
        self.tries.append(Try(name, wait, "Retry-After" if told else "backoff"))
        if told:
            self.plan.limiter.block(self.walking.clock() + wait)
        return wait

    def _finished(self, outcome: EgressResponse | EgressError, sent: SentRequest) -> Fetched:
        if isinstance(outcome, EgressError):
            raise WalkFailed(
                f"{self.plan.masks.text(outcome.detail)}{self._after()} ({sent.method} {sent.url})",
                rule="egress",
                request=sent,
                tries=self.tries,
            ) from outcome
        received = received_of(self.plan, outcome)
        if outcome.status >= 300:
            raise WalkFailed(
                f"{self._refused(outcome)}{self._after()} ({sent.method} {sent.url})",
                rule="status",
                request=sent,
                response=received,
                tries=self.tries,
            )
        return Fetched(outcome, sent, received, tuple(self.tries), self.waited)

    def _after(self) -> str:
        count = len(self.tries) + 1
        return f", after {count} tries" if count > 1 else ""

    def _refused(self, outcome: EgressResponse) -> str:
        try:
            phrase = HTTPStatus(outcome.status).phrase
        except ValueError:
            phrase = "a status that HTTP does not know"
        message = self.plan.masks.text(_message(self.plan, outcome.body))
        hint = ""
        if outcome.status == 401:
            hint = f"; auth is of the type {self.plan.auth[0].name}: are its values right?"
        elif 300 <= outcome.status < 400:
            hint = "; a redirect that leads nowhere"
        return f"{outcome.status} {phrase}{f': {message}' if message else ''}{hint}"

    def _sent(self, witness: Witness | None) -> SentRequest:
        out, mask = self.outgoing, self.plan.masks
        added = {} if witness is None else witness.headers
        query = ("&" if "?" in out.url else "?") + urlencode(out.params) if out.params else ""
        url = mask.url(out.url + query, () if witness is None else witness.params)
        if witness is not None and witness.params:
            extra = "&".join(f"{name}=***" for name in witness.params if f"{name}=" not in url)
            url += ("&" if "?" in url else "?") + extra if extra else ""
        kind = self.plan.auth[0].name if witness is not None else ""
        headers = mask.headers({**out.headers, **added}, secret=added)
        return SentRequest(out.method, url, headers, excerpt(self.plan, out.content), kind)


def received_of(plan: Plan, response: EgressResponse) -> Received:
    """What is shown of an answer."""
    return Received(
        response.status,
        plan.masks.url(response.url),
        plan.masks.headers(response.headers),
        response.headers.get("Content-Type", ""),
        len(response.body),
        response.elapsed,
        excerpt(plan, response.body),
    )


def excerpt(plan: Plan, body: bytes) -> str:
    """The first 2 KiB as text. A secret that would be cut in two is masked first."""
    text = body[: EXCERPT + plan.masks.longest].decode(errors="replace")
    return plan.masks.text(text)[:EXCERPT]


def _message(plan: Plan, body: bytes) -> str:
    """What an answer itself says went wrong."""
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    found = MISSING if plan.error_path is None else plan.error_path.get(document)
    if not found:
        found = next((one for one in (_looked(document, name) for name in MESSAGES) if one), "")
    return text_of(found)[:300]


def _looked(document: Any, path: str) -> Any:
    for step in path.split("."):
        document = document.get(step) if isinstance(document, dict) else None
    return document


def outgoing_of(plan: Plan, base: Base, asked: PageRequest) -> Outgoing:
    """Raises WalkFailed for a page that must not be asked for."""
    try:
        return plan.request.page(base, asked)
    except LeavesOrigin as error:
        raise WalkFailed(str(error), rule="paging") from None
    except ValueError as error:
        raise WalkFailed(f"the next page cannot be asked for: {error}", rule="paging") from None
