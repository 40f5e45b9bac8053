"""The routes that plugins bring, each with its owner: no two of one name, none hidden behind another."""

from collections.abc import Iterator

from .contracts import AnyRoute, MountSpec, RouteSpec, SocketSpec
from .registry import Conflict
from .templates import Pattern, Template

Owned = tuple[AnyRoute, str]


class Routes:
    """In the order in which they were added."""

    def __init__(self) -> None:
        self._by_name: dict[str, Owned] = {}
        self._by_pattern: dict[Pattern, list[Owned]] = {}

    def __iter__(self) -> Iterator[Owned]:
        return iter(self._by_name.values())

    def add(self, route: AnyRoute, owner: str) -> None:
        """Raises Conflict if another route has the same name, or answers the same method at the same path."""
        near = self._by_pattern.setdefault(Template.fixed(route.path).pattern, [])
        taken = self._by_name.get(route.name) or next((held for held in near if _same_methods(held[0], route)), None)
        if taken is not None:
            raise Conflict(
                f'route {route.name} ({_address(route)}) of plugin "{owner}" is taken by '
                f'{taken[0].name} ({_address(taken[0])}) of plugin "{taken[1]}"'
            )
        self._by_name[route.name] = (route, owner)
        near.append((route, owner))

    def discard(self, owner: str) -> None:
        """Forget all that a plugin has brought."""
        self._by_name = {name: held for name, held in self._by_name.items() if held[1] != owner}
        for near in self._by_pattern.values():
            near[:] = [held for held in near if held[1] != owner]

    def patterns(self) -> list[tuple[str, str]]:
        """Each path as Starlette has it, and the route's name."""
        return [(_pattern(route), route.name) for route, _ in self]


def _pattern(route: AnyRoute) -> str:
    return f"{route.path.rstrip('/')}/{{rest:path}}" if isinstance(route, MountSpec) else route.path


def _address(route: AnyRoute) -> str:
    methods = " ".join(route.methods) if isinstance(route, RouteSpec) else type(route).__name__.removesuffix("Spec")
    return f"{methods} {route.path}"


def _same_methods(one: AnyRoute, other: AnyRoute) -> bool:
    if isinstance(one, RouteSpec) and isinstance(other, RouteSpec):
        return not set(one.methods).isdisjoint(other.methods)
    return isinstance(one, SocketSpec) == isinstance(other, SocketSpec)
