"""What one endpoint of a definition says: how it is asked, and how it is walked."""

from typing import Any, Literal

import attrs

from pegboard import setting

from .expectations import TestConfig
from .mappings import ResponseMapping

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
ValueType = Literal["string", "number", "boolean", "array"]
Source = Literal["static", "variable", "expression"]
ContentType = Literal["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]

positive = attrs.validators.ge(1)
named: Any = attrs.validators.min_len(1)


@attrs.frozen
class ParamConfig:
    """A parameter of the path or of the query, or a further variable of the endpoint's templates."""

    name: str = setting(help="its name", validator=named)
    required: bool = setting(False, help="refuse to send anything without it")
    type: ValueType = setting("string", help="what it must be; texts that say so exactly are read as it")
    default: Any = setting(None, help="its value where none is given")
    description: str = setting("", help="for people")
    valueSource: Source | None = setting(
        None, help="static: always `value`; variable: `value` names it; expression: `value` computes it"
    )
    value: Any = setting(None, help="the value, the variable's path, or the expression; may hold {{templates}}")
    arrayFormat: Literal["repeat", "comma", "brackets"] = setting(
        "repeat", help="how an array stands in a query: a=1&a=2, a=1,2 or a[]=1&a[]=2"
    )


@attrs.frozen
class PropertySchema:
    """One value of a body that is built by a schema."""

    type: Literal["string", "number", "boolean", "object", "array"] = setting(help="what it becomes")
    required: bool = setting(False, help="refuse to send anything without it")
    source: Source | None = setting(None, help="where the value is from; a variable where nothing else is said")
    value: Any = setting(None, help="the value, the variable's path (else the property's name), or the expression")
    properties: "dict[str, PropertySchema]" = setting({}, help="of an object")
    items: "PropertySchema | None" = setting(None, help="of an array; `item` is bound to each element")


@attrs.frozen
class BodySchema:
    """The whole body, built by a schema."""

    type: Literal["object", "array"] = setting("object", help="what the body is")
    properties: dict[str, PropertySchema] = setting({}, help="of an object")
    items: PropertySchema | None = setting(None, help="of an array")
    source: Source | None = setting(None, help="of an array: where its elements are from")
    value: Any = setting(None, help="of an array: the elements, or the variable's path")


@attrs.frozen
class RequestBody:
    """What is sent."""

    contentType: ContentType = setting("application/json", help="how it is written")
    bodyType: Literal["template", "schema", "raw"] = setting("template", help="how it is made")
    template: Any = setting(None, help="JSON, as text or as it is, with {{variable}} placeholders; or a plain text")
    schema: BodySchema | None = setting(None, help="its structure")
    raw: str | None = setting(None, help="exactly these characters")
    missing: Literal["fail", "omit", "null"] = setting(
        "fail", help="a placeholder that stands alone and has no value: fail before sending, leave it out, or null"
    )


@attrs.frozen
class GraphQLConfig:
    """A GraphQL operation (https://spec.graphql.org)."""

    query: str = setting(help="the document, checked when the definition is saved", validator=named)
    variables: dict[str, Any] = setting({}, help="values of its variables, with {{templates}}")
    operationName: str = setting("", help="which operation, where the document has several")


@attrs.frozen
class RateLimit:
    """How often an endpoint may be asked; the API's own headers make it stricter."""

    requestsPerMinute: int = setting(help="requests in any sixty seconds", validator=positive)
    burstLimit: int | None = setting(
        None, help="requests at once, after which they come evenly", validator=attrs.validators.optional(positive)
    )


@attrs.frozen
class ForEach:
    """Walk this endpoint once for each record of another one."""

    endpointId: str = setting(help="the other endpoint", validator=named)
    path: str = setting("$", help="what of the other's record is bound: a JSONPath")
    alias: str = setting("parent", help="its name in templates: {{parent.id}}", validator=named)
    concurrency: int = setting(
        1, help="walks at once; their pages still come in order", validator=[positive, attrs.validators.le(16)]
    )
    params: dict[str, Any] = setting({}, help="parameters of the other endpoint")
    onError: Literal["fail", "skip"] = setting(
        "fail", help="a walk that fails: fail the whole run, or keep it as a failed record and go on"
    )


@attrs.frozen
class Incremental:
    """Ask only for what changed since the last run."""

    cursorPath: str = setting(help="where a record says when it changed: a JSONPath in the record")
    param: str = setting("", help="the query parameter that takes it; {{since}} is bound in templates as well")
    format: str = setting(
        "ISO8601", help="as the parameter is written: ISO8601, epoch, epochMillis, a date pattern, number or text"
    )
    inputFormat: str = setting("", help="as the records have it; like `format` where nothing is said")
    initial: Any = setting(None, help="the first value, in `format`; without it the first run asks for all")
    lookbackSeconds: int = setting(
        0, help="seconds to go back each time, for records that appear late", validator=attrs.validators.ge(0)
    )


@attrs.frozen
class Decoder:
    """How an answer's body is read."""

    type: Literal["json", "jsonl", "csv", "xml"] = setting("json", help="its format")
    gzip: Literal["auto", "always", "never"] = setting(
        "auto", help="a body that is itself a gzip file: auto looks at its first bytes"
    )
    encoding: str = setting("utf-8-sig", help="of csv", validator=named)
    delimiter: str = setting(",", help="of csv", validator=[attrs.validators.min_len(1), attrs.validators.max_len(1)])
    header: bool = setting(True, help="csv: the first row has the names; else they are c0, c1, …")


@attrs.frozen
class Endpoint:
    """An operation of the API."""

    id: str = setting(help="its id within the definition", validator=named)
    name: str = setting("", help="such as getContacts")
    description: str = setting("", help="for people")
    method: Method = setting("GET", help="the HTTP method")
    path: str = setting("", help="behind the base URL; may hold {parameters} and {{templates}}")
    queryParams: tuple[ParamConfig, ...] = setting((), help="parameters of the query")
    pathParams: tuple[ParamConfig, ...] = setting((), help="parameters of the path")
    variables: tuple[ParamConfig, ...] = setting((), help="further names for templates of headers, path and body")
    headers: dict[str, str] = setting({}, help="headers, over those of the definition; may hold {{templates}}")
    body: RequestBody | None = setting(None, help="what is sent")
    graphql: GraphQLConfig | None = setting(None, help="a GraphQL operation, in place of a body")
    responseMapping: ResponseMapping = setting(ResponseMapping(), help="what becomes of the answer")
    pagination: dict[str, Any] | None = setting(None, help="{type, …}: how the pages are walked")
    rateLimit: RateLimit | None = setting(None, help="how often it may be asked")
    tags: tuple[str, ...] = setting((), help="for people")
    decoder: Decoder = setting(Decoder(), help='how the answer is read; "csv" is short for {"type": "csv"}')
    forEach: ForEach | None = setting(None, help="ask for each record of another endpoint")
    incremental: Incremental | None = setting(None, help="ask only for what changed")
    test: TestConfig | None = setting(None, help="what a test of it gives and expects, where it is not told")
    failOnRecordError: bool = setting(False, help="a record that does not map ends the run")
    idempotencyHeader: str = setting(
        "", help="send a fresh key in this header, the same in each try, so that an unsafe method may be retried"
    )
