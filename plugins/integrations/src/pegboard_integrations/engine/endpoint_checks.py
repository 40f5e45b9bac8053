"""The checks of one endpoint of a definition."""

import re
from collections.abc import Collection
from functools import partial
from typing import Any, Protocol

import attrs

from pegboard import FieldError, Paginator, Registries
from pegboard.invalid import escape
from pegboard.problems import nearest
from pegboard_jsonpath import PathError, Template, compile_path

from .addresses import TOKEN, check_path
from .bodies import compile_body, template_value
from .documents import Definition
from .endpoints import Endpoint, GraphQLConfig, ParamConfig
from .graphql import compile_operation
from .identity import compile_identifier
from .incremental import compile_advance
from .mappings import FieldMapping, ResponseMapping
from .paging import compile_paging, paging_document, placed_variables
from .params import ALWAYS, bound, compile_param, declared
from .refusals import Errors, tried
from .selection import compile_selector
from .templates import texts

BODILESS = ("GET", "DELETE")
TOKEN_OF_TEMPLATE = re.compile(r"\{\{.*?\}\}")


class Whole(Protocol):
    """The checks that an endpoint shares with the rest of its definition."""

    @property
    def definition(self) -> Definition: ...

    @property
    def registries(self) -> Registries: ...

    def mappings(self, mappings: Collection[FieldMapping], pointer: str) -> Errors: ...

    def target(self, name: str | None, mappings: Collection[FieldMapping], pointer: str) -> Errors: ...


