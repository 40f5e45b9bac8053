"""Bodies that are built by a schema."""

from collections.abc import Mapping
from typing import Any

import attrs

from pegboard import MISSING, FieldError, Registries, Services
from pegboard.invalid import escape
from pegboard_jsonpath import Template

from .endpoints import BodySchema, PropertySchema
from .expressions import Expression, compile_expression
from .params import variable
from .templates import JsonTemplate, Scope, compile_json
from .values import typed

ITEM = "item"


@attrs.frozen
class Part:
    """One value of a body, ready to be made."""

    name: str
    pointer: str
    kind: str
    required: bool
    template: JsonTemplate | None = None
    variable: Template | None = None
    expression: Expression | None = None
    members: "dict[str, Part]" = attrs.field(factory=dict)
    item: "Part | None" = None

    async def made(self, scope: Scope, services: Services, errors: list[FieldError]) -> Any:
        """The value, or MISSING; what cannot be made is told in `errors`."""
        if self.kind == "object" and self.members:
            return await self._object(scope, services, errors)
        try:
            value = typed(await self._found(scope, services), self.kind)
        except Exception as error:
            errors.append(FieldError(str(error) or type(error).__name__, self.pointer))
            return MISSING
        if self.item is not None and value is not None and value is not MISSING:
            value = [await self.item.made({**scope, ITEM: one}, services, errors) for one in value]
            value = [one for one in value if one is not MISSING]
        if value is MISSING and self.required:
            errors.append(FieldError("is missing", self.pointer))
        return value

    async def _object(self, scope: Scope, services: Services, errors: list[FieldError]) -> Any:
        made = {name: await part.made(scope, services, errors) for name, part in self.members.items()}
        kept = {name: value for name, value in made.items() if value is not MISSING}
        return kept if kept or self.required else MISSING

    async def _found(self, scope: Scope, services: Services) -> Any:
        if self.expression is not None:
            return await self.expression.value(scope, services)
        if self.template is not None:
            return self.template.render(scope)
        return MISSING if self.variable is None else self.variable.render(scope)


def compile_schema(schema: BodySchema, registries: Registries, tenant: str, pointer: str) -> Part:
    """The whole body: always sent, be it empty. Raises what its parts raise."""
    whole = PropertySchema(
        type=schema.type,
        required=True,
        source=schema.source,
        value=schema.value,
        properties=schema.properties,
        items=schema.items,
    )
    return _part(whole, "body", "/body", registries, tenant, pointer)


def _part(schema: PropertySchema, name: str, place: str, registries: Registries, tenant: str, pointer: str) -> Part:
    made = Part(name, place, schema.type, schema.required)
    if schema.properties and schema.type == "object":
        members = {
            key: _part(inner, key, f"{place}/{escape(key)}", registries, tenant, f"{pointer}/properties/{escape(key)}")
            for key, inner in schema.properties.items()
        }
        return attrs.evolve(made, members=members)
    item = None
    if schema.items is not None and schema.type == "array":
        item = _part(schema.items, ITEM, f"{place}/0", registries, tenant, f"{pointer}/items")
    return attrs.evolve(made, item=item, **_source(schema, name, registries, tenant, pointer))


def _source(schema: PropertySchema, name: str, registries: Registries, tenant: str, pointer: str) -> Mapping[str, Any]:
    match schema.source:
        case "expression":
            return {"expression": compile_expression(name, schema.value, registries, tenant, f"{pointer}/value")}
        case "static":
            return {"template": compile_json(schema.value)}
        case None if schema.value is not None:
            return {"template": compile_json(schema.value)}
    return {"variable": variable(schema.value, name, None) or Template.parse(f"{{{{{name}}}}}")}
