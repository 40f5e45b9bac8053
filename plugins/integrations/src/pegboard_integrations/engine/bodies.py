"""Bodies of requests: made of templates, schemas or as they are, and written as JSON, a form, multipart or text."""

from base64 import b64decode
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import attrs
import httpx
import orjson

from pegboard import FieldError, Registries, Services
from pegboard_jsonpath import text_of

from .endpoints import RequestBody
from .schemas import Part, compile_schema
from .templates import JsonTemplate, Scope, compile_json, read_json, without_missing

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
TEXT = "text/plain"

Encoded = tuple[bytes, str]
"""The bytes, and their content type."""


@attrs.frozen
class BodyPlan:
    """How a body is made: of `raw`, `template` and `schema` one is given."""

    content_type: str
    raw: str | None = None
    template: JsonTemplate | None = None
    schema: Part | None = None
    missing: str = "fail"

    async def made(self, scope: Scope, services: Services, errors: list[FieldError]) -> Any:
        """The value that is sent; what is missing is told in `errors`."""
        if self.raw is not None:
            return self.raw
        if self.schema is not None:
            return await self.schema.made(scope, services, errors)
        assert self.template is not None
        lacking = self.template.missing(scope) if self.missing == "fail" else []
        errors += [FieldError("is missing: the body's template needs it", pointer_of(text)) for text in lacking]
        return without_missing(self.template.render(scope), self.missing == "null")

    @property
    def names(self) -> frozenset[str]:
        """Names that its template looks up."""
        return frozenset() if self.template is None else self.template.names


def pointer_of(placeholder: str) -> str:
    return "/body/" + placeholder.replace(".", "/")


def compile_body(
    body: RequestBody, names: Collection[str] | None, registries: Registries, tenant: str, pointer: str
) -> BodyPlan:
    """Raises ValueError for a template that cannot be read, PathError, and what expressions raise."""
    if body.bodyType == "raw":
        return BodyPlan(body.contentType, raw=body.raw or "")
    if body.bodyType == "schema":
        if body.schema is None:
            raise ValueError('schema is missing: bodyType is "schema"')
        schema = compile_schema(body.schema, registries, tenant, f"{pointer}/schema")
        return BodyPlan(body.contentType, schema=schema)
    if body.template is None:
        raise ValueError('template is missing: bodyType is "template"')
    template = compile_json(template_value(body), names)
    return BodyPlan(body.contentType, template=template, missing=body.missing)


def template_value(body: RequestBody) -> Any:
    """The JSON value of a template, whether it is written as text or as it is. Raises ValueError."""
    if not isinstance(body.template, str) or body.contentType == TEXT:
        return body.template
    if body.contentType in (FORM, MULTIPART) and not body.template.lstrip().startswith("{"):
        return dict(parse_qsl(body.template, keep_blank_values=True))
    return read_json(body.template)


def encode(value: Any, content_type: str) -> Encoded:
    """Raises ValueError for a value that the content type cannot hold."""
    if isinstance(value, str) and content_type != JSON:
        return value.encode(), f"{TEXT}; charset=utf-8" if content_type == TEXT else content_type
    match content_type:
        case "application/json":
            return _json(value), JSON
        case "application/x-www-form-urlencoded":
            return urlencode(list(_pairs(value))).encode(), FORM
        case "multipart/form-data":
            return _multipart(value)
    return text_of(value).encode(), f"{TEXT}; charset=utf-8"


def encode_raw(text: str, content_type: str) -> Encoded:
    """Exactly these characters."""
    return text.encode(), f"{TEXT}; charset=utf-8" if content_type == TEXT else content_type


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError as error:
        raise ValueError(f"cannot be written as JSON: {error}") from None


def _members(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("must be an object: a form has named fields")
    return value


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    """Fields of a form: a list is one field for each of its items, null is none."""
    for name, inner in _members(value).items():
        for one in inner if isinstance(inner, list) else [inner]:
            if one is not None:
                yield name, text_of(one)


def _multipart(value: Any) -> Encoded:
    """By httpx. An object with a `filename` is a file: `content` as text, or `base64`, and a `contentType`."""
    parts: list[tuple[str, Any]] = []
    for name, inner in _members(value).items():
        for one in inner if isinstance(inner, list) else [inner]:
            if isinstance(one, Mapping) and "filename" in one:
                parts.append((name, _file(one)))
            elif one is not None:
                parts.append((name, (None, text_of(one).encode())))
    request = httpx.Request("POST", "http://localhost", files=parts or [("", (None, b""))])
    return request.read(), request.headers["Content-Type"]


def _file(value: Mapping[str, Any]) -> tuple[str, bytes, str]:
    if "base64" in value:
        try:
            content = b64decode(str(value["base64"]), validate=True)
        except ValueError:
            raise ValueError("base64 of a file is none") from None
    else:
        content = text_of(value.get("content")).encode()
    return text_of(value["filename"]), content, text_of(value.get("contentType")) or "application/octet-stream"
