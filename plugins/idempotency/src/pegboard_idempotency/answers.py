"""The service: an answer is made once, and given again."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress

import anyio
import structlog
from starlette.responses import Response

from pegboard import IdempotencyKey, IdempotencyStore, Metric, Problem

from .claims import Answered, Claim, Claims
from .settings import IdempotencySettings

log = structlog.get_logger(__name__)

REPLAYED = "Idempotent-Replayed"
AGAIN = frozenset({408, 425, 429})
OUTCOMES = ("first", "replayed", "running", "mismatch", "not-kept", "released")

Answer = Callable[[], Awaitable[Response]]


class IdempotentAnswers(IdempotencyStore):
    """Answers by the keys of their requests, in the app's database."""

    def __init__(self, claims: Claims, settings: IdempotencySettings) -> None:
        self.claims = claims
        self._settings = settings
        self._kept_headers = frozenset(name.lower() for name in settings.headers)
        self._outcomes = Counter(dict.fromkeys(OUTCOMES, 0))

    async def once(self, key: IdempotencyKey, fingerprint: str, answer: Answer) -> Response:
        try:
            taken = await self.claims.take(key, fingerprint)
        except Problem as problem:
            if problem.status < 500:
                self._outcomes[problem.code.removeprefix("idempotency-")] += 1
            raise
        return await self._first(taken, answer) if isinstance(taken, Claim) else self._again(taken)

    async def _first(self, claim: Claim, answer: Answer) -> Response:
        try:
            async with self._renewing(claim):
                response = await answer()
        except BaseException:
            # whoever leaves must not keep others from trying; a cancelled task could not wait for the database
            with anyio.CancelScope(shield=True):
                await self._settle(claim, None)
            raise
        with anyio.CancelScope(shield=True):
            await self._settle(claim, None if invites_another_try(response) else self._kept(response))
        return response

    def _again(self, given: Answered) -> Response:
        if given.body is None:
            self._outcomes["not-kept"] += 1
            detail = f"the request was carried out and answered with {given.status}; that answer was too large to keep"
            raise Problem(409, "idempotency-not-kept", detail, extra={"answered": given.status})
        self._outcomes["replayed"] += 1
        return Response(given.body, given.status, given.headers | {REPLAYED: "true"})

    def _kept(self, response: Response) -> Answered:
        """Of a stream, or of a body that is too large, only that it was given: doing it again would be worse."""
        names = [name for name in self._kept_headers if name in response.headers]
        headers = {name: ", ".join(response.headers.getlist(name)) for name in names}
        body = getattr(response, "body", None)
        fits = isinstance(body, bytes) and len(body) <= self._settings.largest
        return Answered(response.status_code, headers, body if fits else None)

    async def _settle(self, claim: Claim, given: Answered | None) -> None:
        """Keep or release. It was done all the same where that fails: its caller shall know, and the lease ends."""
        self._outcomes["first" if given else "released"] += 1
        try:
            if given is None:
                await self.claims.release(claim)
            elif not await self.claims.keep(claim, given):
                log.warning("idempotency key was lost before its answer could be kept")
        except Exception as error:
            log.error("idempotent answer cannot be kept", reason=str(error) or type(error).__name__)

    @asynccontextmanager
    async def _renewing(self, claim: Claim) -> AsyncIterator[None]:
        task = asyncio.create_task(self._renew(claim))
        try:
            yield
        finally:
            task.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait([task])

    async def _renew(self, claim: Claim) -> None:
        while True:
            await asyncio.sleep(self._settings.lease / 3)
            try:
                if not await self.claims.renew(claim):
                    log.warning("idempotency key was lost while its request was under way")
                    return
            except Exception as error:  # the next turn may succeed
                log.warning("lease of an idempotency key cannot be renewed", reason=str(error))

    async def sweep_for_ever(self) -> None:
        """Remove what has expired, until cancelled."""
        while True:
            await asyncio.sleep(self._settings.sweep)
            try:
                await self.claims.sweep()
            except Exception as error:  # the next turn may succeed
                log.warning("expired idempotency keys cannot be removed", reason=str(error))

    async def ping(self) -> None:
        """For health checks: whether keys can be read."""
        await self.claims.ping()

    def measure(self) -> Iterable[Metric]:
        values = {(outcome,): float(count) for outcome, count in self._outcomes.items()}
        text = "Requests with an Idempotency-Key: done first, replayed, refused, or done in vain."
        yield Metric("idempotency_requests", "counter", text, values, ("outcome",))


def invites_another_try(response: Response) -> bool:
    """Whether the caller is meant to send the request again, so that the answer must not be kept."""
    return response.status_code >= 500 or response.status_code in AGAIN or "retry-after" in response.headers


@asynccontextmanager
async def open_answers(claims: Claims, settings: IdempotencySettings) -> AsyncIterator[IdempotentAnswers]:
    """The service, which removes what has expired while it is open."""
    answers = IdempotentAnswers(claims, settings)
    sweeping = asyncio.create_task(answers.sweep_for_ever())
    try:
        yield answers
    finally:
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
