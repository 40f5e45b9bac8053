"""Integrations that receive events: ``/api/v1/webhooks/custom/{integrationId}/{secret}``."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from secrets import compare_digest
from typing import Any

import attrs
from sqlalchemy import Row, select

from pegboard import Problem, Registries, Secret, Services
from pegboard_jsonpath import compile_path, text_of
from pegboard_store import Store
from pegboard_webhooks import Effect, Event, Hook, WebhookScheme, WebhookSource, WebhookSources

from .engine import Rule, WebhookConfig, compile_rule, compile_signature, kind_of, read_definition
from .integrations import CHANGED, Integrations
from .reactions import Reactions
from .stored import StoredIntegration
from .tables import integrations as table
from .webhooks import WebhookSecret

NAME = "custom"
KEPT = 256
LIGHT = (table.c.id, table.c.tenant, table.c.status, table.c.revision, table.c.webhook)


@attrs.frozen
class Receiving:
    """What an integration says of receiving, compiled."""

    integration: StoredIntegration
    config: WebhookConfig
    scheme: WebhookScheme
    scheme_config: Any
    generations: Sequence[WebhookSecret] = attrs.field(repr=False)
    rules: Sequence[Rule]
    event_id: Callable[[Any], str] | None

    def hook(self, valid: Sequence[WebhookSecret]) -> Hook:
        return Hook(
            id=self.integration.id,
            tenant=self.integration.tenant,
            scheme=self.scheme,
            config=self.scheme_config,
            secrets=[Secret(one.signing) for one in valid],
            status=self.config.responseStatus,
            body=self.config.responseBody,
            id_header=self.config.idHeader,
            event_id=self.event_id,
        )

    def matching(self, document: Any) -> Sequence[Rule]:
        """The first rule that is for an event, and the others that are for the same kind of it."""
        first = next((rule for rule in self.rules if rule.matches(document)), None)
        return [rule for rule in self.rules if first is not None and rule.event == first.event]


class Receiver:
    """The source of events that custom integrations are."""

    def __init__(self, services: Services, integrations: Integrations, reactions: Reactions) -> None:
        self._store = services.get(Store)
        self._registries = services.get(Registries)
        self._integrations = integrations
        self._reactions = reactions
        self._kept: OrderedDict[tuple[str, int, str], Receiving] = OrderedDict()
        self._rows: dict[str, Row[Any] | None] = {}
        self._generation = 0
        self._store.changes.subscribe(CHANGED, self._forget)

    async def find(self, services: Services, integration_id: str, token: str) -> Hook | None:
        """Raises Problem 409 where the address is right and the integration is not active."""
        row = await self._row(integration_id)
        if row is None or not row.webhook:
            return None
        found, now = await self._receiving(row), datetime.now(UTC)
        valid = [one for one in found.generations if one.valid(now)]
        tokens = [compare_digest(one.token.encode(), token.encode()) for one in valid]
        if not any(tokens):
            return None
        _check_active(row)
        return found.hook(valid)

    async def plan(self, services: Services, event: Event) -> Effect:
        """Raises Problem 404, 409, 422: the event is tried again, and in the end a dead letter."""
        row = await self._row(event.hook)
        if row is None or not row.webhook:
            raise Problem(404, "integration-not-found", "its integration is there no more, or receives nothing")
        _check_active(row)
        found, document = await self._receiving(row), event.document
        rules = found.matching(document)
        if not rules:
            kinds = (kind_of(rule.kind, document) for rule in found.rules)
            return Effect(next((kind for kind in kinds if kind), ""), matched=False)
        return await self._reactions.effect(found.integration, event, document, rules)

    async def _row(self, integration_id: str) -> Row[Any] | None:
        """What decides about an event, remembered until the integration is changed, in whichever process."""
        self._store.changes.poll()
        if integration_id in self._rows or "\0" in integration_id:
            return self._rows.get(integration_id)
        generation = self._generation
        async with self._store.read() as session:
            row: Any = (await session.execute(select(*LIGHT).where(table.c.id == integration_id))).one_or_none()
        if row is not None and generation == self._generation:
            self._rows = self._rows if len(self._rows) < KEPT else {}
            self._rows[integration_id] = row
        return row  # type: ignore[no-any-return]

    def _forget(self, integration_id: str | None) -> None:
        self._generation += 1
        if integration_id is None:
            self._rows.clear()
        else:
            self._rows.pop(integration_id, None)

    async def _receiving(self, row: Row[Any]) -> Receiving:
        key = (row.id, row.revision, row.webhook)
        if key not in self._kept:
            self._kept[key] = self._compiled(await self._integrations.get(row.tenant, row.id))
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _compiled(self, integration: StoredIntegration) -> Receiving:
        config = read_definition(integration.document).webhookConfig
        if config is None:
            raise Problem(404, "webhook-not-found", "the integration receives no events")
        scheme, scheme_config = compile_signature(config.signatureConfig, self._registries)
        rules = [
            compile_rule(route, self._registries, integration.tenant, f"/webhookConfig/eventRouting/{index}")
            for index, route in enumerate(config.eventRouting)
        ]
        generations = self._integrations.webhooks.all(integration)
        return Receiving(integration, config, scheme, scheme_config, generations, rules, _event_id(config.idPath))


def _event_id(path: str) -> Callable[[Any], str] | None:
    if not path:
        return None
    compiled = compile_path(path)
    return lambda document: text_of(compiled.get(document))


def _check_active(row: Row[Any]) -> None:
    if row.status != "active":
        detail = f"the integration is {row.status}: only active ones receive events"
        raise Problem(409, "webhook-inactive", detail, headers={"Retry-After": "3600"})


async def receive_events(services: Services, integrations: Integrations, reactions: Reactions) -> None:
    """Have integrations receive events, where pegboard-webhooks is active."""
    if WebhookSources in services:
        receiver = Receiver(services, integrations, reactions)
        (await services.aget(WebhookSources)).add(WebhookSource(NAME, find=receiver.find, plan=receiver.plan))
