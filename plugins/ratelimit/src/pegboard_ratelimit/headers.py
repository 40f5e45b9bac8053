"""What callers are told: draft-ietf-httpapi-ratelimit-headers-10, and the older fields that most clients know."""

import time
from collections.abc import Iterable, Mapping, Sequence

from pegboard import Problem

from .counting import Standing
from .rates import Policy


def told(policy: Policy, standings: Sequence[Standing]) -> Mapping[str, str]:
    """``RateLimit-Policy`` and ``RateLimit`` for all rates, ``X-RateLimit-*`` for the one that has least left."""
    tightest = min(standings, key=lambda standing: (standing.allowed, standing.left, -standing.reset))
    named = list(zip(names(policy), standings, strict=False))
    return {
        "RateLimit-Policy": ", ".join(f'"{name}";q={s.rate.limit};w={s.rate.window}' for name, s in named),
        "RateLimit": ", ".join(f'"{name}";r={s.left};t={s.reset}' for name, s in named),
        "X-RateLimit-Limit": str(tightest.rate.limit),
        "X-RateLimit-Remaining": str(tightest.left),
        "X-RateLimit-Reset": str(int(time.time()) + tightest.reset),
    }


def names(policy: Policy) -> Iterable[str]:
    """A name for each of the rates."""
    return (policy.name if number == 1 else f"{policy.name}.{number}" for number in range(1, len(policy.rates) + 1))


def refusal(policy: Policy, standings: Sequence[Standing]) -> Problem:
    """The answer to one call too many; the last standing is the one that refuses it."""
    refused, name = standings[-1], list(names(policy))[len(standings) - 1]
    detail = (
        f"at most {refused.rate.limit} calls in {refused.rate.window} seconds; try again in {refused.reset} seconds"
    )
    headers = {**told(policy, standings), "Retry-After": str(refused.reset)}
    return Problem(429, "quota-exceeded", detail, headers=headers, extra={"violated-policies": [name]})
