"""Runs all of Python in a fresh process behind namespaces, seccomp and resource limits, for a Pegboard app."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial

import attrs

from pegboard import Capability, Sandbox, SandboxProvider, Services, Settings, hookimpl

from . import child, views
from .jail import Jail
from .opening import open_jail
from .probe import probe
from .profile import FULL_PYTHON, Profile
from .settings import ProcessSettings
from .workers import Warmth

__version__ = "0.1.0"

__all__ = ["FULL_PYTHON", "Jail", "ProcessSettings", "Profile", "Warmth", "child", "open_jail", "probe", "views"]


@hookimpl
def pegboard_settings() -> type:
    return ProcessSettings


@hookimpl
def pegboard_sandboxes(settings: Settings) -> Iterator[SandboxProvider]:
    config = settings.of(ProcessSettings)
    profile = attrs.evolve(FULL_PYTHON, imports=config.imports)

    def open_process(services: Services) -> AbstractAsyncContextManager[Sandbox]:
        return open_jail(profile, config)

    yield SandboxProvider(
        "process",
        "All of Python, each call in a fresh process behind namespaces, seccomp and resource limits",
        open=open_process,
        capabilities=frozenset(
            {
                Capability.FUNCTION,
                Capability.BODY,
                Capability.FULL_PYTHON,
                Capability.STREAMING,
                Capability.STDIN,
                Capability.FILES,
            }
        ),
        probe=partial(probe, config.cgroup),
        lacks=(
            "files but those in memory, in one folder",
            "network",
            "threads and further processes",
            "compiled extensions of your own",
        ),
    )
