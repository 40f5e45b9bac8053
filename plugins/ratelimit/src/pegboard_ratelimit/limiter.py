"""The service that the kernel asks with each call."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import attrs
from starlette.requests import Request

from pegboard import Metric, Principal, Rate, RateLimiter, RouteSpec

from .counting import Counting
from .headers import refusal, told
from .policies import Policies
from .rates import Policy
from .subjects import Addresses, subject

NONE: Mapping[str, str] = {}


@attrs.define
class RouteLimiter(RateLimiter):
    """Counts calls, and refuses those that are too many."""

    policies: Policies
    addresses: Addresses
    counting: Counting
    _calls: Counter[tuple[str, str]] = attrs.field(factory=Counter)

    async def check(self, spec: RouteSpec, request: Request, principal: Principal | None) -> Mapping[str, str]:
        policy = self.policies.find(spec, principal)
        if policy is None:
            return NONE
        standings = []
        for rate in policy.rates:
            address = self.addresses.source(request) if principal is None or rate.by == "address" else ""
            standing = await self.counting.count(policy.name, rate, subject(rate.by, principal, address))
            if standing is None:
                return self._counted(policy, "uncounted", NONE)
            standings.append(standing)
            if not standing.allowed:
                self._counted(policy, "refused", NONE)
                raise refusal(policy, standings)
        return self._counted(policy, "allowed", told(policy, standings))

    def rates(self, spec: RouteSpec) -> Sequence[Rate]:
        policy = self.policies.public(spec)
        return policy.rates if policy else ()

    def _counted(self, policy: Policy, outcome: str, headers: Mapping[str, str]) -> Mapping[str, str]:
        self._calls[policy.name, outcome] += 1
        return headers

    async def ping(self) -> str:
        return await self.counting.ping()

    def measure(self) -> Iterable[Metric]:
        text = "Calls of routes with a rate: allowed, refused with 429, or let in uncounted."
        calls = {key: float(count) for key, count in self._calls.items()}
        yield Metric("ratelimit_calls", "counter", text, calls, ("policy", "outcome"))
        failures, away = float(self.counting.failures), float(bool(self.counting.away))
        yield Metric("ratelimit_storage_failures", "counter", "Calls that the storage did not count.", {(): failures})
        yield Metric("ratelimit_storage_away", "gauge", "1 while the storage is away.", {(): away})
