"""The document of one app: its fixed routes, made once, and its run-time routes, made for whoever asks."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from typing import Any

import attrs

import pegboard
from pegboard import (
    AuthProvider,
    FixedRoutes,
    MissingService,
    Principal,
    Rate,
    RateLimiter,
    Registries,
    RouteSpec,
    RouteTable,
    Services,
    Settings,
)
from pegboard.json import dumps

from .answers import COMPONENTS, PROBLEM
from .operations import Describer, unlimited
from .schemas import Schema, Schemas
from .settings import OpenAPISettings

TRUNCATED = "x-pegboard-truncated"


@attrs.frozen
class Document:
    """One document as JSON; the tag is a strong validator of it (RFC 9110, section 8.8.3)."""

    json: bytes

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.json).hexdigest()[:32]}"'


@attrs.define
class Documents:
    """Makes the documents of one app.

    What plugins brought at the start is described once. Run-time routes are asked for anew each time, because only
    their sources know what this caller may see and what another process has just saved.
    """

    services: Services
    _base: tuple[Describer, dict[str, Schema]] | None = None
    _plain: tuple[str, Document] | None = None

    async def document(self, principal: Principal | None, root: str = "") -> Document:
        """The document for one caller; `root` is the path that the app is mounted at."""
        found, truncated = await self._run_time(principal)
        if found or truncated:
            describer, paths = self._fixed()
            describer, paths = describer.copy(), dict(paths)
            for spec in found:
                _add(paths, *describer.describe(spec))
            return Document(dumps(self._whole(describer, paths, root, truncated)))
        if self._plain is None or self._plain[0] != root:
            self._plain = root, Document(dumps(self._whole(*self._fixed(), root, False)))
        return self._plain[1]

    def _fixed(self) -> tuple[Describer, dict[str, Schema]]:
        if self._base is None:
            describer = Describer(Schemas({"Problem": PROBLEM}), tuple(self.schemes()), self._rates())
            paths: dict[str, Schema] = {}
            for route, owner in self.services.get(FixedRoutes):
                if isinstance(route, RouteSpec) and not route.hidden:
                    _add(paths, *describer.describe(route, owner))
            self._base = describer, dict(sorted(paths.items()))
        return self._base

    def _rates(self) -> Callable[[RouteSpec], Sequence[Rate]]:
        """How calls are counted, if they are."""
        try:
            return self.services.get(RateLimiter).rates  # type: ignore[type-abstract]
        except MissingService:
            return unlimited

    async def _run_time(self, principal: Principal | None) -> tuple[list[RouteSpec], bool]:
        """The run-time routes up to the limit, and whether there are more."""
        limit = self._settings.limit
        found: list[RouteSpec] = []
        async with aclosing(self.services.get(RouteTable).catalog(principal)) as catalog:
            async for spec in catalog:
                if spec.hidden:
                    continue
                if len(found) == limit:
                    return found, True
                found.append(spec)
        return found, False

    def schemes(self) -> dict[str, Schema]:
        """The security schemes of the authenticators that are asked, in their order."""
        providers = {p.name: p for p in self.services.get(Registries)[AuthProvider] if p.inbound and p.openapi}
        order = self.services.get(Settings).kernel.auth.inbound
        names = [name for name in (providers if order is None else order) if name in providers]
        return {name: {"description": providers[name].summary, **(providers[name].openapi or {})} for name in names}

    def vary(self) -> str:
        """The request headers that a document depends on (RFC 9110, section 12.5.5)."""
        named = {str(s["name"]) for s in self.schemes().values() if s.get("in") == "header"}
        return ", ".join(["Authorization", "Cookie", *sorted(named)])

    def _whole(self, describer: Describer, paths: dict[str, Schema], root: str, truncated: bool) -> Schema:
        components: Schema = {"schemas": describer.schemas.components, "responses": COMPONENTS}
        schemes = self.schemes()
        return {
            "openapi": "3.1.0",
            "info": self._info(truncated),
            "servers": [{"url": root or "/"}],
            "paths": paths,
            "components": components | ({"securitySchemes": schemes} if schemes else {}),
            "tags": [{"name": name} for name in sorted(set(_tags(paths)))],
            **({TRUNCATED: {"limit": self._settings.limit}} if truncated else {}),
        }

    def _info(self, truncated: bool) -> Schema:
        note = (
            f"**Not complete:** only {self._settings.limit} of the routes that were made at run time are listed here "
            "(`limit` in the settings of the openapi plugin)."
        )
        words = [text for text in (self._settings.description, note if truncated else "") if text]
        described: Schema = {"description": "\n\n".join(words)} if words else {}
        version = self._settings.version or pegboard.__version__
        return {"title": self._settings.title, "version": version, **described}

    @property
    def _settings(self) -> OpenAPISettings:
        return self.services.get(Settings).of(OpenAPISettings)


def _add(paths: dict[str, Schema], path: str, operations: Schema) -> None:
    paths[path] = {**paths.get(path, {}), **operations}


def _tags(paths: dict[str, Any]) -> Iterator[str]:
    for item in paths.values():
        for operation in item.values():
            yield from operation["tags"]
