"""Opening a jail at the highest level of isolation that is to be had."""

import contextlib
from collections.abc import AsyncIterator

import structlog

from pegboard import Isolation, Problem

from . import cgroup
from .jail import Jail
from .launch import StartFailed
from .levels import LAYERS, Tried, candidates
from .profile import Profile
from .settings import ProcessSettings
from .workers import Warmth

log = structlog.get_logger(__name__)

ZYGOTES = 16
"""Processes for zygotes, those that come and go included, and for their launchers."""


@contextlib.asynccontextmanager
async def open_jail(profile: Profile, settings: ProcessSettings, warmth: Warmth | None = None) -> AsyncIterator[Jail]:
    """A jail for `profile` at the highest level that this machine and `settings` allow.

    `warmth` lets processes stay for the next call of the same program. Only for a language that keeps nothing of one
    call for the next.

    Raises `pegboard.Problem` 503 ``isolation-too-weak`` with every step that failed and what mends it.
    """
    tried: list[Tried] = []
    for level in candidates(settings.max_level, settings.allow_weak_isolation):
        async with contextlib.AsyncExitStack() as stack:
            try:
                jail = await _at(level, profile, settings, warmth, stack)
            except StartFailed as failed:
                tried.append(Tried(level, failed.step, failed.why, failed.fix))
                continue
            log.info("sandbox open", profile=profile.name, isolation=level.name)
            yield jail
            return
    reasons = "; ".join(str(each) for each in tried) or "no level is left to try"
    raise Problem(
        503,
        "isolation-too-weak",
        f'sandbox "{profile.name}" does not start: {reasons}. Or set allow_weak_isolation = true '
        "and trust every author",
    )


async def _at(
    level: Isolation,
    profile: Profile,
    settings: ProcessSettings,
    warmth: Warmth | None,
    stack: contextlib.AsyncExitStack,
) -> Jail:
    group = None
    if level is Isolation.L5:
        running = settings.workers + settings.lane
        processes = max(running, warmth.most if warmth else 0) + settings.prepared + ZYGOTES
        parent = cgroup.parent_group(settings.cgroup)
        group = stack.enter_context(cgroup.group_for_zygote(parent, settings.max_memory * running, processes))
    jail = Jail(profile, settings, LAYERS[level], group, warmth)
    stack.push_async_callback(jail.aclose)
    await jail.open()
    return jail
