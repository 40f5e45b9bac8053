"""The short way to a route: found by its address and served, before Starlette looks through its list.

What is not found here, such as mounted applications, WebSockets, wrong methods and unknown paths, goes on to
Starlette, which has the same routes.
"""

from collections.abc import Awaitable, Iterable, Mapping

import attrs
from starlette.types import ASGIApp, Receive, Scope, Send

from .routing import RouteTable, local_path
from .templates import Template
from .trie import Trie

REMEMBERED, LONGEST = 10_000, 200
"""Addresses, and how long one may be, that are remembered: callers choose them."""


@attrs.frozen
class Direct:
    """The applications of one path by method; none where Starlette must decide."""

    by_method: Mapping[str, ASGIApp]
    names: tuple[str, ...] = ()


class DirectRoutes:
    """The innermost of the app's own middleware: what it does not find goes on to Starlette."""

    def __init__(self, app: ASGIApp, routes: Iterable[tuple[str, Mapping[str, ASGIApp]]], table: RouteTable) -> None:
        """`routes` are the paths that the app was built with, mounted ones with a last ``{name:path}``."""
        self.app = app
        self._table = table
        self._fixed: Trie[Direct] = Trie()
        self._known: dict[str, tuple[Direct, dict[str, str]]] = {}
        for path, by_method in routes:
            self._add(path, by_method)

    def _add(self, path: str, by_method: Mapping[str, ASGIApp]) -> None:
        try:
            template = Template.parse(path)
        except ValueError:  # a converter of Starlette's, which may refuse what its segment matches
            template, by_method = Template.fixed(path), {}
        made = Direct(dict(by_method), template.names)
        there = self._fixed.insert(template, made)
        if there is not made:  # two templates that differ in their names only
            self._fixed.remove(template)
            self._fixed.insert(template, Direct({}))

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        served = self._find(scope) if scope["type"] == "http" else None
        return (served or self.app)(scope, receive, send)

    def _find(self, scope: Scope) -> ASGIApp | None:
        path = local_path(scope) if scope.get("root_path") else scope["path"]
        found = self._known.get(path) or self._fixed_route(path)
        if found is not None:
            direct, values = found
            app = direct.by_method.get(scope["method"])
        else:
            app, values = self._table.serving(path, scope["method"])
        if app is not None:
            scope["endpoint"], scope["router"] = app, scope["app"].router
            scope["path_params"] = {**scope["path_params"], **values} if "path_params" in scope else dict(values)
        return app

    def _fixed_route(self, path: str) -> tuple[Direct, dict[str, str]] | None:
        """Addresses that were asked for are remembered, up to a number: these routes never change."""
        found = self._fixed.find(path)
        if found is None:
            return None
        direct, given = found
        known = direct, dict(zip(direct.names, given, strict=bool(direct.by_method)))
        if len(path) <= LONGEST:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[path] = known
        return known
