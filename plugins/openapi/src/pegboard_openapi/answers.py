"""The standard answers of routes: what the kernel itself may say instead of a result (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import Request

from pegboard import Problem, RouteSpec, render_problem

Schema = dict[str, Any]

PROBLEM: Schema = {
    "type": "object",
    "description": "What went wrong (RFC 9457). A route may add members of its own.",
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "examples": ["urn:pegboard:problem:not-found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what is wrong here, and the way out"},
        "errors": {
            "type": "array",
            "description": "each mistake in the input, with its place",
            "items": {
                "type": "object",
                "properties": {
                    "detail": {"type": "string"},
                    "pointer": {"type": "string", "description": "a JSON pointer (RFC 6901) into the input"},
                },
                "required": ["detail", "pointer"],
            },
        },
    },
    "required": ["type", "title", "status"],
}

PHRASES = {status.value: status.phrase for status in HTTPStatus}

STANDARD = {
    400: "The body is not JSON",
    401: "There is no valid credential",
    403: "The credential lacks a scope",
    404: "There is no such thing",
    413: "The body is too large",
    415: "The body is not announced as JSON",
    422: "The input is not valid: `errors` says where",
    429: "Too many calls: `Retry-After` says when to try again",
    500: "An internal error, which is in the log under the id that is given",
    503: "Something that this needs is not available now",
}

KEYED = {
    400: "The body is not JSON, or the `Idempotency-Key` is missing or not valid",
    409: "The first request with this `Idempotency-Key` is under way, or its answer was not kept",
    422: "The input is not valid: `errors` says where; or this `Idempotency-Key` was sent with another request",
}
"""What a route that takes keys for repeated requests may say."""


def _header(description: str, kind: str = "string") -> Schema:
    return {"description": description, "schema": {"type": kind}}


RATES = {
    "RateLimit-Policy": _header("the rates: `q` calls in `w` seconds (draft-ietf-httpapi-ratelimit-headers-10)"),
    "RateLimit": _header("what is left: `r` calls, and `t` seconds until there are more"),
    "X-RateLimit-Limit": _header("calls in one window", "integer"),
    "X-RateLimit-Remaining": _header("calls that are left in it", "integer"),
    "X-RateLimit-Reset": _header("when there are more, in seconds since 1970", "integer"),
}
REPLAYED = {"Idempotent-Replayed": _header("`true` where this is the answer to an earlier request with the same key")}
RETRY = {"Retry-After": _header("seconds to wait", "integer")}

COMPONENTS = {
    str(status): {
        "description": description,
        **({"headers": RETRY | RATES} if status == 429 else {}),
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, description in STANDARD.items()
}


def possible(spec: RouteSpec, authenticated: bool, limited: bool) -> list[int]:
    """The standard statuses that a route can give; a 405 is none of them, as it answers methods that are not there.

    `authenticated` says that the app has authenticators (a bad credential is refused on any route),
    `limited` that it counts calls of this one.
    """
    given = {
        400: spec.body is not None,
        401: authenticated or not spec.anonymous,
        403: bool(spec.scopes),
        404: "{" in spec.path,
        413: spec.body is not None,
        415: spec.body is not None,
        422: spec.body is not None or spec.query is not None,
        429: limited,
        500: True,
        503: True,
    }
    return [status for status, can in given.items() if can]


def responses(spec: RouteSpec, standard: list[int], result: Schema | None) -> Schema:
    """The responses object of one operation: the result, the standard answers, then the route's own words."""
    made: Schema = {str(spec.status): _result(spec, result) | _headers(spec, 429 in standard)}
    made |= {str(status): _problem(spec, status) for status in standard}
    made |= {str(status): _own(spec, status, text) for status, text in sorted(_words(spec).items())}
    return made


def _words(spec: RouteSpec) -> Mapping[int, str]:
    """The route's own, and those of its keys."""
    if not spec.idempotent:
        return spec.answers
    both = {status: f"{spec.answers[status]}. {KEYED[status]}" for status in KEYED.keys() & spec.answers.keys()}
    return {**KEYED, **spec.answers, **both}


def _headers(spec: RouteSpec, limited: bool) -> Schema:
    """The headers that the result of a route has beside its own."""
    found = (RATES if limited else {}) | (REPLAYED if spec.idempotent else {})
    return {"headers": found} if found else {}


def _result(spec: RouteSpec, schema: Schema | None) -> Schema:
    described: Schema = {"description": PHRASES.get(spec.status, "The result")}
    if schema is None:
        return described
    kinds = [media.partition(";")[0] for media in spec.media]
    content = {kind: {"schema": schema} if kind == "application/json" else {} for kind in kinds}
    return {**described, "content": content}


def _problem(spec: RouteSpec, status: int) -> Schema:
    if spec.render is None:
        return {"$ref": f"#/components/responses/{status}"}
    return {"description": STANDARD[status], "content": {_rendered(spec): {}}}


def _rendered(spec: RouteSpec) -> str:
    """The media type of the problems of a route with a renderer of its own: that of one which it renders."""
    scope = {"type": "http", "method": spec.methods[0], "path": spec.path, "query_string": b"", "headers": []}
    sample = Problem(500, "internal-error", "An internal error occurred")
    media: str = (spec.render or render_problem)(sample, Request(scope)).headers["content-type"]
    return media.partition(";")[0]


def _own(spec: RouteSpec, status: int, text: str) -> Schema:
    if status < 400:
        return {"description": text}
    return {**(COMPONENTS["500"] if spec.render is None else _problem(spec, 500)), "description": text}
