"""Reading the numbers that services tell of themselves, for whatever shows them."""

import inspect
from collections.abc import Sequence
from typing import Any

import anyio
import attrs
import structlog

from .contracts import Metric
from .services import AppServices, Offer

log = structlog.get_logger(__name__)

PATIENCE = 2.0
"""Seconds for all of them: who collects numbers does not wait long, and would miss the others."""


@attrs.frozen
class Meters:
    """The numbers of an app's open services, as their offers' `measure` tells them."""

    services: AppServices

    async def read(self) -> Sequence[Metric]:
        """All of them. What fails, or takes longer than two seconds, is left out, and the log says so."""
        found: list[Metric] = []
        async with anyio.create_task_group() as reading:
            for offer in self.services.offers.values():
                if offer.measure is not None and self.services.is_open(offer.kind):
                    reading.start_soon(self._add, offer, found)
        return sorted(found, key=lambda metric: metric.name)

    async def _add(self, offer: Offer, found: list[Metric]) -> None:
        try:
            with anyio.fail_after(PATIENCE):
                found.extend(await self._read(offer))
        except Exception as error:
            reason = str(error) or type(error).__name__
            log.warning("service cannot be measured", service=offer.kind.__name__, plugin=offer.owner, reason=reason)

    async def _read(self, offer: Offer) -> Sequence[Metric]:
        told: Any = offer.measure(self.services.get(offer.kind)) if offer.measure else ()
        return tuple(await told if inspect.isawaitable(told) else told)
