"""Walking an endpoint, with or without a parent."""

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

import anyio

from pegboard import Services
from pegboard_egress import Egress

from .budget import Budget, Clock, Sleep, Walking
from .children import walk_any
from .pages import Caps, Page
from .plan import Plan
from .steps import State


async def walk(
    plan: Plan,
    egress: Egress,
    services: Services,
    params: Mapping[str, Any],
    *,
    state: State | None = None,
    caps: Caps | None = None,
    body: Any = None,
    sleep: Sleep = anyio.sleep,
    clock: Clock = time.monotonic,
) -> AsyncGenerator[Page, None]:
    """The pages of an endpoint, or of an endpoint for each record of its parent.

    `state` is that of a page of an earlier walk, which goes on behind it. `body` is what templates of the body may
    name, and the body itself where the endpoint has none. Close it (`contextlib.aclosing`) if you leave early: the
    next page may be on its way. Raises WalkFailed, and Problem 422 for values that are missing, before anything is
    sent, and for a state that is none of this endpoint's.
    """
    walking = Walking(egress, services, Budget(caps or Caps(), clock), sleep, clock)
    async with aclosing(walk_any(plan, walking, params, state, body, {})) as pages:
        async for page in pages:
            yield page
