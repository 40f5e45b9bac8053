"""The routes of the contract."""

from collections.abc import Iterator
from typing import Any

import attrs
from starlette.responses import Response

from pegboard import Call, Rate, RouteSpec, Settings

from .actors import Actor
from .draft_routes import draft_routes
from .engine import TestConfig
from .integrations import IntegrationList, Integrations, NewSecret, WebhookAddress
from .logins import authorize
from .matching import match_of, tagged
from .results import CallResult, PreviewResult, TestResult
from .rows import IntegrationQuery
from .runs import RunQuery
from .settings import IntegrationsSettings
from .syncs import RunDetail, RunList, RunView, SyncRequest, Syncs, TraceQuery
from .trying import ExecuteRequest, PreviewRequest, Trying

PREFIX = "/api/v1/custom-integrations"
ONE = f"{PREFIX}/{{id}}"
DEFINITION = 1024 * 1024
SAMPLE = 10 * 1024 * 1024
MINUTE = 60

Document = dict[str, Any]


@attrs.frozen
class LoginQuery:
    """`returnTo` is a path of this site, where the browser goes in the end."""

    returnTo: str = ""


async def create(call: Call[Document, None]) -> Response:
    return tagged(await call.services.get(Integrations).create(Actor.of(call), call.body), 201)


async def listed(call: Call[None, IntegrationQuery]) -> IntegrationList:
    return await call.services.get(Integrations).page(call.caller.tenant, call.query)


async def read(call: Call[None, None]) -> Response:
    return tagged(await call.services.get(Integrations).get(call.caller.tenant, call.path["id"]))


async def update(call: Call[Document, None]) -> Response:
    found, match = call.services.get(Integrations), match_of(call.request)
    return tagged(await found.update(Actor.of(call), call.path["id"], call.body, match))


async def delete(call: Call[None, None]) -> None:
    await call.services.get(Integrations).delete(Actor.of(call), call.path["id"])


async def test(call: Call[None, None]) -> TestResult:
    return await call.services.get(Trying).connection(Actor.of(call), call.path["id"])


async def test_endpoint(call: Call[TestConfig, None]) -> TestResult:
    path = call.path
    return await call.services.get(Trying).endpoint(Actor.of(call), path["id"], path["endpoint_id"], call.body)


async def preview(call: Call[PreviewRequest, None]) -> PreviewResult:
    return await call.services.get(Trying).preview(Actor.of(call), call.path["id"], call.body)


async def execute(call: Call[ExecuteRequest, None]) -> CallResult:
    path = call.path
    return await call.services.get(Trying).execute(Actor.of(call), path["id"], path["endpoint_id"], call.body)


async def sync(call: Call[SyncRequest, None]) -> RunView:
    return RunView.of(await call.services.get(Syncs).start(Actor.of(call), call.path["id"], call.body))


async def list_runs(call: Call[None, RunQuery]) -> RunList:
    return await call.services.get(Syncs).page(call.caller.tenant, call.path["id"], call.query)


async def read_run(call: Call[None, TraceQuery]) -> RunDetail:
    path = call.path
    return await call.services.get(Syncs).detail(call.caller.tenant, path["id"], path["run_id"], call.query)


async def cancel_run(call: Call[None, None]) -> RunView:
    path = call.path
    return RunView.of(await call.services.get(Syncs).cancel(Actor.of(call), path["id"], path["run_id"]))


async def webhook_url(call: Call[None, None]) -> WebhookAddress:
    found = call.services.get(Integrations)
    return await found.webhook_url(call.caller.tenant, call.path["id"], _base(call))


async def regenerate_secret(call: Call[None, None]) -> NewSecret:
    return await call.services.get(Integrations).renew_secret(Actor.of(call), call.path["id"], _base(call))


async def login(call: Call[None, LoginQuery]) -> Response:
    found = call.services.get(Integrations)
    return await authorize(Actor.of(call), found, call.path["id"], call.query.returnTo)


def _base(call: Call[Any, Any]) -> str:
    """The address of this app: as the operator says, else as the caller has it."""
    return (call.services.get(Settings).kernel.public_url or str(call.request.base_url)).rstrip("/")


COMMON: dict[str, Any] = {"tags": ("custom integrations",)}
READ: dict[str, Any] = {**COMMON, "scopes": ("integrations:read",)}
WRITE: dict[str, Any] = {**COMMON, "scopes": ("integrations:write",)}
ADDRESSED: dict[int, str] = {404: "There is no such integration, endpoint or run in the caller's tenant"}
CHECKED: dict[str, Any] = {
    "body_limit": DEFINITION,
    "answers": {
        **ADDRESSED,
        409: "The name is taken, or it was changed meanwhile",
        422: "With the place of each error",
    },
}

MOVED = "It was changed: its ETag is another than that of `If-Match`"
CHANGED: dict[str, Any] = {**CHECKED, "answers": {**CHECKED["answers"], 412: MOVED}}


def routes(settings: IntegrationsSettings) -> Iterator[RouteSpec]:
    """All routes; how often tests and syncs may be asked for is the operator's to say."""
    yield from _saved()
    yield from draft_routes(Rate(settings.test_rate, MINUTE))
    yield from _tried(Rate(settings.test_rate, MINUTE))
    yield from _synced(Rate(settings.sync_rate, MINUTE))
    yield from _connected()


