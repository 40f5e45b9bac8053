"""Upstream bodies: fetched once however many wait, served again while young, served old when the upstream fails."""

import asyncio
import time
from typing import Literal

import attrs
import orjson

from pegboard import Argument, Problem
from pegboard_egress import Egress, EgressRequest, EgressResponse

from .credentials import is_secret
from .documents import EndpointData, query_pairs
from .kept import Kept

Freshness = Literal["HIT", "MISS", "STALE"]


@attrs.frozen
class Body:
    """A JSON body as it came. `fetched` and `retry` are monotonic seconds."""

    argument: Argument
    fetched: float
    retry: float = 0.0


def upstream_request(url: str, data: EndpointData) -> EgressRequest:
    """The request that an endpoint makes."""
    headers = {"Accept": "application/json"} | data.headers
    secrets = frozenset(name for name in data.headers if is_secret(name))
    return EgressRequest(url=url, params=query_pairs(data.params), headers=headers, secret_headers=secrets)


async def fetch(egress: Egress, request: EgressRequest) -> Argument:
    """The upstream's JSON. Raises Problem 502, 504 or 403 with the contract's codes."""
    response = await egress.send(request)
    if not 200 <= response.status < 300:
        raise _upstream(response, "UPSTREAM_ERROR", f"The upstream answered {response.status}")
    try:
        orjson.loads(response.body)
    except orjson.JSONDecodeError as error:
        raise _upstream(response, "UPSTREAM_NOT_JSON", f"The upstream's answer is not JSON: {error}") from None
    return Argument(response.body)


def _upstream(response: EgressResponse, error_code: str, detail: str) -> Problem:
    extra = {
        "error_code": error_code,
        "upstream_status": response.status,
        "content_type": response.headers.get("content-type", ""),
    }
    return Problem(502, error_code.lower().replace("_", "-"), detail, extra=extra)


class Upstream:
    """The bodies that this process keeps, up to a number of bytes."""

    def __init__(self, egress: Egress, capacity: int, retry: float) -> None:
        self._egress = egress
        self._retry = retry
        self._bodies: Kept[str, Body] = Kept(capacity)
        self._flights: dict[str, asyncio.Task[Argument]] = {}

    def kept(self, key: str, max_age: float) -> tuple[Argument, Freshness] | None:
        """The body for an endpoint's `key` (its id and revision), if it is here and need not be fetched again yet."""
        kept = self._bodies.get(key) if max_age > 0 else None
        if kept is None:
            return None
        now = time.monotonic()
        young = now - kept.fetched <= max_age
        if not young and now >= kept.retry:
            return None
        return kept.argument, "HIT" if young else "STALE"

    async def get(self, key: str, request: EgressRequest, max_age: float) -> tuple[Argument, Freshness]:
        """The body for an endpoint, not older than `max_age` if that can be had. Raises Problem as `fetch`."""
        if max_age <= 0:
            return await fetch(self._egress, request), "MISS"
        found = self.kept(key, max_age)
        if found is not None:
            return found
        try:
            return await self._fetch_once(key, request), "MISS"
        except Problem:
            kept = self._bodies.get(key)
            if kept is None:
                raise
            self._keep(key, attrs.evolve(kept, retry=time.monotonic() + self._retry))
            return kept.argument, "STALE"

    async def _fetch_once(self, key: str, request: EgressRequest) -> Argument:
        """Join the fetch under way, or start it. A caller who leaves does not end it for the others."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.create_task(self._fly(key, request))
            flight.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(flight)

    async def _fly(self, key: str, request: EgressRequest) -> Argument:
        try:
            argument = await fetch(self._egress, request)
            self._keep(key, Body(argument, time.monotonic()))
            return argument
        finally:
            del self._flights[key]

    def _keep(self, key: str, body: Body) -> None:
        self._bodies.put(key, body, len(body.argument.json))

    async def aclose(self) -> None:
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)
