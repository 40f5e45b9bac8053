"""One call of an endpoint. Bytes go in and out; the server builds no objects of them."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import attrs
import orjson
from starlette.requests import Request
from starlette.responses import Response

from pegboard import Argument, AuthProvider, Limits, Outcome, Principal, Problem, Program, Run, Sandboxes
from pegboard.dispatch import read_body

from .credentials import is_secret
from .errors import failed
from .plans import Plan, user_argument
from .upstream import Upstream

LIMITS = Limits()
BODY_LIMIT = 1024 * 1024
BODILESS = frozenset({"GET", "HEAD", "DELETE"})


@attrs.frozen
class Execution:
    """What happened in one call, in seconds."""

    outcome: Outcome
    sandbox: str
    upstream: float
    freshness: str

    def headers(self) -> dict[str, str]:
        """Where the body came from, how it was isolated, and what took how long (Server-Timing)."""
        sandbox = self.outcome.start + self.outcome.wall
        timings = (("upstream", self.upstream), ("queue", self.outcome.queue), ("sandbox", sandbox))
        return {
            "X-Cache": self.freshness,
            "X-Sandbox": self.sandbox,
            "X-Isolation": self.outcome.isolation.name,
            "Server-Timing": ", ".join(f"{name};dur={seconds * 1e3:.2f}" for name, seconds in timings),
        }


class Executor:
    """Executes plans for callers."""

    def __init__(self, upstream: Upstream, sandboxes: Sandboxes, credentials: frozenset[str]) -> None:
        """`credentials` are the headers, in lower case, in which callers of this app prove who they are."""
        self._upstream = upstream
        self._sandboxes = sandboxes
        self._credentials = credentials

    async def call(self, plan: Plan, request: Request, principal: Principal | None) -> Response:
        """The answer to one request. Raises Problem with the contract's codes."""
        sandbox = await self._sandboxes.open(plan.sandbox)
        asked = await self._request_argument(request)
        started = time.perf_counter()
        body, freshness = await self._upstream.get(plan.cache_key, plan.request, plan.max_age)
        waited = time.perf_counter() - started
        arguments = (Argument(body), asked, user_argument(principal))
        outcome = await sandbox.run(Run(plan.tenant, plan.program, arguments, LIMITS))
        execution = Execution(outcome, plan.sandbox, waited, freshness)
        problem = failed(outcome, LIMITS)
        if problem is not None:
            problem.headers |= execution.headers()
            raise problem
        return Response(outcome.result, headers=execution.headers(), media_type="application/json")

    async def run(self, sandbox: str, tenant: str, program: Program, arguments: Iterable[Argument]) -> Outcome:
        """Run a program that is not saved."""
        opened = await self._sandboxes.open(sandbox)
        return await opened.run(Run(tenant, program, tuple(arguments), LIMITS))

    async def _request_argument(self, request: Request) -> Argument:
        """`request` as the logic sees it: without the caller's credentials."""
        body = "" if request.method in BODILESS else _decoded(await read_body(request, BODY_LIMIT))
        scope, hidden = request.scope, self._credentials
        bound = {name: value for name, value in request.path_params.items() if name != "widget_id"}
        pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        shown = [(name, value) for name, value in pairs if name not in hidden]
        return described(request.method, scope["path"], shown, request.query_params.multi_items(), bound, body or None)


def credential_headers(providers: Iterable[AuthProvider]) -> frozenset[str]:
    """The headers, in lower case, that authenticators read besides those that everybody knows for secret."""
    schemes = [provider.openapi or {} for provider in providers if provider.inbound]
    return frozenset(str(scheme["name"]).lower() for scheme in schemes if scheme.get("in") == "header")


def described(
    method: str,
    path: str,
    headers: Iterable[tuple[str, str]],
    query: Iterable[tuple[str, str]],
    path_params: Mapping[str, Any],
    body: str | None,
) -> Argument:
    """A request as a sandbox's ``request`` view."""
    document = {
        "method": method,
        "path": path,
        "headers": [(name, value) for name, value in headers if not is_secret(name)],
        "query_params": list(query),
        "path_params": dict(path_params),
        "body": body,
    }
    return Argument(orjson.dumps(document), "request")


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise Problem(400, "invalid-body", "The body must be UTF-8 text") from None