@attrs.frozen
class EndpointCheck:
    """The checks of one endpoint."""

    whole: Whole
    endpoint: Endpoint
    pointer: str

    @property
    def _names(self) -> frozenset[str]:
        return bound(self.endpoint, self._aliases())

    def _aliases(self) -> list[str]:
        found, endpoint, seen = [], self.endpoint, {self.endpoint.id}
        while endpoint.forEach is not None:
            found.append(endpoint.forEach.alias)
            above = self.whole.definition.endpoint(endpoint.forEach.endpointId)
            if above is None or above.id in seen:
                break
            seen.add(above.id)
            endpoint = above
        return found

    def errors(self) -> Errors:
        yield from self._path()
        yield from self._params()
        yield from self._headers()
        yield from self._body()
        yield from self._graphql()
        yield from self._paging()
        yield from self._mapping(self.endpoint.responseMapping, f"{self.pointer}/responseMapping")
        yield from self._for_each()
        if self.endpoint.incremental is not None:
            pointer = f"{self.pointer}/incremental"
            compiled = self.endpoint.incremental
            yield from tried(pointer, lambda: compile_advance(compiled, self.whole.registries, "", pointer))

    def _path(self) -> Errors:
        place = f"{self.pointer}/path"
        wrong = list(tried(place, lambda: check_path(self.endpoint.path)))
        yield from wrong
        if wrong:
            return
        known = [one.name for one in self.endpoint.pathParams]
        used: set[str] = set()
        for token in TOKEN.finditer(self.endpoint.path):
            if token[1] is None:
                yield from self._template(token.group(), place)
                used |= _roots(token.group())
            else:
                used.add(token[1])
                if token[1] not in self._names:
                    told = f"{{{token[1]}}} is not bound{nearest(token[1], known)}: add it to pathParams"
                    yield FieldError(told, place)
        for index, name in enumerate(known):
            if name not in used:
                told = f'"{name}" is not in the path: write {{{name}}} where it belongs'
                yield FieldError(told, f"{self.pointer}/pathParams/{index}/name")

    def _template(self, text: str, pointer: str) -> Errors:
        yield from tried(pointer, lambda: Template.parse(text, self._names))

    def _params(self) -> Errors:
        for kind in ("pathParams", "queryParams", "variables"):
            configs: tuple[ParamConfig, ...] = getattr(self.endpoint, kind)
            for index, config in enumerate(configs):
                yield from self._param(config, f"{self.pointer}/{kind}/{index}", kind)
        names = [one.name for one in declared(self.endpoint)]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield FieldError(
                f'two parameters have the name "{name}": templates could not tell them apart', self.pointer
            )
        for name in sorted({*ALWAYS, *self._aliases()} & set(names)):
            yield FieldError(f'"{name}" is bound already: take another name for the parameter', self.pointer)

    def _param(self, config: ParamConfig, pointer: str, kind: str) -> Errors:
        if config.valueSource == "expression" and not config.value:
            yield FieldError("is missing: the expression", f"{pointer}/value")
        elif config.valueSource == "static" and config.value is None and config.default is None:
            yield FieldError("is missing: the parameter is static", f"{pointer}/value")
        elif config.valueSource == "variable" or config.valueSource == "expression":
            registries = self.whole.registries
            yield from tried(f"{pointer}/value", lambda: compile_param(config, None, registries, "", pointer))
        else:
            for text, place in texts(config.value, f"{pointer}/value"):
                yield from self._template(text, place)

    def _headers(self) -> Errors:
        for name, value in self.endpoint.headers.items():
            yield from self._template(value, f"{self.pointer}/headers/{escape(name)}")
        for name, value in self.whole.definition.defaultHeaders.items():
            yield from self._template(value, f"/defaultHeaders/{escape(name)}")

    def _body(self) -> Errors:
        body, place = self.endpoint.body, f"{self.pointer}/body"
        if body is None:
            return
        if self.endpoint.graphql is not None:
            yield FieldError("is given, and so is graphql: leave one of them out", place)
        if self.endpoint.method == "GET":
            yield FieldError("is given, and the method is GET, which sends none: take POST, PUT or PATCH", place)
        if body.bodyType == "raw" and body.raw is None:
            yield FieldError('is missing: bodyType is "raw"', f"{place}/raw")
        elif body.bodyType == "template" and body.template is None:
            yield FieldError('is missing: bodyType is "template"', f"{place}/template")
        elif body.bodyType == "schema" and body.schema is None:
            yield FieldError('is missing: bodyType is "schema"', f"{place}/schema")
        else:
            part = {"raw": "raw", "template": "template", "schema": "schema"}[body.bodyType]
            registries = self.whole.registries
            yield from tried(f"{place}/{part}", lambda: compile_body(body, None, registries, "", place))
            if part == "template" and self.whole.definition.integrationType == "graphql":
                yield from self._query_in(body, f"{place}/template")

    def _query_in(self, body: Any, pointer: str) -> Errors:
        try:
            value = template_value(body)
        except ValueError:
            return
        query = value.get("query") if isinstance(value, dict) else None
        if isinstance(query, str) and not TOKEN_OF_TEMPLATE.search(query):
            yield from tried(pointer, lambda: compile_operation(GraphQLConfig(query=query)))

    def _graphql(self) -> Errors:
        config, place = self.endpoint.graphql, f"{self.pointer}/graphql"
        if config is None:
            if self.whole.definition.integrationType == "graphql" and self.endpoint.body is None:
                yield FieldError('is missing: the integration is of the type "graphql"', place)
            return
        if self.endpoint.method != "POST":
            yield FieldError(f"is {self.endpoint.method}: GraphQL is sent with POST", f"{self.pointer}/method")
        placed = placed_variables(self.endpoint)
        yield from tried(f"{place}/query", lambda: compile_operation(config, placed))

    def _paging(self) -> Errors:
        if self.endpoint.pagination is None:
            return
        place = f"{self.pointer}/pagination"
        document = paging_document(self.endpoint)
        kind, paginators = document.get("type"), self.whole.registries[Paginator]
        if not isinstance(kind, str) or kind not in paginators:
            told = f'is "{kind}", which no plugin brings' if kind else "is missing"
            yield FieldError(f"{told}{nearest(str(kind or ''), paginators.names())}", f"{place}/type")
            return
        yield from tried(place, lambda: compile_paging(self.endpoint, self.whole.registries))
        if document.get("paramLocation") == "body" and self.endpoint.method in BODILESS:
            told = f'is "body", and the method is {self.endpoint.method}, which sends none'
            yield FieldError(told, f"{place}/paramLocation")

    def _mapping(self, mapping: ResponseMapping, pointer: str) -> Errors:
        yield from tried(f"{pointer}/dataPath", lambda: compile_selector(mapping.dataPath))
        if mapping.errorPath:
            yield from tried(f"{pointer}/errorPath", lambda: compile_path(mapping.errorPath or ""))
        for name in ("totalCount", "pageInfo"):
            path = getattr(mapping.metadataMapping, name)
            if path:
                yield from tried(f"{pointer}/metadataMapping/{name}", partial(compile_path, path))
        yield from self.whole.mappings(mapping.fieldMappings, f"{pointer}/fieldMappings")
        yield from self._identifier(mapping, f"{pointer}/identifierField")
        yield from self.whole.target(mapping.targetShardTypeId, mapping.fieldMappings, pointer)

    def _identifier(self, mapping: ResponseMapping, pointer: str) -> Errors:
        if not mapping.identifierField:
            if mapping.targetShardTypeId:
                yield FieldError("is missing: records that are stored must be told apart", pointer)
            return
        readable = [one for one in mapping.fieldMappings if _is_readable(one.source)]
        yield from tried(pointer, lambda: compile_identifier(mapping.identifierField, readable))

    def _for_each(self) -> Errors:
        each, place = self.endpoint.forEach, f"{self.pointer}/forEach"
        if each is None:
            return
        ids = [one.id for one in self.whole.definition.endpoints]
        if each.endpointId not in ids:
            told = f'is "{each.endpointId}", and no endpoint has it{nearest(each.endpointId, ids)}'
            yield FieldError(told, f"{place}/endpointId")
        elif self._circle():
            told = f'"{self.endpoint.id}" comes round to itself: {" → ".join(self._circle())}'
            yield FieldError(f"goes in a circle: {told}", f"{place}/endpointId")
        yield from tried(f"{place}/path", lambda: compile_path(each.path))
        aliases = self._aliases()
        if each.alias in ALWAYS or aliases.count(each.alias) > 1:
            yield FieldError(f'is "{each.alias}", which is bound already: take another name', f"{place}/alias")

    def _circle(self) -> list[str]:
        """The ids on the way from this endpoint to itself; none if there is no such way."""
        way, endpoint = [self.endpoint.id], self.endpoint
        while endpoint.forEach is not None:
            above = self.whole.definition.endpoint(endpoint.forEach.endpointId)
            if above is None or above.id in way[1:]:
                return []
            way.append(above.id)
            if above.id == self.endpoint.id:
                return way
            endpoint = above
        return []


def _is_readable(source: str) -> bool:
    try:
        compile_path(source)
    except PathError:
        return False
    return True


def _roots(text: str) -> frozenset[str]:
    try:
        return Template.parse(text).names
    except PathError:
        return frozenset()
