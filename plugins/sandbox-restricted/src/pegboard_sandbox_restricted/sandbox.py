"""The sandbox on the server's side. It never parses, compiles or runs a program's source: the jail does."""

import contextlib
import hashlib
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any

import attrs

from pegboard import Isolation, Limits, Load, Outcome, Problem, Program, Run, Sandbox, Violation
from pegboard_sandbox_process import ProcessSettings, Profile, Warmth, open_jail

from .depth import DEEPEST
from .settings import RestrictedSettings

PROFILE = Profile(
    name="restricted",
    language="pegboard_sandbox_restricted.language:language",
    # What the standard library imports in the middle of a call: Counter.most_common, statistics, the parser's errors.
    imports=("heapq", "bisect", "fractions", "numbers", "ast", "warnings"),
)

Verdict = tuple[Violation, ...]


class Restricted:
    """A `pegboard.Sandbox` for programs of the checked subset, in jailed processes that stay for their next call."""

    def __init__(self, jail: Sandbox, remembered: int) -> None:
        self._jail = jail
        self._remembered = remembered
        self._verdicts: dict[tuple[object, ...], Verdict] = {}
        self._held: Limits | None = None

    @property
    def isolation(self) -> Isolation:
        return self._jail.isolation

    @property
    def load(self) -> Load:
        """Of the jail: a verdict that is remembered is no call."""
        return self._jail.load

    async def check(self, tenant: str, program: Program, limits: Limits) -> Sequence[Violation]:
        """All that is wrong with `program`. A tenant's verdict on the same source is given from memory.

        Raises `pegboard.Problem` as `run` does, and 503 when no worker was free in time.
        """
        refuse_unholdable(limits)
        digest = hashlib.sha256(program.source.encode("utf-8", "surrogatepass")).digest()
        key = (tenant, digest, program.entry, limits.nesting, limits.source)
        verdict = self._verdicts.pop(key, None)
        if verdict is None:
            verdict = tuple(await self._jail.check(tenant, program, limits))
        self._remember(key, verdict)
        return verdict

    def _remember(self, key: tuple[object, ...], verdict: Verdict) -> None:
        """Last used, last forgotten. SIZE may be the machine's trouble and not the program's."""
        if any(violation.code == "SIZE" for violation in verdict):
            return
        self._verdicts[key] = verdict
        if len(self._verdicts) > self._remembered:
            del self._verdicts[next(iter(self._verdicts))]

    def run(self, run: Run) -> Coroutine[Any, Any, Outcome]:
        """Run a program once, checked or not: the jail compiles it under the policy again.

        Raises `pegboard.Problem` 422 for limits that cannot be held.
        """
        if run.limits is not self._held:  # nearly always the same object
            refuse_unholdable(run.limits)
            self._held = run.limits
        return self._jail.run(run)


def refuse_unholdable(limits: Limits) -> None:
    for name, most in (("recursion", DEEPEST), ("nesting", 100)):
        asked = getattr(limits, name)
        if not 0 < asked <= most:
            raise Problem(422, "limit-not-held", f"limits.{name} is {asked}: it must be more than 0 and at most {most}")


@contextlib.asynccontextmanager
async def open_restricted(config: RestrictedSettings, process: ProcessSettings) -> AsyncIterator[Restricted]:
    """The sandbox over a jail of its own. Raises `pegboard.Problem` 503 where the machine is too weak."""
    settings = attrs.evolve(process, workers=config.workers or process.workers)
    warmth = Warmth(max(config.kept, settings.workers), config.calls, config.seconds, config.memory)
    async with open_jail(PROFILE, settings, warmth if config.kept else None) as jail:
        yield Restricted(jail, config.remembered)
