"""Types as JSON Schema that stands by itself, for forms."""

from typing import Any

import attrs

from pegboard_openapi import Schemas

ROOT = "#/components/schemas/"


def schema_of(kind: type) -> dict[str, Any]:
    """The schema of an input, with all that it refers to in its own ``components``."""
    schemas = Schemas()
    schema = schemas.accepted(kind)
    name = schema.pop("$ref", "").removeprefix(ROOT)
    whole = {**schemas.components.get(name, {}), **schema}
    _hint(whole, kind)
    components = {other: part for other, part in schemas.components.items() if other != name or _names(schemas, name)}
    return {**whole, "components": {"schemas": components}} if components else whole


def _hint(schema: dict[str, Any], kind: type) -> None:
    """What a form wants to know of its fields beyond their types: the panel that one chooses from."""
    for field in attrs.fields(kind) if attrs.has(kind) else ():
        if "panel" in field.metadata and field.name in schema.get("properties", {}):
            schema["properties"][field.name]["x-panel"] = field.metadata["panel"]


def _names(schemas: Schemas, name: str) -> bool:
    """Whether a component refers to itself, by whatever way."""
    return f'"{ROOT}{name}"' in repr(schemas.components).replace("'", '"')
