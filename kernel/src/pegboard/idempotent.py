"""The ``Idempotency-Key`` of requests (draft-ietf-httpapi-idempotency-key-header-06), for routes that take one."""

import hashlib
import re
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from .auth import Chain
from .contracts import Call, Handler, IdempotencyKey, IdempotencyStore, RouteSpec
from .contracts.route import SAFE_METHODS
from .problems import FieldError, Problem, render_problem

HEADER = "Idempotency-Key"
LONGEST = 255
BARE = re.compile(r"[!#-\[\]-~]+", re.ASCII)
"""A key as most clients send it: visible ASCII without quotes and backslashes."""
QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"', re.ASCII)
"""A key as the draft has it: a string of RFC 9651, section 3.3.3."""


class WholeRequest(Request):
    """A request whose body is there already, so that it can be read twice."""

    def __init__(self, request: Request, body: bytes) -> None:
        super().__init__(request.scope, request.receive, request._send)
        self._body = body


def answered_once(spec: RouteSpec, response: Callable[[Any, int], Response]) -> Handler:
    """The handler of a route that says `idempotent`: with a key that was used before it gives the answer of then.

    `response` makes one of what the route's own handler returns.
    """
    render = spec.render or render_problem

    async def once(call: Call[Any, Any]) -> Response:
        async def answer() -> Response:
            try:
                result = await spec.handler(call)
            except Problem as problem:
                return render(problem, call.request)
            return result if isinstance(result, Response) else response(result, spec.status)

        key = None if call.request.method in SAFE_METHODS else read_key(call.request, spec.idempotent == "required")
        if key is None:
            return await answer()
        return await _store(call).once(_scoped(call, key), await fingerprint(call.request), answer)

    return once


def read_key(request: Request, required: bool) -> str | None:
    """The caller's key, with or without the quotes that the draft wants. Raises Problem 400."""
    given = request.headers.getlist(HEADER)
    if not given and not required:
        return None
    if len(given) != 1:
        detail = "is given more than once" if given else "is missing: this route wants one, such as a random UUID"
        raise _bad(detail)
    quoted = QUOTED.fullmatch(given[0].strip())
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else given[0].strip()
    if not (quoted or BARE.fullmatch(key)):
        raise _bad("must be visible ASCII characters, best a random UUID")
    if not 1 <= len(key) <= LONGEST:
        raise _bad(f"has {len(key)} characters: 1 to {LONGEST} are taken")
    return key


def _bad(detail: str) -> Problem:
    return Problem(400, "idempotency-key", f"{HEADER} {detail}", errors=[FieldError(f"{HEADER} {detail}")])


def _store(call: Call[Any, Any]) -> IdempotencyStore:
    """Raises MissingService: a key that is not kept would be worse than an error."""
    return call.services.get(IdempotencyStore)  # type: ignore[type-abstract]


def _scoped(call: Call[Any, Any], key: str) -> IdempotencyKey:
    """Raises Problem 401 for nobody in particular: an answer is given again only to whom it was given."""
    caller, request = call.principal, call.request
    if caller is None:
        raise call.services.get(Chain).unauthorized(f"{HEADER} needs a caller: send a credential, or leave it out")
    return IdempotencyKey(caller.tenant, caller.id, request.method, request.scope["path"], key)


async def fingerprint(request: Request) -> str:
    """What two equal requests have in common: query, type and bytes of the body."""
    parts = (request.scope["query_string"], request.headers.get("content-type", "").encode(), await request.body())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()
