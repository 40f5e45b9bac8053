"""Endpoints that are walked for each record of another one: who is above, and what those bind."""

from pegboard import FieldError
from pegboard.problems import nearest
from pegboard_jsonpath import compile_path

from .documents import Definition
from .endpoints import Endpoint
from .params import ALWAYS
from .refusals import Errors, tried


def aliases_above(definition: Definition, endpoint: Endpoint) -> list[str]:
    """The names that parents bind, the nearest first; it ends where a parent is missing, or comes again."""
    found, seen = [], {endpoint.id}
    while endpoint.forEach is not None:
        found.append(endpoint.forEach.alias)
        above = definition.endpoint(endpoint.forEach.endpointId)
        if above is None or above.id in seen:
            break
        seen.add(above.id)
        endpoint = above
    return found


def circle(definition: Definition, endpoint: Endpoint) -> list[str]:
    """The ids on the way from an endpoint to itself; none if there is no such way."""
    start, way = endpoint.id, [endpoint.id]
    while endpoint.forEach is not None:
        above = definition.endpoint(endpoint.forEach.endpointId)
        if above is None or above.id in way[1:]:
            return []
        way.append(above.id)
        if above.id == start:
            return way
        endpoint = above
    return []


def check_for_each(definition: Definition, endpoint: Endpoint, place: str) -> Errors:
    """What is wrong with an endpoint's `forEach`, at the pointer `place`."""
    each = endpoint.forEach
    if each is None:
        return
    ids = [one.id for one in definition.endpoints]
    if each.endpointId not in ids:
        told = f'is "{each.endpointId}", and no endpoint has it{nearest(each.endpointId, ids)}'
        yield FieldError(told, f"{place}/endpointId")
    elif way := circle(definition, endpoint):
        told = f'"{endpoint.id}" comes round to itself: {" → ".join(way)}'
        yield FieldError(f"goes in a circle: {told}", f"{place}/endpointId")
    yield from tried(f"{place}/path", lambda: compile_path(each.path))
    aliases = aliases_above(definition, endpoint)
    if each.alias in ALWAYS or aliases.count(each.alias) > 1:
        yield FieldError(f'is "{each.alias}", which is bound already: take another name', f"{place}/alias")
