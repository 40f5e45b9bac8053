"""GraphQL operations: checked when they are saved, and sent as `application/json` (GraphQL over HTTP)."""

from collections.abc import Collection, Mapping
from typing import Any

import attrs
from graphql import DocumentNode, GraphQLError, NonNullTypeNode, OperationDefinitionNode, OperationType, parse

from pegboard import MISSING, FieldError
from pegboard.invalid import escape
from pegboard.problems import nearest

from .endpoints import GraphQLConfig
from .templates import JsonTemplate, Scope, compile_json

MOST_TOKENS = 20_000
SHOWN = 5


@attrs.frozen
class Operation:
    """An operation: `required` are the variables that must not be null and have no default."""

    query: str
    name: str
    reads: bool
    declared: frozenset[str]
    required: frozenset[str]
    variables: JsonTemplate

    def body(self, scope: Scope) -> tuple[dict[str, Any], list[FieldError]]:
        """What is posted; variables without a value are left out, so that their defaults hold."""
        made = {key: value for key, value in self.variables.render(scope).items() if value is not MISSING}
        lacking = sorted(name for name in self.required if made.get(name) is None)
        errors = [FieldError("is missing: the operation needs it", f"/variables/{escape(name)}") for name in lacking]
        named = {"operationName": self.name} if self.name else {}
        return {"query": self.query, "variables": made, **named}, errors


def compile_operation(
    config: GraphQLConfig, placed: Collection[str] = (), names: Collection[str] | None = None
) -> Operation:
    """`placed` are variables that paging fills. Raises ValueError for what is no document with it."""
    node = _operation(_parsed(config.query), config.operationName)
    given = set(config.variables) | set(placed)
    definitions = node.variable_definitions or ()
    declared = frozenset(one.variable.name.value for one in definitions)
    strange = sorted(given - declared)
    if strange:
        raise ValueError(
            f'variables has "{strange[0]}", which the operation does not declare{nearest(strange[0], declared)}'
        )
    must = {one.variable.name.value for one in definitions if _must(one)}
    return Operation(
        config.query,
        config.operationName,
        node.operation is OperationType.QUERY,
        declared,
        frozenset(must - set(placed)),
        compile_json(config.variables, names),
    )


def _must(definition: Any) -> bool:
    return isinstance(definition.type, NonNullTypeNode) and definition.default_value is None


def _parsed(query: str) -> DocumentNode:
    try:
        return parse(query, no_location=True, max_tokens=MOST_TOKENS)
    except GraphQLError as error:
        place = error.locations[0] if error.locations else None
        where = f"line {place.line}, column {place.column}: " if place else ""
        raise ValueError(f"is no GraphQL: {where}{error.message}") from None
    except RecursionError:
        raise ValueError("is no GraphQL: it is nested too deeply") from None


def _operation(document: DocumentNode, name: str) -> OperationDefinitionNode:
    found = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    names = [node.name.value for node in found if node.name is not None]
    if name:
        chosen = next((node for node in found if node.name is not None and node.name.value == name), None)
        if chosen is None:
            raise ValueError(f'has no operation "{name}"{nearest(name, names)}')
        return chosen
    if len(found) != 1:
        told = f"has {len(found)} operations: name one in operationName" if found else "has no operation"
        raise ValueError(told)
    if found[0].operation is OperationType.SUBSCRIPTION:
        raise ValueError("is a subscription: an endpoint takes a query or a mutation")
    return found[0]


def graphql_errors(body: Any) -> str:
    """The messages of the `errors` in an answer (GraphQL specification, section 7.1.2); "" where there are none."""
    errors = body.get("errors") if isinstance(body, Mapping) else None
    if not errors:
        return ""
    listed = errors if isinstance(errors, list) else [errors]
    told = [str(one.get("message", "no message")) if isinstance(one, Mapping) else str(one) for one in listed]
    more = f" (and {len(told) - SHOWN} more)" if len(told) > SHOWN else ""
    return "; ".join(told[:SHOWN]) + more
