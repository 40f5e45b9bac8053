"""Events as they arrive, for the person who develops what handles them."""

from collections.abc import AsyncIterator
from typing import Any

import anyio
import attrs

from pegboard import Problem, Services
from pegboard_egress import Egress, EgressRequest

from .receiving.events import Events, shown

TICK = 0.3
LINE = 200
FRAMING = frozenset({"host", "content-length", "transfer-encoding", "connection"})


@attrs.frozen
class Listening:
    """What comes to a tenant from now on; of one `hook` where it is given."""

    services: Services
    tenant: str
    hook: str
    forward: str

    async def lines(self, count: int | None) -> AsyncIterator[str]:
        """A line for each event, and for what came of sending it on."""
        events, seen = self.services.get(Events), 0
        last = await events.latest()
        while count is None or seen < count:
            for row in await events.after(self.tenant, last, self.hook):
                last, seen = row.seq, seen + 1
                yield _line(row)
                if self.forward and row.state != "refused":
                    yield f"  {await self._forwarded(row)}"
                if seen == count:
                    return
            await anyio.sleep(TICK)

    async def _forwarded(self, row: Any) -> str:
        headers = [(name, value) for name, value in row.headers if name not in FRAMING]
        request = EgressRequest(url=self.forward, method="POST", headers=headers, content=row.body)
        try:
            answer = await self.services.get(Egress).send(request)
        except Problem as problem:
            return f"not sent on: {problem.detail}"
        return f"sent on: {answer.status}"


def _line(row: Any) -> str:
    text, _ = shown(row.body)
    told = row.error if row.state == "refused" else " ".join(text.split())[:LINE]
    return f"{row.received_at:%H:%M:%S} {row.id} {row.source}/{row.hook} {row.state}: {_printable(told)}"


def _printable(text: str) -> str:
    """What a stranger sent moves no cursor."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
