"""An event of the app's own, the service that takes it, and the line that tells it."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import attrs
from attrs.validators import matches_re

from pegboard import Services


@attrs.frozen
class Happened:
    """Something that happened to `subject`, such as ``record.created`` to a record's id.

    `data` is what JSON can hold. Nothing in it may be secret: it leaves the app.
    """

    type: str = attrs.field(validator=matches_re(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+"))
    subject: str
    data: Mapping[str, Any] = attrs.field(repr=False)


class EventSink(Protocol):
    """The service that takes events, where a plugin offers one."""

    async def wants(self, tenant: str, *types: str) -> bool:
        """Whether anybody of the tenant is to be told of any of these. Asked for each change: it must be quick."""
        ...

    async def keep(self, session: Any, tenant: str, events: Sequence[Happened]) -> None:
        """Take events within the transaction of the change: what is rolled back has not happened."""
        ...


async def sink_of(services: Services) -> EventSink | None:
    """The sink, for services that are being opened; None where no plugin offers one."""
    return await services.aget(EventSink) if EventSink in services else None


async def tell(sink: EventSink | None, session: Any, tenant: str, *events: Happened) -> None:
    """Have events taken, where there is a sink and somebody wants them."""
    if sink is not None and await sink.wants(tenant, *(event.type for event in events)):
        await sink.keep(session, tenant, events)
