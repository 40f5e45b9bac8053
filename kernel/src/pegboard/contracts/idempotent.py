"""Requests that may be sent again, and are carried out once."""

from collections.abc import Awaitable, Callable
from typing import Protocol

import attrs
from starlette.responses import Response


@attrs.frozen
class IdempotencyKey:
    """A caller's own name for one request: `key` means something for this caller, method and path alone."""

    tenant: str
    principal: str
    method: str
    path: str
    key: str


class IdempotencyStore(Protocol):
    """The service that keeps answers for a route's `idempotent`, where a plugin offers one."""

    async def once(self, key: IdempotencyKey, fingerprint: str, answer: Callable[[], Awaitable[Response]]) -> Response:
        """What `answer` returns if the key is new, else what it returned then; `fingerprint` tells requests apart.

        Over all processes, `answer` is awaited by one caller at a time. An answer that invites another try, or no
        answer at all, leaves the key as if it had not been used. Raises Problem 409 while the first request is under
        way or if its answer was not kept, and 422 if it had another fingerprint.
        """
        ...
