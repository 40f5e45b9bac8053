"""Finding, importing, checking and registering plugins, so that a broken one stops nobody else.

pluggy's own loader of entry points lets the first exception through; this one quarantines the plugin with
the phase in which it failed, the reason, and the way to start without it.
"""

import importlib.metadata as metadata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import attrs
import pluggy
from packaging.requirements import InvalidRequirement, Requirement

from . import hookspecs
from .problems import StartupError, nearest
from .settings import KernelSettings

GROUP = "pegboard.plugin.v1"


@attrs.define
class Plugin:
    """One installed plugin and what became of it.

    `state` is ``active``, ``disabled`` or ``quarantined``; `phase` is where it failed, one of
    find, import, register, settings, collect and service; `requires` are the plugins it depends on.
    """

    name: str
    distribution: str = ""
    version: str = ""
    summary: str = ""
    state: str = "active"
    phase: str = ""
    reason: str = ""
    requires: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    module: Any = attrs.field(default=None, repr=False)

    def quarantine(self, phase: str, reason: str) -> None:
        """Take it out; `reason` becomes one line, as pluggy's own messages are not."""
        self.state, self.phase, self.reason = "quarantined", phase, " ".join(reason.split())

    @property
    def way_out(self) -> str:
        return f"start without it: PEGBOARD_DISABLE={self.name}"

    def line(self) -> str:
        """One line for people: what failed, when, why, and the way out."""
        return f'plugin "{self.name}" failed in phase {self.phase}: {self.reason} ({self.way_out})'


def find() -> dict[str, Plugin]:
    """All installed plugins by name, from metadata alone: nothing is imported."""
    found: dict[str, Plugin] = {}
    version = cache(metadata.version)  # a file each, and plugins need the same ones
    for entry in sorted(_entry_points(), key=lambda e: (e.name, e.group != GROUP)):
        plugin = _described(entry, version)
        other = found.setdefault(entry.name, plugin)
        if other is not plugin:
            names = f"{other.distribution} and {plugin.distribution}"
            other.quarantine("find", f"two distributions bring a plugin of this name: {names}; uninstall one")
    return found


def _entry_points() -> Iterator[metadata.EntryPoint]:
    prefix = GROUP.rpartition(".")[0]
    for group in metadata.entry_points().groups:
        if group.startswith(f"{prefix}.v"):
            yield from metadata.entry_points(group=group)


def _described(entry: metadata.EntryPoint, version: Callable[[str], str]) -> Plugin:
    plugin = Plugin(entry.name, module=entry)
    needs: list[str] = []
    if entry.dist is not None:
        about = entry.dist.metadata  # a file that is read and parsed each time
        plugin.distribution, plugin.version = about["Name"], about["Version"]
        plugin.summary = about["Summary"] or ""
        needs = about.get_all("Requires-Dist") or entry.dist.requires or []  # an egg has them in a file of their own
    if entry.group != GROUP:
        ours, theirs = GROUP.rpartition(".")[2], entry.group.rpartition(".")[2]
        plugin.quarantine("find", f"it is built for hook API {theirs}, this kernel has {ours}; install a matching one")
        return plugin
    wants = [r for r in map(_requirement, needs) if r]
    plugin.requires = tuple(r.name.removeprefix("pegboard-") for r in wants if r.name.startswith("pegboard-"))
    for requirement in wants:
        unmet = _unmet(requirement, version)
        if unmet:
            plugin.quarantine("find", unmet)
    return plugin


