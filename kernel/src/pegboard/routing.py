"""Routes that are made while the app runs.

All of them live in one Starlette route: exact paths in a dictionary, templates in a trie of segments, so
that a request costs the same beside ten of them as beside a hundred thousand.
"""

from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from typing import Any
from weakref import WeakValueDictionary

import attrs
from starlette.datastructures import URLPath
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import ASGIApp, Receive, Scope, Send

from .contracts import AnyRoute, Principal, RouteCatalog, RouteSpec
from .problems import Problem, render_problem
from .templates import Template
from .trie import Trie


@attrs.frozen
class FixedRoutes:
    """The routes that an app was built with, the kernel's own included, each with the name of its plugin."""

    pairs: tuple[tuple[AnyRoute, str], ...]

    def __iter__(self) -> Iterator[tuple[AnyRoute, str]]:
        return iter(self.pairs)


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
        self._trie: Trie[_Entry] = Trie()
        self._catalogs: list[RouteCatalog] = []
        self._watchers: list[Callable[[], None]] = []
        self._specs: WeakValueDictionary[int, _Served] = WeakValueDictionary()
        self._fixed = [(Template.fixed(path), name) for path, name in fixed]
        self._by_first: dict[str | None, list[tuple[Template, str]]] = {}
        for template, name in self._fixed:
            self._by_first.setdefault(template.pattern[0], []).append((template, name))

    def __len__(self) -> int:
        return len(self._trie)

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
        holder = self._trie.insert(template, entry)
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
        return self._trie.remove(Template.parse(path))

    def check(self, path: str) -> Template:
        """The parsed path if it could be added. Raises Problem 409 if it is taken, 422 if it is no path."""
        template = self._parse(path)
        holder = self._trie.holder(template)
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

    def find(self, path: str) -> tuple[_Entry, dict[str, str]] | None:
        """The entry for an address: exact before template, literal before parameter, longest rest last."""
        found = self._trie.find(path)
        if found is None:
            return None
        entry, values = found
        return entry, {**dict(zip(entry.template.names, values, strict=True)), **entry.bound}

    def serving(self, path: str, method: str) -> tuple[ASGIApp | None, dict[str, str]]:
        """What answers an address, if only by a refusal of the method, and the values of its path."""
        for poll in self._watchers:
            poll()
        found = self.find(path)
        if found is None:
            return None, {}
        entry, values = found
        served = entry.served
        return (served.app if method in served.methods else served.refuse), values

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        app, values = self.serving(local_path(scope), scope["method"]) if scope["type"] == "http" else (None, {})
        if app is None:
            return Match.NONE, {}
        return Match.FULL, {"endpoint": app, "path_params": values, "run_time_app": app}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["run_time_app"](scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        raise NoMatchFound(name, path_params)


def local_path(scope: Scope) -> str:
    """The path below whatever the app is mounted at."""
    path: str = scope["path"]
    return path[len(scope.get("root_path", "")) :]


def _taken(template: Template, holder: _Entry) -> Problem:
    return Problem(409, "path-taken", f"{template.path} is taken by {holder.template.path} ({holder.owner})")
