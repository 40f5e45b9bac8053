"""Parameters of an endpoint: where their values are from."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import attrs

from pegboard import MISSING, FieldError, Registries, Services
from pegboard.invalid import escape
from pegboard.problems import nearest
from pegboard_jsonpath import Template

from .endpoints import Endpoint, ParamConfig
from .expressions import Expression, compile_expression
from .templates import JsonTemplate, Scope, compile_json
from .values import typed

ALWAYS = ("params", "body", "since")
"""Names that each scope binds: all parameters, the body's data, and where an incremental walk begins."""


@attrs.frozen
class Param:
    """A parameter with the way to its value: of `template`, `variable` and `expression` at most one is given."""

    config: ParamConfig
    required: bool
    template: JsonTemplate | None = None
    variable: Template | None = None
    expression: Expression | None = None

    async def value(self, scope: Scope, services: Services) -> Any:
        """The value as its type, or MISSING. Raises ValueError, or what an expression raises."""
        found = await self._found(scope, services)
        if found is MISSING or found is None:
            found = self.config.default
        return MISSING if found is None else typed(found, self.config.type)

    async def _found(self, scope: Scope, services: Services) -> Any:
        given = scope.get(self.config.name, MISSING)
        if self.expression is not None:
            return await self.expression.value(scope, services)
        if self.config.valueSource == "static":
            return MISSING if self.template is None else self.template.render(scope)
        if self.variable is not None:
            found = self.variable.render(scope)
            return given if found is MISSING else found
        if given is MISSING and self.template is not None:
            return self.template.render(scope)
        return given


def compile_param(
    config: ParamConfig,
    names: Collection[str] | None,
    registries: Registries,
    tenant: str,
    pointer: str,
    required: bool = False,
) -> Param:
    """Raises PathError, MissingService, and what an expression's config raises."""
    required = required or config.required
    if config.valueSource == "expression":
        made = compile_expression(config.name, config.value, registries, tenant, f"{pointer}/value")
        return Param(config, required, expression=made)
    if config.valueSource == "variable":
        return Param(config, required, variable=variable(config.value, config.name, names))
    return Param(config, required, None if config.value is None else compile_json(config.value, names))


def variable(value: Any, name: str, names: Collection[str] | None) -> Template | None:
    """`a.b` and `{{a.b}}` alike; None where nothing is named, and the variable has the name of what it is for."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ValueError("must be the path of a variable, such as contact.id")
    return Template.parse(value if "{{" in value else f"{{{{{value}}}}}", names)


def declared(endpoint: Endpoint) -> list[ParamConfig]:
    return [*endpoint.variables, *endpoint.pathParams, *endpoint.queryParams]


def bound(endpoint: Endpoint, aliases: Iterable[str]) -> frozenset[str]:
    """The names that templates of this endpoint's path and headers may have."""
    return frozenset([*ALWAYS, *aliases, *(config.name for config in declared(endpoint))])


def scope_of(params: Mapping[str, Any], body: Any, context: Mapping[str, Any], since: Any) -> dict[str, Any]:
    """What templates look names up in: parameters go before members of the body's data."""
    members = body if isinstance(body, Mapping) else {}
    always = {"params": dict(params), "body": body, "since": since}
    return {**members, **params, **{k: v for k, v in always.items() if v is not None}, **context}


async def resolve(params: Iterable[Param], scope: dict[str, Any], services: Services, errors: list[FieldError]) -> None:
    """Put the values of parameters into the scope, and tell of those that are missing or make no sense."""
    for param in params:
        name = param.config.name
        pointer = f"/params/{escape(name)}"
        try:
            value = await param.value(scope, services)
        except Exception as error:
            errors.append(FieldError(str(error) or type(error).__name__, pointer))
            continue
        if value is MISSING:
            scope.pop(name, None)
            if param.required:
                told = f": {param.config.description}" if param.config.description else ""
                errors.append(FieldError(f"is missing{told}", pointer))
        else:
            scope[name] = value


def unknown(given: Mapping[str, Any], known: Collection[str]) -> list[FieldError]:
    """Parameters that nothing asks for."""
    strange = sorted(set(given) - set(known))
    return [
        FieldError(f"nothing here asks for it{nearest(name, known)}", f"/params/{escape(name)}") for name in strange
    ]
