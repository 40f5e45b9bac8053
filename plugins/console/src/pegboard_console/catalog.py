"""What there is to choose from: every registered thing that has a config, with its schema."""

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from pegboard import (
    AuthProvider,
    Paginator,
    Registries,
    Registry,
    SandboxProvider,
    ScriptRunnerProvider,
    Services,
    Transform,
)
from pegboard.board import Board

from .described import schema_of

KINDS: dict[str, type] = {
    "transforms": Transform,
    "paginators": Paginator,
    "sandboxes": SandboxProvider,
    "runners": ScriptRunnerProvider,
}
SHORT = {"webhook-schemes": "schemes", "job-kinds": "jobs"}
"""Points of other plugins under the names by which the page asks for them."""


@attrs.frozen
class Entry:
    name: str
    summary: str
    plugin: str
    schema: Mapping[str, Any]


class Catalog:
    """Made once, when it is first asked for: what plugins brought at the start stays."""

    def __init__(self, services: Services) -> None:
        registries = services.get(Registries)
        providers = registries[AuthProvider]
        self.entries: dict[str, tuple[Entry, ...]] = {
            "providers": _entries(providers, [one for one in providers if one.outbound]),
            **{kind: _entries(registries[record], registries[record]) for kind, record in KINDS.items()},
        }
        points = services.get(Board).points.values()
        for point in (point for point in points if point.record not in (AuthProvider, *KINDS.values())):
            found = [one for one in registries[point.record] if attrs.has(getattr(one, "config", None) or object)]
            if found:
                name = SHORT.get(point.name, point.name)
                self.entries[name] = _entries(registries[point.record], found)


def _entries(registry: Registry[Any], records: Iterable[Any]) -> tuple[Entry, ...]:
    return tuple(
        Entry(one.name, one.summary, registry.owner(one.name), schema_of(one.config))
        for one in sorted(records, key=lambda one: one.name)
    )
