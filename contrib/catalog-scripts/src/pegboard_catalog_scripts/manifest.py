"""`scripts.toml`: what each script is called, takes and gives. Its format is described in the README.

The scripts make their own argument parsers of it, so that a registry, a form and the command line say the same.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

import attrs

from .failures import InputError

T = TypeVar("T")
TYPES = ("string", "int", "float", "boolean", "choice", "multi-choice", "date", "file", "secret")
PASSES = ("argument", "environment", "stdin")


def _tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value)


@attrs.frozen
class Parameter:
    """One value that a script takes. `passed` is the key ``pass``; `flag` and `variable` are how it gets there."""

    name: str = attrs.field(validator=attrs.validators.matches_re(r"[a-z][a-z0-9_]*"))
    type: str = attrs.field(validator=attrs.validators.in_(TYPES))
    description: str = attrs.field(validator=attrs.validators.min_len(1))
    required: bool = False
    default: Any = None
    min: float | None = None
    max: float | None = None
    max_length: int | None = None
    regex: str | None = None
    extensions: tuple[str, ...] = attrs.field(default=(), converter=_tuple)
    choices: tuple[str, ...] = attrs.field(default=(), converter=_tuple)
    passed: str = attrs.field(default="argument", validator=attrs.validators.in_(PASSES))
    flag: str = attrs.field(default=attrs.Factory(lambda self: f"--{self.name.replace('_', '-')}", takes_self=True))
    variable: str = attrs.field(default=attrs.Factory(lambda self: self.name.upper(), takes_self=True))


@attrs.frozen
class Secret:
    """An environment variable that the operator sets; callers neither send nor see it."""

    variable: str
    description: str
    required: bool = True


@attrs.frozen
class Artifact:
    """A file that a script leaves in its work folder. `name` may hold wild cards."""

    name: str
    description: str


@attrs.frozen
class Script:
    """One script. `argv` starts it; ``{python}`` in it is the interpreter. `estimated_duration` is in seconds."""

    name: str
    display_name: str
    description: str
    category: str
    argv: tuple[str, ...] = attrs.field(converter=_tuple)
    estimated_duration: int
    requires_auth: bool = True
    resumes: bool = False
    parameters: tuple[Parameter, ...] = ()
    secrets: tuple[Secret, ...] = ()
    environment: tuple[Secret, ...] = ()
    artifacts: tuple[Artifact, ...] = ()

    def parameter(self, name: str) -> Parameter | None:
        return next((one for one in self.parameters if one.name == name), None)


def read_manifest(text: str) -> tuple[Script, ...]:
    """The scripts of a text in the format of `scripts.toml`. Raises InputError with the script and the key."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"scripts.toml: is not TOML: {error}") from None
    return tuple(_script(table) for table in document.get("script", ()))


@cache
def scripts() -> Mapping[str, Script]:
    """The scripts of this distribution by name."""
    text = (files(__package__) / "scripts.toml").read_text("utf-8")
    return {script.name: script for script in read_manifest(text)}


def _script(table: Mapping[str, Any]) -> Script:
    name = table.get("name", "a script without a name")
    parts: dict[str, Any] = dict(table)
    for key, kind in (("secrets", Secret), ("environment", Secret), ("artifacts", Artifact)):
        parts[key] = tuple(_record(kind, entry, f"{name}: {key}") for entry in table.get(key, ()))
    parts["parameters"] = tuple(_parameter(entry, name) for entry in table.get("parameters", ()))
    return _record(Script, parts, name)


def _parameter(table: Mapping[str, Any], script: str) -> Parameter:
    fields = {("passed" if key == "pass" else key): value for key, value in table.items()}
    return _record(Parameter, fields, f"{script}: parameter {table.get('name', '?')}")


def _record(kind: type[T], fields: Mapping[str, Any], place: str) -> T:
    try:
        return kind(**fields)
    except (TypeError, ValueError) as error:
        raise InputError(f"scripts.toml: {place}: {error.args[0]}") from None  # attrs adds the field's whole definition
