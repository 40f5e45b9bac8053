"""Scripts as they are written down: a manifest in TOML, or a block in the script itself."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from pegboard.invalid import field_errors
from pegboard.json import converter

from .specs import Script

# PEP 723's reference implementation, for a block of type "pegboard-script", which may be empty: all has a default
BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)*)^# ///$")
TYPE = "pegboard-script"
OPENING = f"# /// {TYPE}"


class ManifestError(ValueError):
    """A manifest that cannot be read: where, what, and why."""


def read_manifest(text: str, place: str) -> tuple[Script, ...]:
    """The scripts of ``[[script]]`` tables. Raises ManifestError, which names every mistake."""
    document = _toml(text, place)
    unknown = sorted(document.keys() - {"script"})
    if unknown:
        raise ManifestError(f"{place}: {unknown[0]}: unknown key; scripts are [[script]] tables")
    tables = document.get("script", [])
    if not isinstance(tables, list) or not tables:
        raise ManifestError(f"{place}: there is no [[script]] table in it")
    return tuple(read_script(table, f"{place}: script {number}") for number, table in enumerate(tables, 1))


def read_annotated(text: str, place: str, defaults: Mapping[str, Any]) -> Script | None:
    """The script that says what it is in a comment block of its own, or None where there is no such block.

    `defaults` are its name and how it is started, for where the block does not say. Raises ManifestError.
    """
    blocks = [match for match in BLOCK.finditer(text) if match["type"] == TYPE]
    if not blocks:
        if OPENING in text.splitlines():
            raise ManifestError(f'{place}: its block "{OPENING}" has no end: comment lines, and then "# ///"')
        return None
    if len(blocks) > 1:
        raise ManifestError(f"{place}: there are {len(blocks)} blocks of type {TYPE}; one is allowed")
    lines = (line[2:] if line.startswith("# ") else line[1:] for line in blocks[0]["content"].splitlines(True))
    return read_script({**defaults, **_toml("".join(lines), place)}, place)


def read_script(table: Any, place: str) -> Script:
    """Raises ManifestError."""
    try:
        script: Script = converter.structure(_renamed(table), Script)
    except Exception as error:
        raise ManifestError("; ".join(_told(error, table, place))) from None
    _check_defaults(script, place)
    return script


def _renamed(table: Any) -> Any:
    """The key ``pass`` is no name that a class could have."""
    if not isinstance(table, dict) or not isinstance(table.get("parameters"), list):
        return table
    parameters = [
        {("passed" if key == "pass" else key): value for key, value in one.items()} if isinstance(one, dict) else one
        for one in table["parameters"]
    ]
    return {**table, "parameters": parameters}


def _told(error: Exception, table: Any, place: str) -> Iterator[str]:
    name = f'{place} ("{table["name"]}")' if isinstance(table, dict) and "name" in table else place
    for found in field_errors(error):
        where = found.pointer.replace("/passed", "/pass").strip("/").replace("/", ".")
        yield f"{name}: {where or 'it'}: {found.detail}"


def _check_defaults(script: Script, place: str) -> None:
    from .values import value_of  # which reads specs

    for parameter in script.parameters:
        if parameter.default is None or parameter.type == "file":
            continue
        try:
            value_of(parameter, parameter.default)
        except ValueError as error:
            raise ManifestError(f'{place} ("{script.name}"): parameters.{parameter.name}.default: {error}') from None


def _toml(text: str, place: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"{place}: is not TOML: {error}") from None
