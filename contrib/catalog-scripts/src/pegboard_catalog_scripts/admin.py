"""A client of Shopify's GraphQL Admin API that keeps to its limits.

What a query costs is known beforehand and what is left is in each answer (``extensions.cost``), so that it waits
before it is refused. 429, ``THROTTLED``, 5xx and broken connections are tried again; all that is sent may be sent
twice. Source: shopify.dev, "GraphQL Admin API rate limits" and "Response status and error codes".
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

import attrs
import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from .failures import InputError, ScriptError
from .program import Job

ATTEMPTS = 8
LONGEST_WAIT = 120.0
TOKEN = "SHOPIFY_ACCESS_TOKEN"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Unavailable(ScriptError):
    """The shop could not answer now; `after` is when it says to come again, in seconds."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(f"the shop did not answer: {reason}")
        self.after = after


@attrs.define
class Budget:
    """The points that are left of the shop's leaky bucket, without those that queries under way may take."""

    clock: Callable[[], float] = time.monotonic
    _left: float = float("inf")
    _restored: float = 0.0
    _at: float = 0.0
    _reserved: float = 0.0
    _costs: dict[str, float] = attrs.field(factory=dict)
    _lock: Lock = attrs.field(factory=Lock, repr=False)

    @contextmanager
    def reserve(self, name: str) -> Iterator[float]:
        """Set aside what the query `name` cost when it was last asked; gives the seconds until that is there."""
        with self._lock:
            cost = self._costs.get(name, 0.0)
            self._reserved += cost
            left = self._left + (self.clock() - self._at) * self._restored - self._reserved
            wait = -left / self._restored if left < 0 and self._restored else 0.0
        try:
            yield min(wait, LONGEST_WAIT)
        finally:
            with self._lock:
                self._reserved -= cost

    def learn(self, name: str, cost: Mapping[str, Any]) -> None:
        """Take in the ``extensions.cost`` of an answer."""
        status = cost.get("throttleStatus") or {}
        with self._lock:
            self._costs[name] = float(cost.get("requestedQueryCost") or 0)
            self._left = float(status.get("currentlyAvailable", self._left))
            self._restored = float(status.get("restoreRate", self._restored))
            self._at = self.clock()


@attrs.frozen
class Admin:
    """One shop. Its calls may come from several threads."""

    client: httpx.Client = attrs.field(repr=False)
    url: str
    pause: Callable[[float], None] = attrs.field(repr=False)
    log: Callable[[str], None] = attrs.field(repr=False)
    budget: Budget = attrs.field(factory=Budget, repr=False)

    def ask(self, name: str, document: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """The ``data`` of an answer. Raises ScriptError for a refusal, Unavailable in the end, or Stopped."""
        retrying = Retrying(
            retry=retry_if_exception_type(Unavailable),
            wait=_wait,
            stop=stop_after_attempt(ATTEMPTS),
            sleep=self.pause,
            before_sleep=self._tell,
            reraise=True,
        )
        return retrying(self._ask, name, document, variables)

    def _ask(self, name: str, document: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        with self.budget.reserve(name) as wait:
            if wait:  # a product that is under way is finished if that takes no waiting
                self.pause(wait)
            answer = _read(self._post({"query": document, "variables": variables}))
            cost = (answer.get("extensions") or {}).get("cost") or {}
            self.budget.learn(name, cost)
        if errors := answer.get("errors"):
            _refuse(name, errors, cost)
        data: Mapping[str, Any] = answer.get("data") or {}
        return data

    def _post(self, body: Mapping[str, Any]) -> httpx.Response:
        try:
            return self.client.post(self.url, json=body)
        except httpx.TransportError as error:
            raise Unavailable(f"{type(error).__name__}: {error}") from None

    def _tell(self, state: RetryCallState) -> None:
        wait = state.next_action.sleep if state.next_action else 0.0
        error = state.outcome.exception() if state.outcome else None
        self.log(f"attempt {state.attempt_number} of {ATTEMPTS} failed, the next one in {wait:.1f} s: {error}")


def open_admin(job: Job) -> Admin:
    """The shop of the job's options, with the token of its environment."""
    url = job.environ.get("SHOPIFY_ADMIN_URL") or f"https://{_shop(job)}/admin/api/{job.options.api_version}"
    address = httpx.URL(url)
    if address.scheme != "https" and address.host not in LOOPBACK:
        raise InputError("the environment variable SHOPIFY_ADMIN_URL: must begin with https://")
    headers = {"X-Shopify-Access-Token": job.secret(TOKEN), "User-Agent": "pegboard-catalog-scripts"}
    client = httpx.Client(headers=headers, timeout=httpx.Timeout(30.0, connect=10.0))
    return Admin(client, f"{url.rstrip('/')}/graphql.json", job.pause, job.report.log)


def user_errors(errors: Sequence[Mapping[str, Any]]) -> str:
    """The ``userErrors`` of a mutation in one text."""
    return "; ".join(f"{'.'.join(map(str, error.get('field') or ['input']))}: {error['message']}" for error in errors)


def _shop(job: Job) -> str:
    if not job.options.shop:
        raise InputError("--shop is missing: the shop's name.myshopify.com")
    return str(job.options.shop)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, Unavailable) and error.after is not None:
        return error.after
    return wait_random_exponential(multiplier=0.5, max=30.0)(state)


def _read(response: httpx.Response) -> Mapping[str, Any]:
    if response.status_code == 429:
        raise Unavailable("429, too many requests", _retry_after(response))
    if response.status_code >= 500:
        raise Unavailable(f"status {response.status_code}")
    if response.status_code in (401, 403):
        raise InputError(f"the shop refused the token ({response.status_code}); check {TOKEN} and the app's scopes")
    if response.status_code != 200:
        place = f"{response.status_code} at {response.url.path}"
        raise ScriptError(f"the shop answered {place}; check --shop and --api-version")
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Unavailable("its answer is not JSON")
    return answer


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds (Shopify sends a number such as ``2.0``). Raises ScriptError for more than anybody would wait."""
    try:
        after = float(response.headers.get("Retry-After", ""))
    except ValueError:
        return None
    if after > LONGEST_WAIT:
        raise ScriptError(f"the shop asks to wait for {after:.0f} s; run the script again then")
    return max(after, 0.0)


def _refuse(name: str, errors: Any, cost: Mapping[str, Any]) -> None:
    first: Mapping[str, Any] = errors[0] if isinstance(errors, list) else {"message": str(errors)}
    code = (first.get("extensions") or {}).get("code")
    if code == "THROTTLED":
        status = cost.get("throttleStatus") or {}
        missing = float(cost.get("requestedQueryCost") or 0) - float(status.get("currentlyAvailable") or 0)
        raise Unavailable("throttled", min(max(missing, 1.0) / float(status.get("restoreRate") or 50), LONGEST_WAIT))
    if code in ("INTERNAL_SERVER_ERROR", "TIMEOUT"):
        raise Unavailable(str(first.get("message")))
    if code == "ACCESS_DENIED":
        raise InputError(f"the shop refused {name}: {first.get('message')}; give the app that scope")
    raise ScriptError(f"the shop refused {name}: {first.get('message')}")
