"""Starting, watching and cancelling syncs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import AuditEvent
from pegboard_store import Store

from . import runs
from .actors import Actor
from .checkpoints import shown
from .execution import not_active, target_of
from .integrations import Integrations
from .plans import Plans
from .runner import Runner
from .runs import Run, RunQuery
from .settings import IntegrationsSettings
from .stored import StoredIntegration
from .tables import runs as table
from .traces import FailedRecord, read_failures, read_traces


@attrs.frozen
class SyncRequest:
    """Sync an endpoint; `full` ignores what earlier runs left to go on from."""

    endpointId: str = attrs.field(validator=attrs.validators.min_len(1))
    params: dict[str, Any] = attrs.field(factory=dict)
    full: bool = False


@attrs.frozen
class RunView:
    """A run as it goes over the wire. Counts are records but for `pages`; `checkpoint` is where it goes on."""

    id: str
    integrationId: str
    endpointId: str
    status: runs.Status
    params: Mapping[str, Any]
    full: bool
    pages: int
    recordsIn: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    failed: int
    stop: Mapping[str, str] | None
    error: Mapping[str, Any] | None
    checkpoint: Any
    attempts: int
    createdBy: str
    createdAt: datetime
    startedAt: datetime | None
    finishedAt: datetime | None

    @classmethod
    def of(cls, run: Run) -> "RunView":
        done = run.counts
        return cls(
            run.id,
            run.integration,
            run.endpoint,
            run.status,
            run.params,
            run.full,
            done.pages,
            done.records_in,
            done.created,
            done.updated,
            done.unchanged,
            done.skipped,
            done.failed,
            run.stop,
            run.error,
            shown(run.checkpoint),
            run.attempts,
            run.created_by,
            run.created_at,
            run.started_at,
            run.finished_at,
        )


@attrs.frozen
class RunList:
    runs: Sequence[RunView]
    total: int
    limit: int
    offset: int


@attrs.frozen
class RunDetail:
    """A run with the account of its pages, and the first of the records that failed."""

    run: RunView
    trace: Sequence[Any]
    failures: Sequence[FailedRecord]
    failuresKept: int


@attrs.frozen
class TraceQuery:
    """``?limit=100&offset=0`` of pages and of failed records."""

    limit: int = attrs.field(default=100, validator=[attrs.validators.ge(1), attrs.validators.le(1000)])
    offset: int = attrs.field(default=0, validator=attrs.validators.ge(0))


class Syncs:
    """The syncs of all tenants."""

    def __init__(
        self, store: Store, integrations: Integrations, plans: Plans, runner: Runner, settings: IntegrationsSettings
    ) -> None:
        self._store = store
        self._integrations = integrations
        self._plans = plans
        self._runner = runner
        self._settings = settings

    async def start(self, actor: Actor, integration_id: str, asked: SyncRequest) -> Run:
        """A run that some process executes soon. Raises Problem 404, 409 (not active, or under way), 422."""
        integration = await self._integrations.get(actor.tenant, integration_id)
        if integration.status != "active":
            raise not_active(integration.name, integration.status)
        target_of(self._plans.endpoint(integration, asked.endpointId), asked.endpointId)
        async with self._store.begin() as session:
            run = await self.queue(session, actor, integration, asked)
        self.wake()
        return run

    async def queue(
        self, session: AsyncSession, actor: Actor, integration: StoredIntegration, asked: SyncRequest
    ) -> Run:
        """The same within the caller's transaction; `wake` after it has committed. Raises Problem 409 (under way)."""
        options: dict[str, Any] = {"params": asked.params, "full": asked.full, "by": actor.principal.id}
        run = await runs.start(session, actor.tenant, integration.id, asked.endpointId, **options)
        await runs.trim(session, integration.id, asked.endpointId, self._settings.kept_runs)
        await actor.did(_event("sync", run), session)
        return run

    def wake(self) -> None:
        """Have this process look for runs now."""
        self._runner.wake()

    async def execute(self, run: Run) -> bool:
        """Execute a run in this very process; False where another one has it already."""
        return await self._runner.execute(run)

    async def get(self, tenant: str, integration_id: str, run_id: str) -> Run:
        """Raises Problem 404."""
        async with self._store.read() as session:
            return await runs.get(session, tenant, integration_id, run_id)

    async def page(self, tenant: str, integration_id: str, query: RunQuery) -> RunList:
        """Raises Problem 404."""
        await self._integrations.get(tenant, integration_id)
        async with self._store.read() as session:
            found, total = await runs.page(session, tenant, integration_id, query)
        return RunList([RunView.of(run) for run in found], total, query.limit, query.offset)

    async def detail(self, tenant: str, integration_id: str, run_id: str, query: TraceQuery) -> RunDetail:
        """Raises Problem 404."""
        async with self._store.read() as session:
            run = await runs.get(session, tenant, integration_id, run_id)
            trace = await read_traces(session, run_id, query.limit, query.offset)
            failed, kept = await read_failures(session, run_id, query.limit, query.offset)
        return RunDetail(RunView.of(run), trace, failed, kept)

    async def cancel(self, actor: Actor, integration_id: str, run_id: str) -> Run:
        """Have a run stop; one that is over stays as it is. Raises Problem 404."""
        async with self._store.begin() as session:
            run = await runs.get(session, actor.tenant, integration_id, run_id)
            await runs.cancel(session, [table.c.id == run_id])
            await actor.did(_event("cancel-sync", run), session)
            return await runs.get(session, actor.tenant, integration_id, run_id)


def _event(action: str, run: Run) -> AuditEvent:
    detail = f"endpoint {run.endpoint}, run {run.id}"
    return AuditEvent(f"integrations.{action}", "integration", run.integration, detail=detail)
