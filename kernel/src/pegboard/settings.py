"""Settings: default < TOML < environment, read strictly, and where each value came from.

The file is ``pegboard.toml``, or what ``PEGBOARD_CONFIG`` or ``--config`` names. A plugin's section is
``[plugins.<name>]`` there and ``PEGBOARD_<NAME>__<FIELD>`` in the environment; with ``_FILE`` behind any such
name the value is read from a file, as container platforms hand secrets over.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import attrs

from .invalid import field_errors
from .json import converter, text_converter
from .problems import StartupError, nearest

T = TypeVar("T")

UNSET: Any = object()
LEVELS = ("debug", "info", "warning", "error")
OUTSIDE = ("PEGBOARD_CONFIG", "PEGBOARD_TEST_", "PEGBOARD_BENCH_", "PEGBOARD_KEY", "PEGBOARD_URL")
"""Names that are no settings: of the file itself, of test runs, and of whoever calls an app from the same shell."""


def setting(default: Any = attrs.NOTHING, *, help: str, env: tuple[str, ...] = (), **options: Any) -> Any:
    """A field of a settings class: an `attrs.field` with its explanation and further environment names."""
    factory = isinstance(default, list | dict | set)
    given = {"factory": default.copy} if factory else {"default": default}
    return attrs.field(**given, metadata={"help": help, "env": env}, kw_only=True, **options)


@attrs.frozen
class AuthSettings:
    """``[auth]``"""

    inbound: tuple[str, ...] | None = setting(
        None, help="authenticators in the order in which they are asked; all installed ones, by name, when unset"
    )


@attrs.frozen
class LogSettings:
    """``[log]``"""

    level: str = setting("info", help="debug, info, warning or error", validator=attrs.validators.in_(LEVELS))
    format: str = setting("text", help="text or json", validator=attrs.validators.in_(("text", "json")))
    access: bool = setting(False, help="a line for each request")
    folder: Path | None = setting(
        None, help="a folder for app.log, app.json.log and errors.log, which are rotated, and a file for each job"
    )


@attrs.frozen
class KernelSettings:
    """The top level of the file, and ``PEGBOARD_<FIELD>``."""

    required: tuple[str, ...] = setting((), help="plugins without which the app does not start")
    disable: tuple[str, ...] = setting((), help="plugins to leave out")
    strict: bool = setting(False, help="do not start while any plugin is quarantined")
    data: Path = setting(Path("."), help="the folder of files that the app writes")
    sample: bool = setting(False, help="create sample data")
    tenant: str = setting("default", help="the tenant of keys and samples that name none")
    public_url: str = setting("", help="the address by which others reach this app, such as https://api.example.com")
    auth: AuthSettings = setting(AuthSettings(), help="")
    log: LogSettings = setting(LogSettings(), help="")


@attrs.frozen
class Value:
    """One setting as it is in force, for people: `shown` masks secrets."""

    path: str
    shown: str
    source: str
    help: str


@attrs.define
class Settings:
    """All settings of one app: the kernel's, and each plugin's by its class."""

    kernel: KernelSettings
    _sections: dict[type, Any] = attrs.field(factory=dict, repr=False)
    values: list[Value] = attrs.field(factory=list, repr=False)

    def add(self, kind: type, section: Any) -> None:
        self._sections[kind] = section

    def of(self, kind: type[T]) -> T:
        """The plugin section of this class. Raises LookupError if no active plugin declares it."""
        try:
            section: T = self._sections[kind]
        except KeyError:
            raise LookupError(f"no active plugin declares the settings {kind.__name__}") from None
        return section


@attrs.define
class SettingsReader:
    """The raw file and environment, read section by section as the plugins become known."""

    file: Path | None
    document: Mapping[str, Any]
    environ: Mapping[str, str]
    errors: list[str] = attrs.field(factory=list)
    values: list[Value] = attrs.field(factory=list)
    _used: set[str] = attrs.field(factory=set)

    @classmethod
    def open(
        cls, config: Path | None, environ: Mapping[str, str] | None = None, override: Mapping[str, Any] | None = None
    ) -> "SettingsReader":
        """Read the file. `override` has the file's shape and wins over it. Raises StartupError."""
        environ = os.environ if environ is None else environ
        named = config or (Path(environ["PEGBOARD_CONFIG"]) if environ.get("PEGBOARD_CONFIG") else None)
        file = named or Path("pegboard.toml")
        if named is None and not file.exists():
            return cls(None, override or {}, environ)
        try:
            document = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise StartupError(f"settings: cannot read {file}: {getattr(error, 'strerror', None) or error}") from None
        except tomllib.TOMLDecodeError as error:
            raise StartupError(f"settings: {file} is not valid TOML: {error}") from None
        return cls(file, _merged(document, override or {}), environ)

    def kernel(self) -> KernelSettings:
        top = {key: value for key, value in self.document.items() if key != "plugins"}
        section: KernelSettings = self.section(KernelSettings, "", top)
        return section

    def plugin(self, name: str, kind: type) -> Any:
        """The section of one plugin, or None if it has errors (which are kept)."""
        return self.section(kind, f"plugins.{name}", self._plugins().get(name, {}))

    def _plugins(self) -> Mapping[str, Any]:
        sections = self.document.get("plugins", {})
        return sections if isinstance(sections, dict) else {}

    def section(self, kind: type, path: str, document: Any) -> Any:
        """Make one attrs class from its part of the document and of the environment."""
        if not isinstance(document, dict):
            self._wrong(path, "expected a table")
            return None
        before = len(self.errors)
        fields = {field.name: field for field in attrs.fields(attrs.resolve_types(kind))}
        for key in sorted(document.keys() - fields.keys()):
            self._wrong(_join(path, key), f"unknown setting{nearest(key, fields)}")
        given = {name: self._field(field, path, document) for name, field in fields.items()}
        if len(self.errors) > before:
            return None
        return kind(**{name: value for name, value in given.items() if value is not UNSET})

    def _field(self, field: "attrs.Attribute[Any]", path: str, document: Mapping[str, Any]) -> Any:
        place = _join(path, field.name)
        if attrs.has(field.type or object):
            return self.section(field.type, place, document.get(field.name, {}))  # type: ignore[arg-type]
        raw, source = self._environment(field, place)
        structure = text_converter.structure
        if raw is UNSET and field.name in document:
            raw, source, structure = document[field.name], f"file {self.file or 'given'}", converter.structure
        value = UNSET if raw is UNSET else self._made(field, place, source, raw, structure)
        self._note(field, place, value, source or "default")
        return value

    def _made(self, field: "attrs.Attribute[Any]", place: str, source: str, raw: Any, structure: Any) -> Any:
        try:
            value = structure(raw, field.type)
            if field.validator is not None:
                field.validator(None, field, value)
        except Exception as error:
            for wrong in field_errors(error):
                inner = wrong.pointer.replace("/", ".")
                self._wrong(f"{place}{inner}", wrong.detail, source if source.startswith("env") else "")
            return UNSET
        return value

    def _environment(self, field: "attrs.Attribute[Any]", place: str) -> tuple[Any, str]:
        for name in (environment_name(place), *field.metadata.get("env", ())):
            self._used |= {name, f"{name}_FILE"}
            if name in self.environ:
                return self.environ[name], f"environment {name}"
            if f"{name}_FILE" in self.environ:
                return self._from_file(place, f"{name}_FILE"), f"environment {name}_FILE"
        return UNSET, ""

    def _from_file(self, place: str, name: str) -> Any:
        try:
            return Path(self.environ[name]).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            self._wrong(place, f"cannot read the file that {name} names: {reason}")
            return UNSET

    def _note(self, field: "attrs.Attribute[Any]", place: str, value: Any, source: str) -> None:
        default: Any = field.default
        default = default.factory() if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]
        current = default if value is UNSET else value
        shown = "(must be set)" if current is attrs.NOTHING else str(current if current is not None else "")
        self.values.append(Value(place, shown, source, str(field.metadata.get("help", ""))))
        if current is attrs.NOTHING:
            self._wrong(place, f"must be set (in the file, or by {environment_name(place)})")

    def _wrong(self, place: str, reason: str, source: str = "") -> None:
        where = source or (str(self.file) if self.file else "settings")
        self.errors.append(f"{where}: {place or 'top level'}: {reason}")

    def unknown(self, plugins: Mapping[str, bool]) -> Iterator[str]:
        """Sections and variables that nothing reads. `plugins` maps installed names to whether they are active."""
        if not isinstance(self.document.get("plugins", {}), dict):
            yield f"{self.file}: plugins: expected a table"
        for name in self._plugins().keys() - plugins.keys():
            yield f"{self.file or 'settings'}: plugins.{name}: no such plugin is installed{nearest(name, plugins)}"
        idle = tuple(environment_name(f"plugins.{name}.") for name, active in plugins.items() if not active)
        for name in sorted(self.environ.keys() - self._used):
            if name.startswith("PEGBOARD_") and not name.startswith((*OUTSIDE, *idle)):
                yield f"environment: {name}: unknown setting{nearest(name, self._used)}"


def environment_name(place: str) -> str:
    """``plugins.store.url`` is ``PEGBOARD_STORE__URL``; ``auth.inbound`` is ``PEGBOARD_AUTH__INBOUND``."""
    steps = place.removeprefix("plugins.").split(".")
    return "PEGBOARD_" + "__".join(steps).upper().replace("-", "_")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    tables = [key for key in base.keys() & over.keys() if isinstance(base[key], dict) and isinstance(over[key], dict)]
    return {**base, **over, **{key: _merged(base[key], over[key]) for key in tables}}
