"""Requests of an endpoint: made once for a walk, and changed a little for each page."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any
from uuid import uuid4

import attrs

from pegboard import MISSING, FieldError, PageRequest, Problem, Services
from pegboard.invalid import escape
from pegboard_jsonpath import Template, text_of

from .addresses import PathPlan, origin
from .bodies import JSON, BodyPlan, encode, encode_raw
from .graphql import Operation
from .params import Param, resolve, unknown
from .templates import Scope

ACCEPT = {"json": "application/json", "jsonl": "application/x-ndjson", "csv": "text/csv", "xml": "application/xml"}
PUBLIC = frozenset({"accept", "accept-language", "user-agent"})
"""Headers that may go to another origin than the integration's own."""
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
BREAKS = ("\r", "\n", "\0")

Pairs = tuple[tuple[str, str], ...]


class LeavesOrigin(ValueError):
    """A next page lies elsewhere, and what would have to go there must not."""


@attrs.frozen
class Base:
    """The request of a walk before it is anybody's page."""

    method: str
    url: str
    params: Pairs
    headers: dict[str, str] = attrs.field(repr=False)
    body: Any = attrs.field(repr=False)
    content: bytes = attrs.field(repr=False)
    content_type: str
    origin: tuple[str, str, int]


@attrs.frozen
class Outgoing:
    """The request of one page. `own` says that it goes to the integration's own origin, with its credentials."""

    method: str
    url: str
    params: Pairs
    headers: dict[str, str] = attrs.field(repr=False)
    content: bytes = attrs.field(repr=False)
    own: bool


@attrs.frozen
class RequestPlan:
    """How the request of an endpoint is made.

    `known` are the names that its callers may give; None where an expression may ask for any.
    """

    method: str
    path: PathPlan
    params: tuple[Param, ...]
    query: tuple[Param, ...]
    headers: Mapping[str, str | Template] = attrs.field(repr=False)
    body: BodyPlan | None
    operation: Operation | None
    known: frozenset[str] | None
    idempotency: str = ""

    async def base(self, scope: dict[str, Any], given: Mapping[str, Any], services: Services) -> Base:
        """Raises Problem 422 ``missing-values`` with all that is missing or makes no sense; nothing is sent then."""
        errors = [] if self.known is None else unknown(given, self.known)
        await resolve(self.params, scope, services, errors)
        url = self.path.made(scope, errors)
        headers = self._headers(scope, errors)
        body = await self._body(scope, services, errors)
        content, content_type = self._encoded(body, errors)
        if errors:
            detail = "; ".join(f"{error.pointer.lstrip('/').replace('/', '.')}: {error.detail}" for error in errors[:5])
            raise Problem(422, "missing-values", f"nothing was sent: {detail}", errors=errors)
        params = tuple(pair for param in self.query for pair in _pairs(param, scope))
        return Base(self.method, url, params, headers, body, content, content_type, origin(url))

    def _headers(self, scope: Scope, errors: list[FieldError]) -> dict[str, str]:
        made: dict[str, str] = {}
        for name, value in self.headers.items():
            pointer = f"/headers/{escape(name)}"
            if isinstance(value, Template):
                lacking = [one.text for one in value.placeholders if one.value(scope) in (MISSING, None)]
                errors += [FieldError(f"is missing: the header {name} needs it", _params(text)) for text in lacking]
                value = text_of(value.render(scope))
            if any(sign in value for sign in BREAKS):
                errors.append(FieldError("must be one line", pointer))
            made[name] = value
        return made

    async def _body(self, scope: Scope, services: Services, errors: list[FieldError]) -> Any:
        if self.operation is not None:
            body, lacking = self.operation.body(scope)
            errors += lacking
            return body
        if self.body is not None:
            return await self.body.made(scope, services, errors)
        return scope.get("body", MISSING) if self.method in WITH_BODY else MISSING

    def _encoded(self, body: Any, errors: list[FieldError]) -> tuple[bytes, str]:
        if body is MISSING or errors:
            return b"", ""
        try:
            if self.body is not None and self.body.raw is not None:
                return encode_raw(self.body.raw, self.body.content_type)
            return encode(body, self._content_type)
        except ValueError as error:
            errors.append(FieldError(str(error), "/body"))
            return b"", ""

    @property
    def _content_type(self) -> str:
        return JSON if self.body is None else self.body.content_type

    def page(self, base: Base, asked: PageRequest) -> Outgoing:
        """What goes out for a page. Raises LeavesOrigin, and ValueError for a body that pages cannot change."""
        url, params = (base.url, base.params) if asked.url is None else (asked.url, ())
        own = asked.url is None or origin(asked.url) == base.origin
        content, content_type = base.content, base.content_type
        if asked.body:
            content, content_type = encode(merged(base.body, asked.body), self._content_type)
        if not own and content:
            raise LeavesOrigin("the next page lies at another origin, to which no body is sent")
        if asked.params:
            named = {name: text_of(value) for name, value in asked.params.items()}
            params = (*(pair for pair in params if pair[0] not in named), *named.items())
        headers = {name: value for name, value in base.headers.items() if own or name.lower() in PUBLIC}
        if asked.headers:
            headers = over(headers, asked.headers)
        if content:
            headers = (
                over({"Content-Type": content_type}, headers)
                if not _is_multipart(content_type)
                else over(headers, {"Content-Type": content_type})
            )
        if self.idempotency:
            headers = over(headers, {self.idempotency: str(uuid4())})
        return Outgoing(base.method, url, params, headers, content, own)


def _is_multipart(content_type: str) -> bool:
    return content_type.startswith("multipart/")


def _params(placeholder: str) -> str:
    return "/params/" + placeholder.replace(".", "/")


def _pairs(param: Param, scope: Scope) -> Iterator[tuple[str, str]]:
    """A parameter as it stands in the query."""
    name = param.config.name
    value = scope.get(name, MISSING)
    if value is MISSING or value is None:
        return
    if not isinstance(value, list):
        yield name, text_of(value)
    elif param.config.arrayFormat == "comma":
        yield name, ",".join(map(text_of, value))
    else:
        named = f"{name}[]" if param.config.arrayFormat == "brackets" else name
        yield from ((named, text_of(one)) for one in value)


def over(under: Mapping[str, str], upper: Mapping[str, str]) -> dict[str, str]:
    """Headers with others over them; upper and lower case are the same (RFC 9110, section 5.1)."""
    names = {name.lower() for name in upper}
    return {**{name: value for name, value in under.items() if name.lower() not in names}, **upper}


def merged(value: Any, change: Mapping[str, Any]) -> dict[str, Any]:
    """An object with another one over it, and objects within them alike. Raises ValueError for what is no object."""
    if value is MISSING or value is None:
        value = {}
    if not isinstance(value, Mapping):
        raise ValueError("pagination goes into the body, which is no object")
    made = dict(value)
    for key, new in change.items():
        inner = made.get(key)
        made[key] = merged(inner, new) if isinstance(new, Mapping) and isinstance(inner, Mapping) else new
    return made


def header_plan(headers: Mapping[str, str], accept: str, names: Collection[str] | None) -> dict[str, str | Template]:
    """Raises PathError."""
    made = over({"Accept": ACCEPT[accept]}, headers)
    return {name: Template.parse(value, names) if "{{" in value else value for name, value in made.items()}
