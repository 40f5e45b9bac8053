"""The service behind the routes: what one may do with endpoints, with all that is checked on the way."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import orjson
from starlette.requests import Request

from pegboard import (
    AuthProvider,
    Capability,
    FieldError,
    Principal,
    Problem,
    Program,
    Registries,
    RouteTable,
    Sandboxes,
    SandboxProvider,
    Services,
    Violation,
)
from pegboard.invalid import invalid
from pegboard.json import converter
from pegboard_egress import Egress
from pegboard_events import EventSink
from pegboard_store import Store
from pegboard_vault import Vault

from .calls import Calls
from .credentials import check_masks
from .documents import (
    ENTRY,
    EndpointData,
    Preview,
    PreviewRequest,
    Timings,
    Validation,
    ViolationReport,
    WidgetDraft,
)
from .errors import failed, refused
from .execution import LIMITS, Executor, credential_headers
from .history import History
from .matching import check_match
from .plans import Plans
from .prefixes import prefix_of
from .previewing import body_of, request_of, user_of
from .results import Results
from .sealing import Sealing
from .settings import EndpointsSettings
from .stored import StoredWidget
from .telling import Failures
from .upstream import Upstream
from .widgets import Widgets, merged, pattern_of

SANDBOX = "/endpoint_data/sandbox"


class Endpoints:
    """Custom endpoints of one app."""

    def __init__(
        self, services: Services, settings: EndpointsSettings, upstream: Upstream, sink: EventSink | None = None
    ) -> None:
        store = services.get(Store)
        self.failures = Failures(store, sink)
        self.settings = settings
        self._changes = store.changes
        self.widgets = Widgets(services, Sealing(services.get(Vault)))
        registries = services.get(Registries)
        self._providers = registries[SandboxProvider]
        repeating = self._providers if settings.result_bytes else ()
        self.plans = Plans(store, self.widgets, settings.plans, settings.sandbox, repeating)
        self._sandboxes = services.get(Sandboxes)
        self.history = History(Calls(store, settings.history_calls, settings.history_days))
        self.executor = Executor(
            upstream,
            self._sandboxes,
            Results(settings.result_bytes),
            credential_headers(registries[AuthProvider]),
            self.history.note,
        )
        self._egress = services.get(Egress)
        self._table = services.get(RouteTable)

    async def create(self, caller: Principal, draft: WidgetDraft, request: Request | None = None) -> StoredWidget:
        """Check a draft and save it; `request` is what asked for it. Raises Problem 422, 409, 403 with the reason."""
        check_masks(draft, None, {})
        await self._check(caller.tenant, draft, None)
        return await self.widgets.create(caller, draft, request)

    async def update(
        self, caller: Principal, widget_id: str, patch: Mapping[str, Any], request: Request | None = None
    ) -> StoredWidget:
        """Merge a patch into a widget, checked as a whole draft is; only into the revision of an ``If-Match``.

        Raises Problem.
        """
        before = await self.widgets.get(widget_id, caller.tenant)
        check_match(request, before)
        document = merged(converter.unstructure(before.draft), patch)
        try:
            draft = converter.structure(document, WidgetDraft)
        except Exception as error:
            raise invalid(error) from None
        check_masks(draft, before.draft, patch)
        await self._check(caller.tenant, draft, before.draft)
        return await self.widgets.replace(before, draft, caller, request)

    async def _check(self, tenant: str, draft: WidgetDraft, before: WidgetDraft | None) -> None:
        self._egress.check_url(draft.endpoint)
        if draft.path is not None and pattern_of(draft.path) != pattern_of(before.path if before else None):
            self._check_path(draft.path)
        data = draft.endpoint_data
        if before is None or _program(data) != _program(before.endpoint_data):
            violations = await self.violations(tenant, data.logic, data.sandbox)
            if violations:
                raise refused(violations)

    def _check_path(self, path: str) -> None:
        prefix_of(path)
        self._changes.poll()  # a path that was freed a moment ago is free
        try:
            template = self._table.check(path)
        except Problem as problem:
            problem.errors = _at_path(problem.detail)
            raise
        if "widget_id" in template.names:
            raise Problem(422, "invalid-path", errors=_at_path("{widget_id} is taken; call the parameter otherwise"))

    async def violations(
        self, tenant: str, logic: str, sandbox: str | None, pointer: str = SANDBOX
    ) -> Sequence[Violation]:
        """All that keeps a program from being saved; nothing of it runs.

        Raises Problem 422, with `pointer`, for an unknown sandbox.
        """
        name = self._sandbox(sandbox, pointer)
        opened = await self._sandboxes.open(name)
        return await opened.check(tenant, Program(logic, ENTRY), LIMITS)

    async def validate(self, tenant: str, logic: str, sandbox: str | None) -> Validation:
        found = await self.violations(tenant, logic, sandbox, "/sandbox")
        return Validation(not found, [ViolationReport(**attrs.asdict(v)) for v in found])

    def _sandbox(self, name: str | None, pointer: str = SANDBOX) -> str:
        """The sandbox to use: one that the operator allows, that is there, and that calls functions."""
        if name is None or name == self.settings.sandbox:
            return self.settings.sandbox
        allowed = self.settings.sandboxes
        usable = [p.name for p in self._providers if p.name in allowed and Capability.FUNCTION in p.capabilities]
        if name not in usable:
            names = ", ".join(sorted({self.settings.sandbox, *usable}))
            detail = f"there is no sandbox {name!r} for endpoints; choose one of {names}"
            error = {"detail": detail, "pointer": pointer}
            raise Problem(422, "invalid-sandbox", detail, errors=[error], extra={"error_code": "INVALID_SANDBOX"})
        return name

    async def preview(self, caller: Principal, wanted: PreviewRequest) -> Preview:
        """Try logic on given data or on what an upstream answers, and store nothing. Raises Problem."""
        violations = await self.violations(caller.tenant, wanted.logic, wanted.sandbox, "/sandbox")
        if violations:
            raise refused(violations, "/logic")
        body, waited = await body_of(wanted, caller.tenant, self.widgets, self._egress)
        sandbox = self._sandbox(wanted.sandbox)
        arguments = (body, request_of(wanted), user_of(wanted, caller))
        outcome = await self.executor.run(sandbox, caller.tenant, Program(wanted.logic, ENTRY), arguments)
        stdout, stderr = (stream.data.decode(errors="replace") for stream in (outcome.stdout, outcome.stderr))
        problem = failed(outcome, LIMITS)
        if problem is not None:
            problem.extra |= {"stdout": stdout, "stderr": stderr}
            raise problem
        timings = Timings(_ms(waited), _ms(outcome.queue), _ms(outcome.start + outcome.wall))
        result = orjson.loads(outcome.result)
        return Preview(result, stdout, stderr, timings, sandbox, outcome.isolation.name)


def _program(data: EndpointData) -> tuple[str, str | None]:
    return data.logic, data.sandbox


def _at_path(detail: str) -> tuple[FieldError, ...]:
    return (FieldError(detail, "/path"),)


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 3)
