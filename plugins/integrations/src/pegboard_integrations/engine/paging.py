"""How an endpoint's pages are walked: the paginator that its definition names, with its config."""

from collections.abc import Generator, Mapping
from typing import Any

import attrs

from pegboard import PageRequest, PageResponse, Paginator, Registries, Stop
from pegboard.json import converter

from .endpoints import Endpoint

Walk = Generator[PageRequest, PageResponse, Stop]
NAMES = ("cursorParam", "limitParam", "offsetParam", "pageParam", "pageSizeParam")
VARIABLES = "$.variables."


@attrs.frozen
class Paging:
    """Without a paginator there is one page."""

    paginator: Paginator | None = None
    config: Any = attrs.field(default=None, repr=False)

    def pages(self, state: Mapping[str, Any] | None) -> Walk:
        if self.paginator is None:
            return _one()
        return self.paginator.pages(self.config, state)


def _one() -> Walk:
    yield PageRequest({})
    return Stop("single_page", "the endpoint has no pagination")


def compile_paging(endpoint: Endpoint, registries: Registries) -> Paging:
    """Raises MissingService for an unknown paginator, and what its config raises."""
    if endpoint.pagination is None:
        return Paging()
    document = paging_document(endpoint)
    kind = document.pop("type", None)
    if not isinstance(kind, str):
        raise ValueError("type is missing: it names the way to walk, such as cursor")
    paginator = registries[Paginator].get(kind)
    return Paging(paginator, converter.structure(document, paginator.config))


def paging_document(endpoint: Endpoint) -> dict[str, Any]:
    """The pagination with what GraphQL implies: names of parameters are names of variables, which are in the body."""
    document = dict(endpoint.pagination or {})
    if endpoint.graphql is None or document.get("paramLocation", "body") != "body":
        return document
    document["paramLocation"] = "body"
    if document.get("type") == "cursor":
        document.setdefault("cursorParam", "after")
    for name in NAMES:
        value = document.get(name)
        if isinstance(value, str) and value and not value.startswith("$"):
            document[name] = f"{VARIABLES}{value}"
    return document


def placed_variables(endpoint: Endpoint) -> frozenset[str]:
    """Variables of a GraphQL operation that paging fills."""
    if endpoint.graphql is None or endpoint.pagination is None:
        return frozenset()
    document = paging_document(endpoint)
    given = (document.get(name) for name in NAMES)
    return frozenset(one.removeprefix(VARIABLES) for one in given if isinstance(one, str) and one.startswith(VARIABLES))
