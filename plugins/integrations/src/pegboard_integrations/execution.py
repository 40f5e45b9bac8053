"""One run, from its checkpoint to its end: a page is fetched, mapped, and written together with how far the run is.

Whoever has a run's lease calls `Execution.run`; today that is the runner of this process, or a command.
"""

from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

import anyio
import structlog
from anyio.streams.memory import MemoryObjectSendStream

from pegboard import Problem, Services, Stop
from pegboard_egress import Egress
from pegboard_records import Records
from pegboard_store import Store, StoreProblem

from . import leases, rows, runs
from .checkpoints import Checkpoints
from .endings import Endings
from .engine import Caps, Page, Plan, WalkFailed, walk
from .integrations import CHANGED, Integrations
from .leases import Lease, LeaseLost
from .plans import Plans
from .results import plain
from .runs import Counts
from .settings import IntegrationsSettings
from .storing import Cancelled, Storing, Work

log = structlog.get_logger(__name__)

ATTEMPTS = 5
"""How often a run is begun at the same page before it is given up: what kills its process would do so for ever."""
REFUSED = 401
AHEAD = 8
"""Pages that are held in memory, fetched and not yet written, at the most."""


class Execution:
    """Executes runs whose lease this process holds."""

    def __init__(
        self, services: Services, settings: IntegrationsSettings, integrations: Integrations, plans: Plans,
        checkpoints: Checkpoints, endings: Endings,
    ) -> None:  # fmt: skip
        self._services = services
        self._settings = settings
        self._store = services.get(Store)
        self._records = services.get(Records)
        self._egress = services.get(Egress)
        self._integrations = integrations
        self._plans = plans
        self._checkpoints = checkpoints
        self._endings = endings
        self._storing = Storing(self._store, self._records, checkpoints, endings, settings)

    async def run(self, lease: Lease) -> None:
        """Go on with a run to its end. What goes wrong ends up in its row; cancelled, the run is given back."""
        bound = log.bind(run=lease.run.id, integration=lease.run.integration, endpoint=lease.run.endpoint)
        try:
            await self._keeping(lease)
            bound.info("integrations.run-ended")
        except LeaseLost:
            bound.warning("integrations.lease-lost")
        except StoreProblem as problem:
            bound.warning("integrations.run-interrupted", reason=problem.detail)
            await self._give_back(lease)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._give_back(lease)
            raise

    async def _give_back(self, lease: Lease) -> None:
        """For any process to go on with. While the database is away, the lease runs out by itself."""
        try:
            async with self._store.begin() as session:
                await leases.release(session, lease)
        except StoreProblem as problem:
            log.warning("integrations.lease-not-released", run=lease.run.id, reason=problem.detail)

    async def _keeping(self, lease: Lease) -> None:
        """Work, while a task beside it keeps the lease: a page may take longer to come than a lease lasts."""
        ended: Exception | None = None
        async with anyio.create_task_group() as group:

            async def beat() -> None:
                nonlocal ended
                ended = await self._beat(lease)
                group.cancel_scope.cancel()

            group.start_soon(beat)
            try:
                await self._work(lease)
            except (LeaseLost, StoreProblem) as error:
                ended = error
            group.cancel_scope.cancel()
        if ended is not None:
            raise ended

    async def _beat(self, lease: Lease) -> LeaseLost | None:
        """Ends when the run is another's, or was cancelled."""
        while True:
            await anyio.sleep(lease.seconds / 3)
            try:
                async with self._store.begin() as session:
                    if await leases.renew(session, lease):
                        await self._endings.finish(session, lease, "cancelled", _cancelled())
                        return None
            except LeaseLost as lost:
                return lost
            except StoreProblem as problem:
                log.warning("integrations.lease-not-renewed", run=lease.run.id, reason=problem.detail)

    async def _work(self, lease: Lease) -> None:
        try:
            if lease.run.attempts > ATTEMPTS:
                detail = f"it was begun {ATTEMPTS} times at the same page and never came to its end; see the log"
                raise Problem(500, "given-up", detail)
            await self._walk(await self._prepared(lease))
        except Cancelled:
            await self._finish(lease, "cancelled", _cancelled())
        except (StoreProblem, LeaseLost):
            raise
        except Problem as problem:
            await self._fail(lease, problem)
        except Exception as error:
            log.error("integrations.run-broken", run=lease.run.id, exc_info=error)
            detail = f"an internal error occurred; it is in the log under the run's id {lease.run.id}"
            await self._fail(lease, Problem(500, "internal-error", detail))

    async def _prepared(self, lease: Lease) -> Work:
        run = lease.run
        integration = await self._integrations.get(run.tenant, run.integration)
        if integration.status != "active":
            raise not_active(integration.name, integration.status)
        plan = self._plans.endpoint(integration, run.endpoint)
        target = target_of(plan, run.endpoint)
        check = self._records.checker(await self._records.type(run.tenant, target))
        return Work(plan, lease, target, check, f"{run.integration}/{run.id}")

    async def _walk(self, work: Work) -> None:
        """Fetch and map in a task beside the one that writes, a few pages ahead."""
        caps, state = self._caps(work.lease.run.counts), await self._state(work)
        send, receive = anyio.create_memory_object_stream[Page | Exception](AHEAD)
        ended: Exception | None = None
        async with anyio.create_task_group() as group, send, receive:
            group.start_soon(self._fetch, work, state, caps, send)
            try:
                await self._storing.store(work, receive)
            except Exception as error:
                ended = error
            group.cancel_scope.cancel()
        if ended is not None:
            raise ended

    async def _fetch(self, work: Work, state: Any, caps: Caps, send: MemoryObjectSendStream[Page | Exception]) -> None:
        """What goes wrong comes behind the pages that came before it, which are written."""
        run = work.lease.run
        async with send:
            try:
                pages: Any = walk(work.plan, self._egress, self._services, run.params, state=state, caps=caps)
                async with aclosing(pages):
                    async for page in pages:
                        # Objects that outlive a few collections are looked through by a full one, which takes longer
                        # than all else that is done with a thousand records: what came goes as soon as it is mapped.
                        await send.send(page.mapped_only())
            except Exception as error:
                await send.send(error)

    async def _state(self, work: Work) -> Any:
        run = work.lease.run
        if run.checkpoint is not None:
            return self._checkpoints.opened(run)
        if run.full:
            return None
        async with self._store.read() as session:
            return await runs.read_cursor(session, run.integration, run.endpoint)

    def _caps(self, done: Counts) -> Caps:
        config = self._settings
        pages, records = config.max_pages - done.pages, config.max_records - done.records_in
        if pages <= 0 or records <= 0:
            raise Problem(422, "run-too-long", "it came to the most pages or records that one run may have")
        return Caps(pages, records, config.max_bytes, config.max_seconds)

    async def _finish(self, lease: Lease, status: runs.Status, stop: Stop) -> None:
        async with self._store.begin() as session:
            await self._endings.finish(session, lease, status, stop)

    async def _fail(self, lease: Lease, problem: Problem) -> None:
        """A run that failed says why; where the credentials are refused, so does the integration."""
        refused = isinstance(problem, WalkFailed) and problem.response and problem.response.status == REFUSED
        async with self._store.begin() as session:
            await self._endings.finish(session, lease, "failed", Stop("failed", str(problem)), error_of(problem))
            if refused:
                await rows.note_refused(session, lease.run.integration)
                await self._store.changes.publish(session, CHANGED, lease.run.integration)


def error_of(problem: Problem) -> Mapping[str, Any]:
    """A problem as it is kept in a row: its own evidence is masked where it is made."""
    return plain(problem.body())


def not_active(name: str, status: str) -> Problem:
    detail = f'integration {name!r} is {status}; only active ones sync: set "status": "active" first'
    return Problem(409, "integration-not-active", detail)


def target_of(plan: Plan, endpoint_id: str) -> str:
    """The shard type that an endpoint writes. Raises Problem 422."""
    target: str | None = plan.target
    if not target:
        detail = f"endpoint {endpoint_id!r} has nothing to store records as: set responseMapping.targetShardTypeId"
        raise Problem(422, "no-target", detail)
    return target


def _cancelled() -> Stop:
    return Stop("cancelled", "cancelled by a user")
