"""The routes of the contract."""

from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import Response

from pegboard import Call, Principal, Problem, RouteSpec, Services
from pegboard.auth import Chain, grants
from pegboard_store import Page

from .call_routes import READ, call_routes
from .documents import (
    Preview,
    PreviewRequest,
    ValidateRequest,
    Validation,
    Widget,
    WidgetDraft,
    WidgetQuery,
)
from .endpoints import Endpoints
from .errors import not_found, widget_problem
from .matching import tagged
from .plans import Plan

PREFIX = "/public/widgets"
EXECUTE = ("widgets:read",)
SIZE = 256 * 1024
PREVIEW_SIZE = 10 * 1024 * 1024

ANSWERS = {
    422: "FORBIDDEN_MODULE, INVALID_CODE, INVALID_SIZE, MISSING_FIELD, INVALID_FIELD, INVALID_PATH, INVALID_SANDBOX, "
    "CREDENTIAL_NEEDED",
    403: "EGRESS_BLOCKED, or a scope is lacking",
    409: "PATH_TAKEN, WIDGET_CHANGED",
}
OUTCOMES = {
    422: "EXECUTION_ERROR, MEMORY_LIMIT, OUTPUT_LIMIT, RECURSION_LIMIT, RESULT_LIMIT, FILES_LIMIT, CRASHED, "
    "RESULT_NOT_SERIALIZABLE",
    502: "UPSTREAM_ERROR, UPSTREAM_NOT_JSON, UPSTREAM_TOO_LARGE",
    503: "SANDBOX_BUSY, SANDBOX_LOST, VAULT_KEY_MISSING, or the sandbox is missing",
    504: "TIMEOUT_ERROR, UPSTREAM_TIMEOUT",
    403: "EGRESS_BLOCKED, or a scope is lacking",
}


async def create(call: Call[WidgetDraft, None]) -> Response:
    return tagged(await call.services.get(Endpoints).create(call.caller, call.body, call.request), 201)


async def listed(call: Call[None, WidgetQuery]) -> Page[Widget]:
    return await call.services.get(Endpoints).widgets.page(call.caller.tenant, call.query)


async def read(call: Call[None, None]) -> Response:
    widgets = call.services.get(Endpoints).widgets
    return tagged(await widgets.get(call.path["id"], call.caller.tenant))


async def update(call: Call[dict[str, Any], None]) -> Response:
    endpoints = call.services.get(Endpoints)
    return tagged(await endpoints.update(call.caller, call.path["id"], call.body, call.request))


async def delete(call: Call[None, None]) -> None:
    await call.services.get(Endpoints).widgets.delete(call.path["id"], call.caller, call.request)


async def validate(call: Call[ValidateRequest, None]) -> Validation:
    return await call.services.get(Endpoints).validate(call.caller.tenant, call.body.logic, call.body.sandbox)


async def preview(call: Call[PreviewRequest, None]) -> Preview:
    return await call.services.get(Endpoints).preview(call.caller, call.body)


async def execute(call: Call[None, None]) -> Response:
    """Serves both addresses of a widget: by its id, and by its own path."""
    endpoints = call.services.get(Endpoints)
    path = call.path
    bound = path.get("widget_id")
    widget_id = bound or path["id"]
    plan = endpoints.plans.kept(widget_id) or await endpoints.plans.get(widget_id)
    if bound and plan.path is None:
        raise not_found(bound)
    admit(call.services, plan, call.principal)
    try:
        return await endpoints.executor.call(plan, call.request, call.principal)
    except Problem as problem:
        await endpoints.failures.tell(plan, problem)
        raise


def admit(services: Services, plan: Plan, principal: Principal | None) -> None:
    """A public endpoint is for everyone, any other for readers of its own tenant. Raises Problem 401, 403, 404."""
    if plan.public:
        return
    caller = services.get(Chain).require(principal, EXECUTE)
    if caller.tenant != plan.tenant:
        raise not_found(plan.id)


WRITE: dict[str, Any] = READ | {"scopes": ("widgets:write",)}
MOVED = {412: "WIDGET_CHANGED: its ETag is another than that of `If-Match`"}
DELETE: dict[str, Any] = READ | {"scopes": ("widgets:delete",), "answers": MOVED}
CHECKED: dict[str, Any] = WRITE | {"body_limit": SIZE, "answers": ANSWERS}

ROUTES = (
    RouteSpec(
        "widgets.create",
        PREFIX,
        create,
        ("POST",),
        "Save a widget",
        body=WidgetDraft,
        result=Widget,
        status=201,
        **CHECKED,
    ),
    RouteSpec("widgets.list", PREFIX, listed, ("GET",), "List widgets", query=WidgetQuery, result=Page[Widget], **READ),
    RouteSpec(
        "widgets.validate",
        f"{PREFIX}/validate",
        validate,
        ("POST",),
        "Say what is wrong with a program, without running it",
        body=ValidateRequest,
        result=Validation,
        **READ | {"body_limit": SIZE},
    ),
    RouteSpec(
        "widgets.preview",
        f"{PREFIX}/preview",
        preview,
        ("POST",),
        "Try a program; nothing is stored",
        body=PreviewRequest,
        result=Preview,
        **WRITE | {"body_limit": PREVIEW_SIZE, "answers": OUTCOMES},
    ),
    *call_routes(PREFIX),
    RouteSpec("widgets.read", f"{PREFIX}/{{id}}", read, ("GET",), "Read a widget", result=Widget, **READ),
    RouteSpec(
        "widgets.update",
        f"{PREFIX}/{{id}}",
        update,
        ("PATCH",),
        "Change any part of a widget",
        description="A merge patch (RFC 7396) of what `POST` takes. With `If-Match` only if it still has that ETag.",
        body=dict[str, Any],
        result=Widget,
        **CHECKED | {"answers": ANSWERS | MOVED},
    ),
    RouteSpec("widgets.delete", f"{PREFIX}/{{id}}", delete, ("DELETE",), "Delete a widget", status=204, **DELETE),
    RouteSpec(
        "widgets.execute",
        f"{PREFIX}/{{id}}/execute",
        execute,
        ("GET",),
        "Call a widget's endpoint",
        description="Needs `widgets:read` unless the widget is public. Any query string and headers go to the logic.",
        anonymous=True,
        result=Any,
        answers=OUTCOMES,
        render=widget_problem,
        tags=("widgets",),
    ),
)


async def catalog(endpoints: Endpoints, principal: Principal | None) -> AsyncIterator[RouteSpec]:
    """Describes the saved endpoints that a caller may know of: the public ones, and those of the caller's tenant."""
    tenant = principal.tenant if principal and grants(principal.scopes, EXECUTE[0]) else None
    async for widget in endpoints.widgets.described(tenant):
        name = f"widgets.execute.{widget.id}"
        common: dict[str, Any] = {
            "summary": widget.draft.name,
            "description": widget.draft.description,
            "tags": ("endpoints",),
            "anonymous": widget.draft.public,
            "scopes": () if widget.draft.public else EXECUTE,
            "query": dict[str, str],
            "result": Any,
            "answers": OUTCOMES,
        }
        yield RouteSpec(name, f"{PREFIX}/{widget.id}/execute", execute, **common)
        if widget.draft.path:
            yield RouteSpec(f"{name}.address", widget.draft.path, execute, tuple(widget.draft.methods), **common)
