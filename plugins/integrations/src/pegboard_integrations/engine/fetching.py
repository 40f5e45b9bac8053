"""One request of a walk: sent as often as it takes, within its rate limit, and told as it was."""

from urllib.parse import urlencode

import attrs
import httpx

from pegboard import PageRequest, Problem
from pegboard_egress import EgressError, EgressRequest, EgressResponse, Timeouts

from .answers import Fetched, excerpt, received_of, refusal
from .budget import Walking
from .pages import SentRequest, Try, WalkFailed
from .plan import Plan
from .requests import PUBLIC, Base, LeavesOrigin, Outgoing
from .witness import Witness


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
                f"{refusal(self.plan, outcome)}{self._after()} ({sent.method} {sent.url})",
                rule="status",
                request=sent,
                response=received,
                tries=self.tries,
            )
        return Fetched(outcome, sent, received, tuple(self.tries), self.waited)

    def _after(self) -> str:
        count = len(self.tries) + 1
        return f", after {count} tries" if count > 1 else ""

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


def outgoing_of(plan: Plan, base: Base, asked: PageRequest) -> Outgoing:
    """Raises WalkFailed for a page that must not be asked for."""
    try:
        return plan.request.page(base, asked)
    except LeavesOrigin as error:
        raise WalkFailed(str(error), rule="paging") from None
    except ValueError as error:
        raise WalkFailed(f"the next page cannot be asked for: {error}", rule="paging") from None
