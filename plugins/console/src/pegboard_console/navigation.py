"""The panels as the page reads them: those that this caller may see, and whose routes are there."""

from collections.abc import Iterator
from typing import Any

import attrs

from pegboard import Action, Collection, FixedRoutes, Form, Panel, Principal, Registries, RouteSpec, Services
from pegboard.auth import grants

from .described import schema_of

WAYS = (("page", "per_page"), ("offset", "limit"), ("skip", "limit"))
"""How lists are read in steps: by the number of a page or of an item, and by how many."""
MOST = 100


class Navigation:
    """The panels of one app. What a panel shows is guarded by its routes: leaving it out is a courtesy."""

    def __init__(self, services: Services) -> None:
        self._panels = services.get(Registries)[Panel]
        routes = [route for route, _ in services.get(FixedRoutes)]
        self._names = {route.name for route in routes}
        specs = (route for route in routes if isinstance(route, RouteSpec))
        self._specs = {(method, _shape(spec.path)): spec for spec in specs for method in spec.methods}

    def panels_for(self, caller: Principal) -> Iterator[dict[str, Any]]:
        for panel in sorted(self._panels, key=lambda one: (one.group, one.order, one.title)):
            if self._names.issuperset(panel.routes) and _holds(caller, panel.scopes):
                yield self._described(panel, caller)

    def _described(self, panel: Panel, caller: Principal) -> dict[str, Any]:
        told = {name: getattr(panel, name) for name in ("name", "title", "summary", "group", "icon", "order")}
        content = self._content(panel.content, caller)
        return {**told, "plugin": self._panels.owner(panel.name), "content": content}

    def _content(self, content: Any, caller: Principal) -> dict[str, Any]:
        kind = type(content).__name__.lower()
        if not isinstance(content, Collection):
            return {"kind": kind, **_data(content)}
        may = {
            "create": content.create if self._may_send(content.create, caller) else None,
            "edit": content.edit if self._may_send(content.edit, caller) else None,
            "actions": tuple(one for one in content.actions if self._may_send(one, caller)),
        }
        return {"kind": kind, **_data(attrs.evolve(content, **may)), "paging": self._paging(content.path)}

    def _may_send(self, sent: Form | Action | None, caller: Principal) -> bool:
        """Whether the route is there, and takes it from this caller. One made at run time is not known before."""
        if sent is None:
            return False
        spec = self._specs.get((sent.method, _shape(sent.path)))
        needed = spec.scopes if spec else ()
        return _holds(caller, (*needed, *(sent.scopes if isinstance(sent, Action) else ())))

    def _paging(self, path: str) -> dict[str, Any] | None:
        """How the route of a list is read in steps; None where it gives all at once."""
        spec = self._specs.get(("GET", _shape(path)))
        fields = attrs.fields_dict(spec.query) if spec and spec.query else {}
        for start, size in WAYS:
            if start in fields and size in fields:
                return {"start": start, "size": size, "most": MOST}
        return None


def _shape(path: str) -> tuple[str, ...]:
    """A path without its query, and without the names of its parameters."""
    return tuple("{}" if step.startswith("{") else step for step in path.partition("?")[0].split("/"))


def _holds(caller: Principal, scopes: tuple[str, ...]) -> bool:
    return all(grants(caller.scopes, scope) for scope in scopes)


def _data(record: Any) -> dict[str, Any]:
    """A record as plain values; a type in it, that of a form or of filters, as its schema."""
    return {field.name: _value(getattr(record, field.name)) for field in attrs.fields(type(record))}


def _value(value: Any) -> Any:
    if isinstance(value, type):
        return schema_of(value)
    if attrs.has(type(value)):
        return _data(value)
    if isinstance(value, tuple | list):
        return [_value(item) for item in value]
    return value
