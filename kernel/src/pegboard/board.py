"""One app's parts, put together in order: settings, plugins, registries, services, routes."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import structlog

from .auth import Chain, open_chain
from .collected import Routes
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
from .dispatch import Dispatcher
from .measuring import Meters
from .notices import Notices
from .opened import Sandboxes, ScriptRunners
from .plugins import Loader, Plugin
from .problems import StartupError
from .registry import Registries
from .routing import RouteTable
from .services import AppServices, Eager, ServiceRegistry
from .settings import Settings, SettingsReader

log = structlog.get_logger(__name__)

RECORDS: dict[str, tuple[type, str]] = {
    "pegboard_auth_providers": (AuthProvider, "auth provider"),
    "pegboard_transforms": (Transform, "transform"),
    "pegboard_paginators": (Paginator, "paginator"),
    "pegboard_sandboxes": (SandboxProvider, "sandbox"),
    "pegboard_script_runners": (ScriptRunnerProvider, "script runner"),
    "pegboard_panels": (Panel, "panel"),
}
OWN = "pegboard"


@attrs.define
class Board:
    """Everything that one app owns. Nothing of it is global, so a process can hold many."""

    settings: Settings
    loader: Loader
    registries: Registries = attrs.field(factory=Registries)
    services: AppServices = attrs.field(factory=AppServices)
    routes: Routes = attrs.field(factory=Routes)
    notices: Notices = attrs.field(factory=Notices)
    points: dict[str, Point] = attrs.field(factory=dict)
    dispatcher: Dispatcher = attrs.field(init=False)
    table: RouteTable = attrs.field(init=False)

    @classmethod
    def build(
        cls,
        config: Path | None = None,
        *,
        settings: Mapping[str, Any] | None = None,
        plugins: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
        installed: bool = True,
    ) -> "Board":
        """Read the settings, load the plugins, and collect what they bring.

        `settings` has the file's shape and wins over it; `plugins` are modules or objects to load beside the
        installed ones, or instead of them where `installed` is false. Raises StartupError.
        """
        reader = SettingsReader.open(config, environ, settings)
        kernel = reader.kernel()
        _stop_on(reader.errors)
        board = cls(Settings(kernel, values=reader.values), Loader(kernel, plugins or {}, installed))
        board.loader.load()
        board._read_sections(reader)
        board._open_points()
        board._collect()
        board._finish()
        board.loader.enforce()
        return board

    def _read_sections(self, reader: SettingsReader) -> None:
        def read(plugin: Plugin) -> None:
            for kind in self.loader.call(plugin, "pegboard_settings"):
                if not attrs.has(kind):
                    raise TypeError(f"pegboard_settings returned {kind!r}, which is no attrs class")
                self.settings.add(kind, reader.plugin(plugin.name, kind))

        for plugin in self.loader.active():
            self.loader.guarded(plugin, "settings", read)
        active = {name: plugin.state == "active" for name, plugin in self.loader.plugins.items()}
        _stop_on([*reader.errors, *reader.unknown(active)])

    def _open_points(self) -> None:
        for hook, (record, kind) in RECORDS.items():
            self.registries.open(record, kind)
            self.points[hook] = Point(kind.replace(" ", "-"), kind, hook=hook, record=record)

        def open_points(plugin: Plugin) -> None:
            for point in self.loader.call(plugin, "pegboard_points", settings=self.settings):
                self.registries.open(point.record, point.name)
                self.loader.open_hook(point.hook)
                self.points[point.hook] = point

        for plugin in self.loader.active():
            self.loader.guarded(plugin, "collect", open_points)
        for plugin in self.loader.active():
            self.loader.guarded(plugin, "register", self.loader.check_hooks)

    def _collect(self) -> None:
        for plugin in self.loader.active():
            self.loader.guarded(plugin, "collect", self._collect_from)
            if plugin.state != "active":
                self.registries.discard(plugin.name)
                self.services.discard(plugin.name)
                self.routes.discard(plugin.name)

    def _collect_from(self, plugin: Plugin) -> None:
        for hook, point in self.points.items():
            for record in self.loader.call(plugin, hook, settings=self.settings):
                _check_type(hook, record, point.record)
                self.registries[point.record].add(record, plugin.name)
        offered = ServiceRegistry(plugin.name)
        self.loader.call(plugin, "pegboard_services", registry=offered, settings=self.settings)
        self.services.add(offered.offers)
        for route in self.loader.call(plugin, "pegboard_routes", settings=self.settings):
            _check_type("pegboard_routes", route, AnyRoute)
            self.routes.add(route, plugin.name)

    def _finish(self) -> None:
        self.dispatcher = Dispatcher(self.services)
        self.table = RouteTable(self.dispatcher.http, [*self.routes.patterns(), ("/-/{rest:path}", OWN)])
        self.services.provide(Settings, self.settings)
        self.services.provide(Registries, self.registries)
        self.services.provide(RouteTable, self.table)
        self.services.provide(Notices, self.notices)
        self.services.provide(Board, self)
        self.services.provide(Meters, Meters(self.services))
        self.services.provide(Sandboxes, Sandboxes(self.registries[SandboxProvider], self.services))
        self.services.provide(ScriptRunners, ScriptRunners(self.registries[ScriptRunnerProvider], self.services))

    @asynccontextmanager
    async def running(self, *, serving: bool = False) -> AsyncIterator[AppServices]:
        """Open the eager services and the authenticators; close everything at the end. Raises StartupError.

        Only a board that is `serving` opens services that work by themselves.
        """
        for plugin in self.loader.quarantined():
            log.error("plugin quarantined", plugin=plugin.name, reason=plugin.line())
        async with AsyncExitStack() as closing:
            for opened in (self.services, self.services.get(ScriptRunners), self.services.get(Sandboxes)):
                closing.push_async_callback(opened.aclose)
            closing.push_async_callback(self.services.stop_work)
            closing.callback(setattr, self.dispatcher, "chain", None)
            await self._open_services(True)
            if serving:
                await self._open_services("serving")
            self.loader.enforce()
            chain = open_chain(self.registries[AuthProvider], self.settings.kernel.auth, self.services)
            self.services.provide(Chain, chain)
            self.dispatcher.chain = chain
            yield self.services

    async def _open_services(self, eager: Eager) -> None:
        for offer in sorted(self.services.offers.values(), key=lambda o: o.owner):
            if offer.eager == eager:
                await self._open_service(offer.kind, offer.owner)

    async def _open_service(self, kind: type, owner: str) -> None:
        try:
            await self.services.aget(kind)
        except StartupError:
            raise
        except Exception as error:
            plugin = self.loader.plugins[owner]
            plugin.quarantine("service", f"{kind.__name__}: {error or type(error).__name__}")
            log.error("plugin quarantined", plugin=owner, reason=plugin.line(), exc_info=error)


def _stop_on(errors: list[str]) -> None:
    if errors:
        raise StartupError("\n".join(errors))


def _check_type(hook: str, record: object, wanted: Any) -> None:
    if not isinstance(record, wanted):
        names = getattr(wanted, "__name__", str(wanted))
        raise TypeError(f"{hook} brought {record!r}, which is no {names}")
