"""What events do: records are made, changed and deleted, syncs are started, and functions of the user's run."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal

import attrs
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Principal, Problem, Services
from pegboard_records import Check, Records
from pegboard_webhooks import Effect, Event

from .actors import Actor
from .custom import CustomActions, Wanted
from .engine import Entry, Rule
from .stored import StoredIntegration
from .syncs import SyncRequest, Syncs
from .versions import newest

Act = Callable[[AsyncSession], Awaitable[Any]]
Storing = Literal["create_shard", "update_shard", "delete_shard"]
OWNER = "webhooks"


class Reactions:
    """Makes effects of events by their rules."""

    def __init__(self, services: Services, records: Records, syncs: Syncs, custom: CustomActions) -> None:
        self._services = services
        self._records = records
        self._syncs = syncs
        self._custom = custom

    async def effect(
        self, integration: StoredIntegration, event: Event, document: Any, rules: Sequence[Rule]
    ) -> Effect:
        """All that the rules say, in their order, in one transaction. Raises Problem."""
        reaction = Reaction(self, integration, event)
        acts = [act for rule in rules for act in await reaction.acts(rule, document)]

        async def apply(session: AsyncSession) -> Any:
            return [await act(session) for act in acts]

        return Effect(rules[0].routing.eventTypeValue, apply, self._syncs.wake)

    @property
    def services(self) -> Services:
        return self._services

    @property
    def records(self) -> Records:
        return self._records

    @property
    def syncs(self) -> Syncs:
        return self._syncs

    @property
    def custom(self) -> CustomActions:
        return self._custom


@attrs.frozen
class Reaction:
    """What one event does."""

    to: Reactions
    integration: StoredIntegration
    event: Event

    @property
    def source(self) -> str:
        return f"{self.integration.id}/{self.event.id}"

    async def acts(self, rule: Rule, document: Any) -> Sequence[Act]:
        """Raises Problem 422 for an event that does not fit, and what a function of the user's ends with."""
        routing = rule.routing
        match routing.action:
            case "trigger_sync":
                return [self._sync(routing.endpointId)]
            case "custom":
                wanted, result = await self.to.custom.run(self.integration, self.event, document, routing.code)
                return [*[await self._wanted(one) for one in wanted], _kept(result)]
            case _:
                entries = await rule.entries(document, self.to.services)
                return [await self._store(routing.action, str(routing.targetShardTypeId), entries)]

    async def _wanted(self, wanted: Wanted) -> Act:
        if wanted.action == "trigger_sync":
            return self._sync(wanted.endpointId)
        return await self._store(wanted.action, wanted.type, [Entry(wanted.externalId, dict(wanted.data))])

    async def _store(self, action: Storing, type_id: str, entries: Sequence[Entry]) -> Act:
        tenant, records = self.integration.tenant, self.to.records
        check = records.checker(await records.type(tenant, type_id))
        if action == "create_shard":
            _check(check, entries)

        async def act(session: AsyncSession) -> Any:
            kept, stale = await newest(session, self.integration.id, type_id, entries)
            done = await self._write(session, action, type_id, kept, check)
            return {"action": action, "records": done, "older": stale}

        return act

    async def _write(
        self, session: AsyncSession, action: Storing, type_id: str, entries: Sequence[Entry], check: Check
    ) -> int:
        tenant, records, source = self.integration.tenant, self.to.records, self.source
        if action == "create_shard":
            await records.put(session, tenant, type_id, {one.external_id: one.data for one in entries}, source)
        elif action == "update_shard":
            for one in entries:
                await records.assign(session, tenant, type_id, one.external_id, one.data, source, check)
        else:
            return await records.remove(session, tenant, type_id, [one.external_id for one in entries], source)
        return len(entries)

    def _sync(self, endpoint: str) -> Act:
        actor = Actor(self.to.services, Principal(OWNER, self.integration.tenant))

        async def act(session: AsyncSession) -> Any:
            run = await self.to.syncs.queue(session, actor, self.integration, SyncRequest(endpoint))
            return {"action": "trigger_sync", "run": run.id}

        return act


def _kept(result: Any) -> Act:
    async def act(session: AsyncSession) -> Any:
        return {"action": "custom", "result": result}

    return act


def _check(check: Check, entries: Sequence[Entry]) -> None:
    wrong = [f"{one.external_id}{error.pointer}: {error.detail}" for one in entries for error in check(one.data)]
    if wrong:
        raise Problem(
            422, "event-not-storable", f"the record is not as its shard type wants it: {'; '.join(wrong[:5])}"
        )
