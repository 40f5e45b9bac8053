"""The checks of one endpoint of a definition."""

from collections.abc import Collection
from functools import partial
from typing import Protocol

import attrs

from pegboard import FieldError, Paginator, Registries
from pegboard.problems import nearest
from pegboard_jsonpath import PathError, compile_path

from .documents import Definition
from .endpoints import Endpoint
from .identity import compile_identifier
from .incremental import compile_advance
from .lineage import check_for_each
from .mappings import FieldMapping, ResponseMapping
from .paging import compile_paging, paging_document
from .refusals import Errors, tried
from .request_checks import RequestCheck
from .selection import compile_selector

BODILESS = ("GET", "DELETE")


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

    def errors(self) -> Errors:
        definition = self.whole.definition
        yield from RequestCheck(definition, self.whole.registries, self.endpoint, self.pointer).errors()
        yield from self._paging()
        yield from self._mapping(self.endpoint.responseMapping, f"{self.pointer}/responseMapping")
        yield from check_for_each(definition, self.endpoint, f"{self.pointer}/forEach")
        if self.endpoint.incremental is not None:
            pointer = f"{self.pointer}/incremental"
            compiled = self.endpoint.incremental
            yield from tried(pointer, lambda: compile_advance(compiled, self.whole.registries, "", pointer))

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


def _is_readable(source: str) -> bool:
    try:
        compile_path(source)
    except PathError:
        return False
    return True