def _requirement(text: str) -> Requirement | None:
    """A requirement that holds here; those of extras and of other platforms do not."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    return requirement if requirement.marker is None or requirement.marker.evaluate({"extra": ""}) else None


def _unmet(requirement: Requirement, version: Callable[[str], str]) -> str:
    try:
        found = version(requirement.name)
    except metadata.PackageNotFoundError:
        return f"it needs {requirement}, which is not installed; pip install {requirement.name}"
    if not requirement.specifier.contains(found, prereleases=True):
        return f"it needs {requirement}, but {found} is installed; pip install '{requirement}'"
    return ""


@attrs.define
class Loader:
    """The plugins of one app. `extra` are modules (or objects with hooks) to load beside the installed ones."""

    settings: KernelSettings
    extra: Mapping[str, Any] = attrs.field(factory=dict)
    installed: bool = True
    plugins: dict[str, Plugin] = attrs.field(factory=dict)
    manager: pluggy.PluginManager = attrs.field(factory=lambda: pluggy.PluginManager("pegboard"))

    def load(self) -> None:
        """Import and register all that is neither disabled nor broken. Raises StartupError as the settings say."""
        self.manager.add_hookspecs(hookspecs)
        self.plugins = find() if self.installed else {}
        self.plugins |= {name: Plugin(name, module=module) for name, module in self.extra.items()}
        self.plugins = dict(sorted(self.plugins.items()))
        self._check_names()
        for name in self.settings.disable:
            self.plugins[name].state = "disabled"
        for plugin in self.active():
            self.guarded(plugin, "import", self._import)
        for plugin in self.active():
            self.guarded(plugin, "register", self._register)

    def active(self) -> list[Plugin]:
        return [plugin for plugin in self.plugins.values() if plugin.state == "active"]

    def quarantined(self) -> list[Plugin]:
        return [plugin for plugin in self.plugins.values() if plugin.state == "quarantined"]

    def guarded(self, plugin: Plugin, phase: str, step: Callable[[Plugin], None]) -> None:
        """Run one step of loading; whatever it raises is this plugin's quarantine and nobody else's."""
        try:
            step(plugin)
        except StartupError:
            raise
        except (Exception, SystemExit) as error:
            self.drop(plugin, phase, f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)

    def drop(self, plugin: Plugin, phase: str, reason: str) -> None:
        """Quarantine a plugin and take its hooks away."""
        plugin.quarantine(phase, reason)
        if self.manager.has_plugin(plugin.name):
            self.manager.unregister(name=plugin.name)

    def call(self, plugin: Plugin, hook: str, **arguments: Any) -> list[Any]:
        """What one plugin's implementation of one hook brings, as a list."""
        caller = getattr(self.manager.hook, hook, None)
        for impl in caller.get_hookimpls() if caller else ():
            if impl.plugin_name == plugin.name:
                made = impl.function(*(arguments[name] for name in impl.argnames))
                several = isinstance(made, Iterable) and not isinstance(made, type) and not attrs.has(type(made))
                return [] if made is None else list(made) if several else [made]
        return []

    def enforce(self) -> None:
        """Raises StartupError, one line a plugin, for what the settings do not let pass."""
        fatal = [p for p in self.quarantined() if self.settings.strict or p.name in self.settings.required]
        fatal_lines = [plugin.line() for plugin in fatal]
        off = [name for name in self.settings.required if self.plugins[name].state == "disabled"]
        fatal_lines += [f'required plugin "{name}" is disabled' for name in off]
        if fatal_lines:
            raise StartupError("\n".join(fatal_lines))

    def _check_names(self) -> None:
        for field in ("required", "disable"):
            for name in getattr(self.settings, field):
                if name not in self.plugins:
                    known = nearest(name, self.plugins)
                    way_out = f"pip install pegboard-{name}, or take it out" if field == "required" else "take it out"
                    raise StartupError(f'{field}: plugin "{name}" is not installed{known} ({way_out})')

    def _import(self, plugin: Plugin) -> None:
        if isinstance(plugin.module, metadata.EntryPoint):
            plugin.module = plugin.module.load()

    def _register(self, plugin: Plugin) -> None:
        self.manager.register(plugin.module, plugin.name)
        for caller in self.manager.get_hookcallers(plugin.module) or ():
            impl = next(i for i in caller.get_hookimpls() if i.plugin_name == plugin.name)
            if impl.tryfirst or impl.trylast or impl.wrapper or impl.hookwrapper:
                raise ValueError(f"{caller.name} is marked tryfirst, trylast or wrapper: the order is the operator's")
            plugin.hooks += (caller.name,)

    def check_hooks(self, plugin: Plugin) -> None:
        """Raises ValueError for a hook that neither the kernel nor an opened point has."""
        known = {name for name, caller in vars(self.manager.hook).items() if name[0] != "_" and caller.has_spec()}
        for hook in plugin.hooks:
            if hook not in known:
                raise ValueError(f"it implements {hook}, which nothing opens{nearest(hook, known)}")

    def open_hook(self, hook: str) -> None:
        """Add the specification of a point's hook, ``def <hook>(settings)``."""

        def specification(settings: Any) -> None: ...

        specification.__name__ = hook
        spec = type("PointSpec", (), {hook: staticmethod(hookspecs.hookspec(specification))})
        self.manager.add_hookspecs(spec)
