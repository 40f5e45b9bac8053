"""A call that has its place, and a supervisor that does it."""

import time
from typing import Any

import attrs
import structlog

from pegboard import Isolation, Outcome, Run

from . import wire
from .outcome import limit_hit, outcome
from .process import Forward, Lost, Supervisor

log = structlog.get_logger(__name__)

STREAMS: dict[bytes, Any] = {wire.STDOUT: "stdout", wire.STDERR: "stderr"}


@attrs.define(eq=False)
class Call:
    """`kind` is ``run`` or ``check``; `queue` are the seconds that it waited."""

    kind: str
    run: Run
    source: bytes
    queue: float
    _supervisor: Supervisor | None = None
    _left: bool = False
    _began: float = attrs.field(factory=time.monotonic)

    async def by(self, supervisor: Supervisor) -> Outcome:
        """Raises `Lost`."""
        if self._left:
            raise Lost("the caller has left")
        self._supervisor = supervisor
        limits = self.run.limits
        blobs = [self.source, *(argument.json for argument in self.run.arguments)]
        most = limits.result + 2 * limits.output
        try:
            answer = await supervisor.call(self._members(), blobs, limits.wall, most, _forward(self.run))
            return outcome(answer, limits, self.queue, time.monotonic() - self._began)
        except (ValueError, TypeError, KeyError) as error:
            supervisor.kill()
            log.error("sandbox lost", sandbox="monty", reason=f"an answer cannot be read: {type(error).__name__}")
            raise Lost("The sandbox's own process gave no answer that can be read") from error
        finally:
            self._supervisor = None

    def leave(self) -> None:
        """The caller has: nobody wants the answer any more."""
        self._left = True
        if self._supervisor is not None:
            self._supervisor.stop("cancelled")

    def late(self) -> Outcome:
        """It had to be killed for its time, from outside."""
        limits = self.run.limits
        return Outcome(isolation=Isolation.L1, queue=self.queue, wall=limits.wall, **limit_hit("wall", limits))

    def _members(self) -> dict[str, Any]:
        run = self.run
        return {
            "kind": self.kind,
            "tenant": run.tenant,
            "entry": run.program.entry,
            "views": [argument.view for argument in run.arguments],
            "limits": attrs.asdict(run.limits),
            "stream": run.sink is not None,
        }


def _forward(run: Run) -> Forward | None:
    """A sink that fails gets nothing more; its mistake must not keep the call from its end."""
    if run.sink is None:
        return None
    sinks = [run.sink]

    def forward(letter: bytes, data: bytes) -> None:
        try:
            for sink in sinks:
                sink(STREAMS[letter], data)
        except Exception as error:
            log.error("output sink failed", sandbox="monty", reason=type(error).__name__)
            sinks.clear()

    return forward
