"""Where a parameter goes: into the query, the headers or the body."""

import re
from collections.abc import Mapping
from typing import Any, Literal

import attrs

from pegboard_jsonpath import compile_path

Location = Literal["query", "header", "body"]
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A header's name (RFC 9110, section 5.6.2)."""


def placed(location: Location, values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a PageRequest for parameters by name. In a body `$.variables.after` is a place within it."""
    match location:
        case "query":
            return {"params": dict(values)}
        case "header":
            return {"headers": {name: str(value) for name, value in values.items()}}
    body: dict[str, Any] = {}
    for name, value in values.items():
        _put(body, _steps(name), value)
    return {"body": body}


def check_names(location: Location, **names: str) -> None:
    """Raises ValueError for parameters, by the setting that names them, that could not be sent there."""
    given = {setting: name for setting, name in names.items() if name}
    for setting, name in given.items():
        if location == "header" and not TOKEN.fullmatch(name):
            raise ValueError(f'{setting} is {name!r}, which cannot be a header: take letters, digits and "-"')
        if location == "body" and not all(isinstance(step, str) for step in _steps(name) or (0,)):
            raise ValueError(f"{setting} is {name!r}: a place in a body is a name, or names: $.variables.after")
    if len(set(given.values())) < len(given):
        raise ValueError(f"{' and '.join(given)} have one name: the API could not tell them apart")


def is_name(instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    """The attrs validator of a parameter's name. Raises ValueError."""
    if not value.strip():
        raise ValueError("must not be empty: write the parameter's name as the API has it")


def _steps(name: str) -> tuple[Any, ...]:
    return (compile_path(name).steps or ()) if name.startswith("$") else (name,)


def _put(body: dict[str, Any], steps: tuple[Any, ...], value: Any) -> None:
    *outer, last = steps
    for step in outer:
        body = body.setdefault(step, {})
    body[last] = value
