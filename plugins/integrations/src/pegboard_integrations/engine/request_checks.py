"""The checks of the request that an endpoint sends: path, parameters, headers, body."""

import re
from typing import Any

import attrs

from pegboard import FieldError, Registries
from pegboard.invalid import escape
from pegboard.problems import nearest
from pegboard_jsonpath import PathError, Template

from .addresses import TOKEN, check_path
from .bodies import compile_body, template_value
from .documents import Definition
from .endpoints import Endpoint, GraphQLConfig, ParamConfig
from .graphql import compile_operation
from .lineage import aliases_above
from .paging import placed_variables
from .params import ALWAYS, bound, compile_param, declared
from .refusals import Errors, tried
from .templates import texts

TOKEN_OF_TEMPLATE = re.compile(r"\{\{.*?\}\}")


@attrs.frozen
class RequestCheck:
    """The checks of one endpoint's request."""

    definition: Definition
    registries: Registries
    endpoint: Endpoint
    pointer: str

    def errors(self) -> Errors:
        yield from self._path()
        yield from self._params()
        yield from self._headers()
        yield from self._body()
        yield from self._graphql()

    @property
    def _names(self) -> frozenset[str]:
        return bound(self.endpoint, self._aliases)

    @property
    def _aliases(self) -> list[str]:
        return aliases_above(self.definition, self.endpoint)

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
        for name in sorted({*ALWAYS, *self._aliases} & set(names)):
            yield FieldError(f'"{name}" is bound already: take another name for the parameter', self.pointer)

    def _param(self, config: ParamConfig, pointer: str, kind: str) -> Errors:
        if config.valueSource == "expression" and not config.value:
            yield FieldError("is missing: the expression", f"{pointer}/value")
        elif config.valueSource == "static" and config.value is None and config.default is None:
            yield FieldError("is missing: the parameter is static", f"{pointer}/value")
        elif config.valueSource == "variable" or config.valueSource == "expression":
            registries = self.registries
            yield from tried(f"{pointer}/value", lambda: compile_param(config, None, registries, "", pointer))
        else:
            for text, place in texts(config.value, f"{pointer}/value"):
                yield from self._template(text, place)

    def _headers(self) -> Errors:
        for name, value in self.endpoint.headers.items():
            yield from self._template(value, f"{self.pointer}/headers/{escape(name)}")
        for name, value in self.definition.defaultHeaders.items():
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
            registries = self.registries
            yield from tried(f"{place}/{part}", lambda: compile_body(body, None, registries, "", place))
            if part == "template" and self.definition.integrationType == "graphql":
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
            if self.definition.integrationType == "graphql" and self.endpoint.body is None:
                yield FieldError('is missing: the integration is of the type "graphql"', place)
            return
        if self.endpoint.method != "POST":
            yield FieldError(f"is {self.endpoint.method}: GraphQL is sent with POST", f"{self.pointer}/method")
        placed = placed_variables(self.endpoint)
        yield from tried(f"{place}/query", lambda: compile_operation(config, placed))


def _roots(text: str) -> frozenset[str]:
    try:
        return Template.parse(text).names
    except PathError:
        return frozenset()
