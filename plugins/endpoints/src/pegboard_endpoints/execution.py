"""One call of an endpoint. Bytes go in and out; the server builds no objects of them."""

import time
from collections.abc import Callable, Iterable
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from pegboard import (
    Argument,
    AuthProvider,
    Isolation,
    Limits,
    Outcome,
    Principal,
    Problem,
    Program,
    Run,
    Sandbox,
    Sandboxes,
)

from .arguments import BODILESS, RequestArguments, body_text, user_argument
from .errors import failed
from .plans import Plan
from .results import Results, key_of
from .upstream import Freshness, Upstream

LIMITS = Limits()


RawHeaders = tuple[tuple[bytes, bytes], ...]
Note = Callable[[Plan, int, str, float, Outcome | None, Problem | None], None]

CONTENT_TYPE = (b"content-type", b"application/json")


def execution_headers(outcome: Outcome, sandbox: str, upstream: float, freshness: str) -> RawHeaders:
    """Where the body came from, how it was isolated, and what took how long (Server-Timing); `upstream` in seconds."""
    times = (upstream * 1e3, outcome.queue * 1e3, (outcome.start + outcome.wall) * 1e3)
    took = (b"server-timing", b"upstream;dur=%.2f, queue;dur=%.2f, sandbox;dur=%.2f" % times)
    return (*_origin(freshness, sandbox, outcome.isolation), took)


@lru_cache(1000)
def _origin(freshness: str, sandbox: str, isolation: Isolation) -> RawHeaders:
    names = ("x-cache", "x-sandbox", "x-isolation")
    values = (freshness, sandbox, isolation.name)
    return tuple((name.encode(), value.encode()) for name, value in zip(names, values, strict=True))


class ResultResponse(Response):
    """A result as it came from the sandbox. Its headers are few and known, so they are not looked through again."""

    status_code = 200
    background = None

    def __init__(self, result: bytes, headers: RawHeaders) -> None:
        self.body = result
        self.raw_headers = [(b"content-length", b"%d" % len(result)), CONTENT_TYPE, *headers]


class Executor:
    """Executes plans for callers."""

    def __init__(
        self, upstream: Upstream, sandboxes: Sandboxes, results: Results, credentials: frozenset[str], note: Note
    ) -> None:
        """`credentials` are the headers, in lower case, in which callers of this app prove who they are.

        `note` is told how each call ended.
        """
        self._upstream = upstream
        self._sandboxes = sandboxes
        self._results = results
        self._requests = RequestArguments(credentials)
        self._note = note

    async def call(self, plan: Plan, request: Request, principal: Principal | None) -> Response:
        """The answer to one request. Raises Problem with the contract's codes."""
        sandbox = self._sandboxes.opened.get(plan.sandbox) or await self._open(plan)
        text = None if request.method in BODILESS else await body_text(request)
        asked = self._requests.of(request, text)
        found, waited = self._upstream.kept(plan.cache_key, plan.max_age), 0.0
        if found is None:
            found, waited = await self._fetch(plan)
        body, freshness = found
        arguments = (body, asked, user_argument(principal))
        key = key_of(plan.cache_key, *arguments) if plan.repeats and text is None else None
        outcome = self._results.get(key) if key else None
        if outcome is None:
            outcome = await sandbox.run(Run(plan.tenant, plan.program, arguments, LIMITS))
            if key:
                self._results.keep(key, outcome)
        problem = failed(outcome, LIMITS)
        self._note(plan, 200 if problem is None else problem.status, freshness, waited, outcome, problem)
        headers = execution_headers(outcome, plan.sandbox, waited, freshness)
        if problem is not None:
            problem.headers |= {name.decode(): value.decode() for name, value in headers}
            raise problem
        return ResultResponse(outcome.result, headers)

    async def _open(self, plan: Plan) -> Sandbox:
        try:
            return await self._sandboxes.open(plan.sandbox)
        except Problem as problem:
            self._note(plan, problem.status, "", 0.0, None, problem)
            raise

    async def _fetch(self, plan: Plan) -> tuple[tuple[Argument, Freshness], float]:
        """What the upstream gives, and the seconds that took."""
        started = time.perf_counter()
        try:
            found = await self._upstream.get(plan.cache_key, plan.request, plan.max_age)
        except Problem as problem:
            self._note(plan, problem.status, "", time.perf_counter() - started, None, problem)
            raise
        return found, time.perf_counter() - started

    async def run(self, sandbox: str, tenant: str, program: Program, arguments: Iterable[Argument]) -> Outcome:
        """Run a program that is not saved."""
        opened = await self._sandboxes.open(sandbox)
        return await opened.run(Run(tenant, program, tuple(arguments), LIMITS))


def credential_headers(providers: Iterable[AuthProvider]) -> frozenset[str]:
    """The headers, in lower case, that authenticators read besides those that everybody knows for secret."""
    schemes = [provider.openapi or {} for provider in providers if provider.inbound]
    return frozenset(str(scheme["name"]).lower() for scheme in schemes if scheme.get("in") == "header")
