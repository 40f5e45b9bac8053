"""What an app tells those who run it: each plugin with its reason, each step of isolation, each service, each setting.

The command ``doctor`` and the routes ``/-/doctor`` and ``/-/settings`` show the same.
"""

import platform
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import anyio
import attrs

from .contracts import Call, Probe, Rate, RouteSpec, SandboxProvider
from .plugins import Plugin
from .problems import Problem
from .registry import Registry
from .settings import Value
from .status import checks

if TYPE_CHECKING:
    from .board import Board

SCOPE = "system:read"


@attrs.frozen
class Finding:
    """One thing that was tried. `about` is the part that needs it, `why` the reason, `fix` what mends it."""

    about: str
    step: str
    works: bool
    why: str = ""
    fix: str = ""

    @classmethod
    def of(cls, about: str, probe: Probe) -> "Finding":
        return cls(about, probe.step, probe.works, probe.why, probe.fix)


@attrs.frozen
class PluginDetail:
    """An installed plugin; `brings` are the names of its records by their point. `way_out` is for a broken one."""

    name: str
    distribution: str
    version: str
    summary: str
    state: str
    phase: str
    reason: str
    way_out: str
    requires: tuple[str, ...]
    hooks: tuple[str, ...]
    brings: Mapping[str, tuple[str, ...]]


@attrs.frozen
class Diagnosis:
    """The whole app, as ``doctor`` tries it."""

    version: str
    python: str
    system: str
    plugins: tuple[PluginDetail, ...]
    isolation: tuple[Finding, ...]
    services: tuple[Finding, ...]


@attrs.frozen
class SettingList:
    settings: tuple[Value, ...]


def isolation(board: "Board") -> Iterator[Finding]:
    """Every step of every sandbox. It runs trial programs, and takes as long as they do."""
    for provider in board.registries[SandboxProvider]:
        for probe in provider.probe():
            yield Finding.of(provider.name, probe)


async def services(board: "Board") -> list[Finding]:
    """The services' own checks, which open what is not open yet."""
    return [
        Finding(check.plugin, f"service {check.service}", check.works, check.detail, "" if check.works else "see why")
        for check in await checks(board)
    ]


def plugin_details(board: "Board") -> Iterator[PluginDetail]:
    brought: dict[str, dict[str, list[str]]] = {}
    for point in board.points.values():
        registry: Registry[Any] = board.registries[point.record]
        for record in registry:
            brought.setdefault(registry.owner(record.name), {}).setdefault(point.name, []).append(record.name)
    for plugin in board.loader.plugins.values():
        yield _detail(plugin, brought.get(plugin.name, {}))


def _detail(plugin: Plugin, brought: Mapping[str, list[str]]) -> PluginDetail:
    return PluginDetail(
        plugin.name,
        plugin.distribution,
        plugin.version,
        plugin.summary,
        plugin.state,
        plugin.phase,
        plugin.reason,
        plugin.way_out if plugin.state == "quarantined" else "",
        plugin.requires,
        plugin.hooks,
        {name: tuple(sorted(set(names))) for name, names in brought.items()},
    )


async def diagnose(board: "Board") -> Diagnosis:
    """Try everything, as the command does, in an app that runs."""
    steps = await anyio.to_thread.run_sync(lambda: tuple(isolation(board)))
    return Diagnosis(
        version("pegboard"),
        platform.python_version(),
        f"{platform.system()} {platform.release()} {platform.machine()}".strip() or sys.platform,
        tuple(plugin_details(board)),
        steps,
        tuple(await services(board)),
    )


def diagnosis_routes(board: "Board") -> list[RouteSpec]:
    """They tell of the whole app, with paths and hosts: for its operators, who are callers of its own tenant."""

    def check(call: Call[None, None]) -> None:
        own = board.settings.kernel.tenant
        if call.caller.tenant != own:
            raise Problem(403, "operators-only", f'only callers of the tenant "{own}", who run this app, are told')

    async def doctor(call: Call[None, None]) -> Diagnosis:
        check(call)
        return await diagnose(board)

    async def settings(call: Call[None, None]) -> SettingList:
        check(call)
        return SettingList(tuple(board.settings.values))

    common: dict[str, Any] = {"tags": ("system",), "scopes": (SCOPE,), "answers": {403: "Not one of the operators"}}
    return [
        RouteSpec(
            "pegboard.doctor",
            "/-/doctor",
            doctor,
            summary="Try each step of what the app stands on",
            description="What `pegboard doctor` prints: plugins with their reasons, steps of isolation, services.",
            rate=Rate(30, 60),
            result=Diagnosis,
            **common,
        ),
        RouteSpec(
            "pegboard.settings",
            "/-/settings",
            settings,
            summary="Every setting, its value and where it came from",
            description="What `pegboard config` prints; secrets are masked.",
            result=SettingList,
            **common,
        ),
    ]
