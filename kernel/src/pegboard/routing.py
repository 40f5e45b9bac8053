"""Routes that are made while the app runs.

All of them live in one Starlette route: exact paths in a dictionary, templates in a trie of segments, so
that a request costs the same beside ten of them as beside a hundred thousand.
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from weakref import WeakValueDictionary

import attrs
from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from .contracts import AnyRoute, Principal, RouteCatalog, RouteSpec
from .problems import Problem, render_problem
from .templates import Template


@attrs.frozen
class FixedRoutes:
    """The routes that an app was built with, the kernel's own included, each with the name of its plugin."""

    pairs: tuple[tuple[AnyRoute, str], ...]

    def __iter__(self) -> Iterator[tuple[AnyRoute, str]]:
        return iter(self.pairs)


@attrs.define
class _Node:
    """A step of the trie. Most nodes are leaves: none carries an empty dictionary about."""

    literal: "dict[str, _Node] | None" = None
    parameter: "_Node | None" = None
    entry: "_Entry | None" = None
    rest: "_Entry | None" = None

    def child(self, step: str | None) -> "_Node | None":
        """The next node: for a literal step, or for a parameter where `step` is None."""
        if step is None:
            return self.parameter
        return self.literal.get(step) if self.literal else None

    def grow(self, step: str) -> "_Node":
        if self.literal is None:
            self.literal = {}
        return self.literal.get(step) or self.literal.setdefault(step, _Node())

    def empty(self) -> bool:
        return not (self.literal or self.parameter or self.entry or self.rest)


@attrs.frozen(eq=False)
class _Served:
    """A spec's application, shared by all addresses of that spec and gone with the last of them."""

    spec: RouteSpec
    app: ASGIApp
    methods: frozenset[str]

    async def refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        allow = ", ".join(sorted(self.methods))
        problem = Problem(405, "method-not-allowed", f"use {allow}", headers={"Allow": allow})
        await render_problem(problem)(scope, receive, send)


@attrs.frozen
class _Entry:
    template: Template
    served: _Served
    owner: str
    bound: Mapping[str, str]


