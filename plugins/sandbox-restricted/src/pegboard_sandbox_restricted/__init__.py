"""Runs endpoint logic, a checked subset of Python with a few modules, in a jailed process, for a Pegboard app."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial

from pegboard import Capability, Sandbox, SandboxProvider, Services, Settings, hookimpl
from pegboard_sandbox_process import ProcessSettings, probe

from .repeating import repeats
from .sandbox import PROFILE, Restricted, open_restricted
from .settings import RestrictedSettings

__version__ = "0.1.0"

__all__ = ["PROFILE", "Restricted", "RestrictedSettings", "open_restricted"]


@hookimpl
def pegboard_settings() -> type:
    return RestrictedSettings


@hookimpl
def pegboard_sandboxes(settings: Settings) -> Iterator[SandboxProvider]:
    config, process = settings.of(RestrictedSettings), settings.of(ProcessSettings)

    def open_sandbox(services: Services) -> AbstractAsyncContextManager[Sandbox]:
        return open_restricted(config, process)

    yield SandboxProvider(
        "restricted",
        "A checked subset of Python with a few modules, for endpoint logic, behind the same walls as process",
        open=open_sandbox,
        capabilities=frozenset({Capability.FUNCTION, Capability.BODY, Capability.STREAMING}),
        probe=partial(probe, process.cgroup),
        lacks=(
            "modules other than datetime, time, json, re, math, statistics, collections, itertools and typing",
            "names and attributes that start with an underscore",
            "match, nonlocal, async, metaclasses",
            "files, network and standard input",
        ),
        repeats=repeats,
    )
