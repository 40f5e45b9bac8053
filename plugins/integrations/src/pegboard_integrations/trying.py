"""Trying an integration out: the same engine as a sync, with other caps, and nothing stored unless asked."""

from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import attrs

from pegboard import AuditEvent, Problem, Services
from pegboard_egress import Egress
from pegboard_records import Item, Records
from pegboard_store import Store

from . import rows
from .actors import Actor
from .engine import Caps, Page, Plan, TestConfig, WalkFailed, expectations, preview, walk, with_mapping
from .execution import target_of
from .integrations import CHANGED, Integrations
from .plans import Plans
from .results import SHOWN, CallResult, PreviewResult, Stored, TestResult, failed, passed, plain, response_of
from .stored import StoredIntegration

MIB = 1024 * 1024
TESTED = Caps(max_pages=1, max_records=SHOWN, max_seconds=60, page_bytes=10 * MIB, cut=True)
CALLED = Caps(max_pages=1, max_seconds=120, page_bytes=32 * MIB)


@attrs.frozen
class PreviewRequest:
    """`sample` is the whole body of an answer; `responseMapping` replaces the endpoint's own."""

    endpointId: str
    sample: Any
    responseMapping: dict[str, Any] | None = None


@attrs.frozen
class ExecuteRequest:
    """One call; `createShards` stores its records."""

    params: dict[str, Any] = attrs.field(factory=dict)
    body: Any = None
    createShards: bool = False


class Trying:
    """Tests, previews and single calls."""

    def __init__(self, services: Services, integrations: Integrations, plans: Plans) -> None:
        self._services = services
        self._store = services.get(Store)
        self._egress = services.get(Egress)
        self._records = services.get(Records)
        self._integrations = integrations
        self._plans = plans

    async def connection(self, actor: Actor, integration_id: str) -> TestResult:
        """A plain GET of the base URL. Raises Problem 404."""
        integration = await self._integrations.get(actor.tenant, integration_id)
        plan = self._plans.base(integration)
        result, _ = await self.once(plan, TestConfig(), mapping=False)
        await self._note(actor, integration, result, "the connection")
        return result

    async def endpoint(self, actor: Actor, integration_id: str, endpoint_id: str, config: TestConfig) -> TestResult:
        """One call of an endpoint; a config that says nothing is the endpoint's own.

        Raises Problem 404, and 422 for values that are missing.
        """
        integration = await self._integrations.get(actor.tenant, integration_id)
        plan = self._plans.endpoint(integration, endpoint_id)
        own = plan.endpoint.test if config == TestConfig() else None
        result, _ = await self.once(plan, own or config, mapping=True)
        await self._note(actor, integration, result, f"endpoint {endpoint_id}")
        return result

    async def once(
        self, plan: Plan, config: TestConfig, *, mapping: bool, state: Any = None
    ) -> tuple[TestResult, Page | None]:
        """One call and its page, if it came to one; `state` is that of the page before it. Raises Problem 422."""
        try:
            page = await self._page(plan, config.testParams, config.testBody, TESTED, state)
        except WalkFailed as failure:
            return failed(failure, expectations(config.expectations, failure)), None
        return passed(plan, page, expectations(config.expectations, page), mapping), page

    async def _page(self, plan: Plan, params: Any, body: Any, caps: Caps, state: Any = None) -> Page:
        pages: Any = walk(plan, self._egress, self._services, params or {}, state=state, caps=caps, body=body)
        async with aclosing(pages):
            async for page in pages:
                first: Page = page
                return first
        raise Problem(502, "no-page", "the call came to no page: its parent endpoint has no records")

    async def _note(self, actor: Actor, integration: StoredIntegration, result: TestResult, what: str) -> None:
        async with self._store.begin() as session:
            await rows.note_test(session, integration, result.outcome, datetime.now(UTC))
            await self._store.changes.publish(session, CHANGED, integration.id)
            await actor.did(_tested(integration.id, result, what), session)

    async def note_draft(
        self, actor: Actor, saved: StoredIntegration | None, target: str, result: TestResult, endpoint_id: str
    ) -> None:
        """Have the test of a draft kept; with `saved`, of which the draft says nothing else, as its own test."""
        what = f"endpoint {endpoint_id}" if endpoint_id else "the connection"
        if saved is not None:
            await self._note(actor, saved, result, what)
        else:
            await actor.did(_tested(target, result, f"{what} of a draft"))

    async def preview(self, actor: Actor, integration_id: str, asked: PreviewRequest) -> PreviewResult:
        """What a mapping makes of a sample; nothing is sent. Raises Problem 404, 422."""
        integration = await self._integrations.get(actor.tenant, integration_id)
        plan = self._plans.endpoint(integration, asked.endpointId)
        mapping = asked.responseMapping
        if mapping is not None:
            plan = self._plans.changed(
                integration, lambda definition: with_mapping(definition, asked.endpointId, mapping), asked.endpointId
            )
        made = await preview(plan, asked.sample, self._services)
        mapped = [{"externalId": one.external_id, "data": one.data} for one in made.mapped]
        return PreviewResult([one.data for one in made.mapped], mapped, made.failed)

    async def execute(self, actor: Actor, integration_id: str, endpoint_id: str, asked: ExecuteRequest) -> CallResult:
        """One call with its mapped records. Raises Problem 404, 422, and 502 with the evidence."""
        integration = await self._integrations.get(actor.tenant, integration_id)
        plan = self._plans.endpoint(integration, endpoint_id)
        if asked.createShards:
            target_of(plan, endpoint_id)
        try:
            page = await self._page(plan, asked.params, asked.body, CALLED)
        except WalkFailed as failure:
            failure.extra = plain(failure.extra)
            await actor.did(attrs.evolve(_executed(integration, endpoint_id), outcome="failure"))
            raise
        source = f"{integration.id}/execute"
        stored = await self._stored(actor, integration, plan, page, source) if asked.createShards else None
        if stored is None:
            await actor.did(_executed(integration, endpoint_id))
        records = [one.data for one in page.mapped]
        return CallResult(
            page.request,
            response_of(plan, page),
            plan.mask(records),
            plan.mask([attrs.asdict(one) for one in page.failed]),
            page.metadata,
            stored,
        )

    async def _stored(
        self, actor: Actor, integration: StoredIntegration, plan: Plan, page: Page, source: str
    ) -> Stored:
        target = target_of(plan, plan.endpoint.id)
        check = self._records.checker(await self._records.type(actor.tenant, target))
        items, refused = [], []
        for one in page.mapped:
            errors = check(one.data)
            if errors or one.external_id is None:
                told = [attrs.asdict(error) for error in errors]
                refused.append({"externalId": one.external_id, "errors": told or [{"detail": "has no identifier"}]})
            else:
                items.append(Item(one.external_id, one.data))
        async with self._store.begin() as session:
            done = await self._records.upsert(session, actor.tenant, target, items, source)
            await actor.did(_executed(integration, plan.endpoint.id), session)
        return Stored(done.created, done.updated, done.unchanged, refused)


def _tested(target: str, result: TestResult, what: str) -> AuditEvent:
    detail = f"{what}: {result.error or 'works'}"
    return AuditEvent("integrations.test", "integration", target, outcome=result.outcome, detail=detail)


def _executed(integration: StoredIntegration, endpoint_id: str) -> AuditEvent:
    return AuditEvent("integrations.execute", "integration", integration.id, detail=f"endpoint {endpoint_id}")
