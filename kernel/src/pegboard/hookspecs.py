"""The hooks, and nothing else.

All are called once, at start-up, plugin by plugin in the order of their names; each may return one
record, return or yield several, or return None. After that the kernel holds dictionaries.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import pluggy

from .contracts import (
    AnyRoute,
    AuthProvider,
    Paginator,
    Panel,
    Point,
    SandboxProvider,
    ScriptRunnerProvider,
    Transform,
)

if TYPE_CHECKING:
    import click

    from .services import ServiceRegistry
    from .settings import Settings

T = TypeVar("T")
Some: TypeAlias = "T | Iterable[T] | None"

hookspec = pluggy.HookspecMarker("pegboard")
hookimpl = pluggy.HookimplMarker("pegboard")


@hookspec
def pegboard_settings() -> type | None:
    """Return the attrs class of the plugin's own section of the settings."""


@hookspec
def pegboard_services(registry: "ServiceRegistry", settings: "Settings") -> None:
    """Offer services to other plugins, by type."""


@hookspec
def pegboard_auth_providers(settings: "Settings") -> "Some[AuthProvider]":
    """Ways to authenticate callers and outgoing requests."""


@hookspec
def pegboard_transforms(settings: "Settings") -> "Some[Transform]":
    """Functions over values, for mappings."""


@hookspec
def pegboard_paginators(settings: "Settings") -> "Some[Paginator]":
    """Ways to walk the pages of an API."""


@hookspec
def pegboard_sandboxes(settings: "Settings") -> "Some[SandboxProvider]":
    """Places where user code runs."""


@hookspec
def pegboard_script_runners(settings: "Settings") -> "Some[ScriptRunnerProvider]":
    """Executors of script attempts."""


@hookspec
def pegboard_routes(settings: "Settings") -> "Some[AnyRoute]":
    """HTTP routes, WebSocket routes and mounted applications."""


@hookspec
def pegboard_commands(settings: "Settings") -> "Some[click.Command]":
    """Commands of the ``pegboard`` command line."""


@hookspec
def pegboard_panels(settings: "Settings") -> "Some[Panel]":
    """What a web console shows of the plugin."""


@hookspec
def pegboard_points(settings: "Settings") -> "Some[Point]":
    """Hooks of the plugin's own, for other plugins to implement."""