class RouteTable(BaseRoute):
    """The run-time routes of one app: `add` and `remove` take effect for the next request."""

    def __init__(self, serve: Callable[[RouteSpec, str], ASGIApp], fixed: Iterable[tuple[str, str]] = ()) -> None:
        """`serve` makes the application of a plugin's spec; `fixed` are the (path, name) of the app's other routes."""
        self._serve = serve
        self._exact: dict[str, _Entry] = {}
        self._root = _Node()
        self._catalogs: list[RouteCatalog] = []
        self._watchers: list[Callable[[], None]] = []
        self._specs: WeakValueDictionary[int, _Served] = WeakValueDictionary()
        self._fixed = [(Template.fixed(path), name) for path, name in fixed]
        self._by_first: dict[str | None, list[tuple[Template, str]]] = {}
        for template, name in self._fixed:
            self._by_first.setdefault(template.pattern[0], []).append((template, name))

    def __len__(self) -> int:
        return sum(1 for _ in self._entries(self._root)) + len(self._exact)

    def add(
        self, spec: RouteSpec, owner: str, *, path: str | None = None, bound: Mapping[str, str] | None = None
    ) -> None:
        """Serve `spec` from now on, at its own path or at `path`.

        `bound` are path values that the address itself does not hold: one spec can so serve many addresses, each
        bound to its row. Raises Problem 409 if the path is taken, 422 if it is no path.
        """
        template = self._parse(path or spec.path)
        served = self._specs.get(id(spec)) or self._share(spec, owner)
        entry = _Entry(template, served, owner, bound or {})
        holder = self._insert(template, entry) if template.names else self._exact.setdefault(template.path, entry)
        if holder is not entry:
            raise _taken(template, holder)

    def _share(self, spec: RouteSpec, owner: str) -> _Served:
        methods = frozenset(spec.methods) | ({"HEAD"} if "GET" in spec.methods else frozenset())
        served = self._specs[id(spec)] = _Served(spec, self._serve(spec, owner), methods)
        return served

    def watch(self, poll: Callable[[], None]) -> None:
        """Call `poll` before each look-up: a cheap, synchronous chance to apply what other processes changed."""
        self._watchers.append(poll)

    def remove(self, path: str) -> bool:
        """Stop serving a path; tells whether it was there."""
        template = Template.parse(path)
        if not template.names:
            return self._exact.pop(path, None) is not None
        return self._prune(self._root, template, 0)

    def check(self, path: str) -> Template:
        """The parsed path if it could be added. Raises Problem 409 if it is taken, 422 if it is no path."""
        template = self._parse(path)
        holder = self._holder(template)
        if holder is not None:
            raise _taken(template, holder)
        return template

    def _parse(self, path: str) -> Template:
        """The template of a path that no fixed route matches."""
        try:
            template = Template.parse(path)
        except ValueError as error:
            raise Problem(422, "invalid-path", str(error)) from None
        first = template.pattern[0]
        near = self._fixed if first is None else (*self._by_first.get(first, ()), *self._by_first.get(None, ()))
        for fixed, name in near:
            if fixed.overlaps(template):
                raise Problem(409, "path-taken", f"{path} is also matched by the route {fixed.path} ({name})")
        return template

    def describe(self, catalog: RouteCatalog) -> None:
        """Add a source of descriptions of run-time routes, for documents about the API."""
        self._catalogs.append(catalog)

    async def catalog(self, principal: Principal | None) -> AsyncGenerator[RouteSpec, None]:
        """Describe the run-time routes, as far as `principal` may know of them."""
        for source in self._catalogs:
            async for spec in source(principal):
                yield spec

    def _holder(self, template: Template) -> _Entry | None:
        if not template.names:
            return self._exact.get(template.path)
        node: _Node | None = self._root
        for step in template.pattern[: -1 if template.rest else None]:
            node = node and node.child(step)
        return None if node is None else node.rest if template.rest else node.entry

    def _insert(self, template: Template, entry: _Entry) -> _Entry:
        """Put an entry in, unless there is one: the one that is there afterwards."""
        node = self._root
        for step in template.pattern[: -1 if template.rest else None]:
            if step is None:
                node.parameter = node = node.parameter or _Node()
            else:
                node = node.grow(step)
        if template.rest:
            node.rest = node.rest or entry
            return node.rest
        node.entry = node.entry or entry
        return node.entry

    def _prune(self, node: _Node, template: Template, depth: int) -> bool:
        """Take an entry out, and the nodes that nothing needs any more."""
        last = len(template.pattern) - (1 if template.rest else 0)
        if depth == last:
            found = (node.rest if template.rest else node.entry) is not None
            if template.rest:
                node.rest = None
            else:
                node.entry = None
            return found
        step = template.pattern[depth]
        child = node.child(step)
        if child is None or not self._prune(child, template, depth + 1):
            return False
        if child.empty() and step is None:
            node.parameter = None
        elif child.empty() and node.literal and step is not None:
            del node.literal[step]
        return True

    def _entries(self, node: _Node) -> Iterator[_Entry]:
        yield from (entry for entry in (node.entry, node.rest) if entry)
        for child in (*(node.literal or {}).values(), *filter(None, [node.parameter])):
            yield from self._entries(child)

    def find(self, path: str) -> tuple[_Entry, dict[str, str]] | None:
        """The entry for an address: exact before template, literal before parameter, longest rest last."""
        exact = self._exact.get(path)
        if exact is not None:
            return exact, dict(exact.bound)
        if self._root.empty():
            return None
        found = _descend(self._root, path.split("/")[1:], 0, [])
        if found is None:
            return None
        entry, values = found
        return entry, {**dict(zip(entry.template.names, values, strict=True)), **entry.bound}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        for poll in self._watchers:
            poll()
        found = self.find(local_path(scope))
        if found is None:
            return Match.NONE, {}
        entry, values = found
        served = entry.served
        endpoint = served.app if scope["method"] in served.methods else served.refuse
        return Match.FULL, {"endpoint": endpoint, "path_params": values, "run_time_app": endpoint}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["run_time_app"](scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        raise NoMatchFound(name, path_params)


def local_path(scope: Scope) -> str:
    """The path below whatever the app is mounted at."""
    path: str = scope["path"]
    return path[len(scope.get("root_path", "")) :]


class LiteralRoutes(BaseRoute):
    """Starlette's routes of paths without parameters, found at once instead of one after another."""

    def __init__(self, routes: Mapping[str, Route]) -> None:
        self._routes = routes

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        route = self._routes.get(local_path(scope))
        return route.matches(scope) if route else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._routes[local_path(scope)].handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        for route in self._routes.values():
            if route.name == name:
                return route.url_path_for(name, **path_params)
        raise NoMatchFound(name, path_params)


def _taken(template: Template, holder: _Entry) -> Problem:
    return Problem(409, "path-taken", f"{template.path} is taken by {holder.template.path} ({holder.owner})")


def _descend(node: _Node, steps: Sequence[str], at: int, values: list[str]) -> tuple[_Entry, list[str]] | None:
    if at == len(steps):
        return (node.entry, values) if node.entry else None
    child = node.child(steps[at])
    found = _descend(child, steps, at + 1, values) if child else None
    if found is None and node.parameter is not None and steps[at]:
        found = _descend(node.parameter, steps, at + 1, [*values, steps[at]])
    if found is None and node.rest is not None:
        return node.rest, [*values, "/".join(steps[at:])]
    return found
