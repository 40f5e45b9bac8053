"""One route as a path item's operations (OpenAPI 3.1, section 4.8.10)."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

from pegboard import Rate, RouteSpec

from .answers import possible, responses
from .schemas import Schema, Schemas, markdown

METHODS = ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE")
PARAMETER = re.compile(r"\{([a-zA-Z_]\w*)(?::([a-z]+))?\}")
CONVERTED: Mapping[str, Schema] = {
    "int": {"type": "integer", "minimum": 0},
    "float": {"type": "number", "minimum": 0},
    "uuid": {"type": "string", "format": "uuid"},
    "path": {"type": "string", "description": "the rest of the address; it may have slashes in it"},
}


def unlimited(spec: RouteSpec) -> Sequence[Rate]:
    """Where nobody counts, no route has a rate."""
    return ()


@attrs.frozen
class Describer:
    """Describes routes: `schemes` are the names of the security schemes, `rates` tells how calls are counted."""

    schemas: Schemas
    schemes: tuple[str, ...] = ()
    rates: Callable[[RouteSpec], Sequence[Rate]] = unlimited
    _names: set[str] = attrs.field(factory=set)

    def copy(self) -> "Describer":
        return Describer(self.schemas.copy(), self.schemes, self.rates, set(self._names))

    def describe(self, spec: RouteSpec, owner: str = "") -> tuple[str, Schema]:
        """The path as OpenAPI writes it, and the operation for each of the route's methods."""
        methods = [method for method in spec.methods if method in METHODS]
        operation = self._operation(spec, owner)
        names = {method: spec.name if len(methods) == 1 else f"{spec.name}.{method.lower()}" for method in methods}
        return PARAMETER.sub(r"{\1}", spec.path), {
            method.lower(): {"operationId": self._unique(name), **operation} for method, name in names.items()
        }

    def _operation(self, spec: RouteSpec, owner: str) -> Schema:
        made: Schema = {"tags": list(spec.tags or ([owner] if owner else ()))}
        if spec.summary:
            made["summary"] = spec.summary
        if words := "\n\n".join(self._words(spec)):
            made["description"] = words
        parameters = [*_path_parameters(spec.path), *self._query(spec), *_key(spec)]
        if parameters:
            made["parameters"] = parameters
        if spec.body is not None:
            content = {"application/json": {"schema": self.schemas.accepted(spec.body)}}
            made["requestBody"] = {"required": True, "content": content}
        result = None if spec.result is None else self.schemas.returned(spec.result)
        made["responses"] = responses(spec, possible(spec, bool(self.schemes), bool(self.rates(spec))), result)
        made["security"] = self._security(spec)
        return made | ({"x-required-scopes": list(spec.scopes)} if spec.scopes else {})

    def _words(self, spec: RouteSpec) -> Iterator[str]:
        if spec.description:
            yield markdown(spec.description)
        if spec.scopes:
            yield f"Needs the scope {' and '.join(f'`{scope}`' for scope in spec.scopes)}."
        for rate in self.rates(spec):
            yield f"At most {rate.limit} calls in {rate.window} seconds, counted by {rate.by}."

    def _query(self, spec: RouteSpec) -> Iterator[Schema]:
        """A parameter for each field; a query that is a mapping takes whatever one sends."""
        if spec.query is not None and not attrs.has(spec.query):
            yield {"name": "query", "in": "query", "explode": True, "schema": self.schemas.accepted(spec.query)}
            return
        for name, schema, required in self.schemas.fields(spec.query) if spec.query is not None else ():
            described = {"description": schema.pop("description")} if "description" in schema else {}
            yield {"name": name, "in": "query", "required": required, **described, "schema": schema}

    def _security(self, spec: RouteSpec) -> list[dict[str, list[str]]]:
        """Any one of the schemes; an anonymous route takes a credential and does without."""
        guarded = [{scheme: list(spec.scopes)} for scheme in self.schemes]
        return [{}, *guarded] if spec.anonymous and guarded else guarded

    def _unique(self, name: str) -> str:
        """Operation ids are told apart by a number where two sources of routes use the same name."""
        made, number = name, 1
        while made in self._names:
            number += 1
            made = f"{name}.{number}"
        self._names.add(made)
        return made


def _path_parameters(path: str) -> Iterator[Schema]:
    for name, converter in PARAMETER.findall(path):
        schema = dict(CONVERTED.get(converter, {"type": "string"}))
        described = {"description": schema.pop("description")} if "description" in schema else {}
        yield {"name": name, "in": "path", "required": True, **described, "schema": schema}


def _key(spec: RouteSpec) -> Iterator[Schema]:
    """The header of a route that carries out repeated requests once."""
    if spec.idempotent:
        words = "a name of your own for this request, such as a UUID: sent again, it is answered again and done once"
        schema = {"type": "string", "minLength": 1, "maxLength": 255}
        required = spec.idempotent == "required"
        yield {"name": "Idempotency-Key", "in": "header", "required": required, "description": words, "schema": schema}
