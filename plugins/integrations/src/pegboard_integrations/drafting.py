"""Parts of a draft, compiled as far as they go: an endpoint without its siblings, a mapping without its endpoint."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from pegboard import FieldError, Problem, Registries

from .engine import Plan, base_plan, check, compile_endpoint, read_definition
from .openapi import FILL_IN

Document = dict[str, Any]
ID = "draft"
MAPPING = "/endpoints/0/responseMapping"
FIELDS = f"{MAPPING}/fieldMappings/"


def throwaway_key() -> str:
    return f"draft_{secrets.token_hex(10)}"


def plan_of(document: Document, endpoint_id: str, registries: Registries, tenant: str, key: str) -> Plan:
    """The plan of an endpoint, or of a plain GET of the base URL. Raises Problem 422."""
    if endpoint_id:
        return compile_endpoint(read_definition(document), endpoint_id, registries, tenant, key=key)
    bare = {**document, "name": document.get("name") or ID, "endpoints": [], "webhookConfig": None}
    _refuse([one for one in check(bare, registries) if not one.pointer.startswith("/endpoints")])
    return base_plan(read_definition(bare), registries, tenant, key=key)


def alone(document: Document, endpoint_id: str, registries: Registries) -> Document:
    """A draft with one endpoint and its parents; the others, however unfinished, are in nobody's way.

    They keep their places, so that pointers to errors are those of the whole. Raises Problem 404, 422.
    """
    endpoints = document.get("endpoints") or []
    needed = _family(endpoints, endpoint_id)
    if not needed:
        raise Problem(404, "not-found", f"the draft has no endpoint {endpoint_id!r}")
    kept = [one if index in needed else {"id": f"\0{index}"} for index, one in enumerate(endpoints)]
    made = {**document, "name": document.get("name") or ID, "endpoints": kept, "webhookConfig": None}
    others = tuple(f"/endpoints/{index}" for index in range(len(endpoints)) if index not in needed)
    _refuse([one for one in check(made, registries) if not _below(one.pointer, others)])
    return made


def _family(endpoints: Sequence[Any], endpoint_id: str) -> set[int]:
    """The places of an endpoint and of those whose records it is walked for."""
    places = {one.get("id"): index for index, one in enumerate(endpoints) if isinstance(one, Mapping)}
    found: set[int] = set()
    named: Any = endpoint_id
    while named in places and places[named] not in found:
        found.add(places[named])
        above = endpoints[places[named]].get("forEach")
        named = above.get("endpointId") if isinstance(above, Mapping) else None
    return found


def mapping_plan(mapping: Document, registries: Registries, tenant: str) -> tuple[Plan | None, list[FieldError]]:
    """The plan of a mapping alone, without the fields that cannot work; and what is wrong, with pointers into it."""
    errors = _errors(mapping, registries)
    wrong = {int(one.pointer.removeprefix(FIELDS).split("/")[0]) for one in errors if one.pointer.startswith(FIELDS)}
    fields = [one for index, one in enumerate(mapping.get("fieldMappings") or ()) if index not in wrong]
    works = {**mapping, "fieldMappings": fields}
    for name in ("identifierField", "errorPath", "metadataMapping"):
        if any(_below(one.pointer, (f"{MAPPING}/{name}",)) for one in errors):
            works.pop(name, None)
    told = [attrs.evolve(one, pointer=one.pointer.removeprefix(MAPPING)) for one in errors]
    if (wrong and not fields) or _errors({**works, "targetShardTypeId": None}, registries):
        return None, told
    return compile_endpoint(read_definition(_around(works)), ID, registries, tenant), told


def _errors(mapping: Document, registries: Registries) -> list[FieldError]:
    return [one for one in check(_around(mapping), registries) if one.pointer.startswith(MAPPING)]


def _around(mapping: Document) -> Document:
    endpoint = {"id": ID, "path": "/", "responseMapping": mapping}
    return {"name": ID, "baseUrl": "https://draft.invalid", "endpoints": [endpoint]}


def credential_pointers(definition: Document, masked: Mapping[str, str]) -> tuple[Document, list[str]]:
    """The definition with nothing in the places of credentials, and the pointers to these."""
    auth = definition.get("auth") or {"type": "none"}
    told = {f"/auth/{name}" for name, value in _members(auth) if value == FILL_IN}
    cleared = {**definition, "auth": {name: "" if value == FILL_IN else value for name, value in _members(auth)}}
    return cleared, sorted(told | set(masked.values()))


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    yield from value.items() if isinstance(value, Mapping) else ()


def _below(pointer: str, places: Sequence[str]) -> bool:
    return any(pointer == place or pointer.startswith(f"{place}/") for place in places)


def _refuse(errors: Sequence[FieldError]) -> None:
    if errors:
        detail = "; ".join(f"{one.pointer or '/'}: {one.detail}" for one in errors[:5])
        raise Problem(422, "invalid-integration", f"it cannot be tried yet: {detail}", errors=errors)