def _saved() -> Iterator[RouteSpec]:
    yield RouteSpec(
        "integrations.list", PREFIX, listed, summary="List integrations, with their last run and next sync",
        query=IntegrationQuery, result=IntegrationList, **READ,
    )  # fmt: skip
    yield RouteSpec(
        "integrations.create", PREFIX, create, ("POST",), "Save a definition",
        description="It is inactive until it is activated by a `PATCH` of `status`. Errors have a JSON pointer each.",
        body=Document, result=Document, status=201, **WRITE, **CHECKED,
    )  # fmt: skip
    yield RouteSpec(
        "integrations.read", ONE, read, summary="Read an integration", result=Document, answers=ADDRESSED, **READ
    )
    yield RouteSpec(
        "integrations.update", ONE, update, ("PATCH",), "Change any part of an integration",
        description='A merge patch (RFC 7396). "***" keeps a stored credential; `auth` of another type replaces all '
        "of it; where the origin of `baseUrl` or `tokenUrl` changes, credentials must be sent again. With "
        "`If-Match` only if it still has that ETag.",
        body=Document, result=Document, **WRITE, **CHANGED,
    )  # fmt: skip
    yield RouteSpec(
        "integrations.delete", ONE, delete, ("DELETE",), "Delete an integration and its runs; its records stay",
        scopes=("integrations:delete",), status=204, answers=ADDRESSED, **COMMON,
    )  # fmt: skip


def _tried(rate: Rate) -> Iterator[RouteSpec]:
    yield RouteSpec(
        "integrations.test", f"{ONE}/test", test, ("POST",), "Test the connection by a plain GET of the base URL",
        result=TestResult, answers=ADDRESSED, rate=rate, **WRITE,
    )  # fmt: skip
    yield RouteSpec(
        "integrations.test-endpoint", f"{ONE}/test/{{endpoint_id}}", test_endpoint, ("POST",), "Test an endpoint",
        description="One call; nothing is stored. The answer shows request and response with credentials masked, the "
        "first records as they are mapped, what was expected, and why it ended as it did.",
        body=TestConfig, result=TestResult, answers={**ADDRESSED, 422: "A value is missing"}, rate=rate, **WRITE,
    )  # fmt: skip
    yield RouteSpec(
        "integrations.preview", f"{ONE}/preview", preview, ("POST",), "Map a sample; no request is sent",
        body=PreviewRequest, result=PreviewResult, body_limit=SAMPLE,
        answers={**ADDRESSED, 422: "The mapping is not valid"}, **WRITE,
    )  # fmt: skip
    yield RouteSpec(
        "integrations.execute", f"{ONE}/execute/{{endpoint_id}}", execute, ("POST",), "Call an endpoint once",
        description="`createShards` stores the records that come.",
        body=ExecuteRequest, result=CallResult, body_limit=SAMPLE, rate=rate,
        answers={**ADDRESSED, 422: "A value is missing", 502: "The call failed; with the evidence"}, **WRITE,
    )  # fmt: skip


def _synced(rate: Rate) -> Iterator[RouteSpec]:
    yield RouteSpec(
        "integrations.sync", f"{ONE}/sync", sync, ("POST",), "Sync an endpoint into records",
        description="Answers at once with a run, whose row tells how far it is. `full` ignores what earlier runs left.",
        body=SyncRequest, result=RunView, status=202, rate=rate,
        answers={**ADDRESSED, 409: "It is not active, or a sync of the endpoint is under way"}, **WRITE,
    )  # fmt: skip
    yield RouteSpec(
        "integrations.runs", f"{ONE}/runs", list_runs, summary="List runs, the newest first", query=RunQuery,
        result=RunList, answers=ADDRESSED, **READ,
    )  # fmt: skip
    yield RouteSpec(
        "integrations.run", f"{ONE}/runs/{{run_id}}", read_run, query=TraceQuery, result=RunDetail,
        summary="Read a run, with the account of its pages and the records that failed", answers=ADDRESSED, **READ,
    )  # fmt: skip
    yield RouteSpec(
        "integrations.cancel-run", f"{ONE}/runs/{{run_id}}/cancel", cancel_run, ("POST",), "Cancel a run",
        description="What it has written stays. A run that is over stays as it is.",
        result=RunView, status=202, answers=ADDRESSED, **WRITE,
    )  # fmt: skip


def _connected() -> Iterator[RouteSpec]:
    no_webhook = {**ADDRESSED, 409: "The definition has no webhookConfig"}
    yield RouteSpec(
        "integrations.webhook-url", f"{ONE}/webhook-url", webhook_url, result=WebhookAddress,
        summary="The address that events are sent to; whoever has it may send some", answers=no_webhook, **WRITE,
    )  # fmt: skip
    yield RouteSpec(
        "integrations.regenerate-secret", f"{ONE}/regenerate-secret", regenerate_secret, ("POST",),
        "Make a new address and a new secret for signatures",
        description="They are shown this once; what was valid before stays so for a grace time.",
        result=NewSecret, answers=no_webhook, **WRITE,
    )  # fmt: skip
    yield RouteSpec(
        "integrations.authorize", f"{ONE}/oauth/authorize", login, summary="Log in at the API's authorization server",
        query=LoginQuery, answers={**ADDRESSED, 303: "To the login", 422: "It does not log in so"}, **WRITE,
    )  # fmt: skip
