"""What only a service can find in a definition: mistakes in code, which is compiled where it runs."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from pegboard import FieldError, PageValues, Registries, Services

from .documents import read_definition
from .endpoints import Endpoint
from .expressions import Expression, compile_expression
from .fields import compile_field
from .schemas import Part, compile_schema

NOTHING = PageValues([], [])
CONFIG = "/transform/config"
PARAMS = ("variables", "pathParams", "queryParams")


async def check_code(
    document: Mapping[str, Any], registries: Registries, services: Services, tenant: str
) -> list[FieldError]:
    """Each transform that runs elsewhere is given an empty page: then it looks at its config and runs nothing.

    For a definition in which `check` finds nothing.
    """
    found = []
    for index, endpoint in enumerate(read_definition(document).endpoints):
        pointer = f"/endpoints/{index}"
        found += [error async for error in _mappings(endpoint, registries, services, tenant, pointer)]
        for expression in _expressions(endpoint, registries, tenant, pointer):
            try:
                await expression.look(services)
            except ValueError as error:
                found.append(refused(error, expression.context.pointer))
    return found


async def _mappings(
    endpoint: Endpoint, registries: Registries, services: Services, tenant: str, pointer: str
) -> AsyncIterator[FieldError]:
    for place, mapping in enumerate(endpoint.responseMapping.fieldMappings):
        where = f"{pointer}/responseMapping/fieldMappings/{place}"
        field = compile_field(mapping, registries, tenant, where)
        if field.prepare is not None:
            try:
                await field.prepare(NOTHING, services)
            except ValueError as error:
                yield refused(error, f"{where}/transform/config")


def _expressions(endpoint: Endpoint, registries: Registries, tenant: str, pointer: str) -> Iterator[Expression]:
    """Those of parameters, and of a body that is built by a schema."""
    for kind in PARAMS:
        for place, param in enumerate(getattr(endpoint, kind)):
            if param.valueSource == "expression":
                yield compile_expression(param.name, param.value, registries, tenant, f"{pointer}/{kind}/{place}/value")
    if endpoint.body is not None and endpoint.body.schema is not None:
        yield from _of_part(compile_schema(endpoint.body.schema, registries, tenant, f"{pointer}/body/schema"))


def _of_part(part: Part) -> Iterator[Expression]:
    if part.expression is not None:
        yield part.expression
    for inner in (*part.members.values(), *([part.item] if part.item is not None else ())):
        yield from _of_part(inner)


def refused(error: ValueError, pointer: str) -> FieldError:
    """A transform's own words; those that begin with the place need not say it twice, and may be of a later one.

    In a parameter or a body the expression is the value itself.
    """
    place, _, detail = str(error).partition(": ")
    field = pointer.removesuffix(CONFIG)
    if not place.startswith(field):
        return FieldError(str(error), pointer)
    return FieldError(detail, place if pointer.endswith(CONFIG) else pointer)
