"""The service behind the routes: saved integrations, with all that is checked on the way."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs

from pegboard import AuditEvent, FieldError, Problem
from pegboard_auth_oauth2 import OAuthTokens
from pegboard_store import Store
from pegboard_vault import KeyMissing

from . import rows, runs
from .activity import activity
from .actors import Actor
from .checking import Checker
from .credentials import Credentials
from .matching import Match, check_match
from .patches import definition_of, patched
from .sealing import Sealing
from .stored import StoredIntegration
from .tables import runs as table
from .webhooks import Webhooks, with_webhook_secret

CHANGED = "integrations.integrations"
"""The topic under which the caches of all processes are told which integration is another now."""
STATUSES = ("active", "inactive", "error")


@attrs.frozen
class IntegrationList:
    """One page of a list, as it goes over the wire."""

    integrations: list[dict[str, Any]]
    total: int
    limit: int
    offset: int


@attrs.frozen
class WebhookAddress:
    """Where events are sent to."""

    webhookUrl: str


@attrs.frozen
class NewSecret:
    """A webhook's new secret, shown this once; what was valid before stays so until `previousValidUntil`."""

    webhookUrl: str
    webhookSecret: str
    previousValidUntil: datetime | None


class Integrations:
    """The saved integrations of all tenants."""

    def __init__(
        self, store: Store, checker: Checker, credentials: Credentials, sealing: Sealing, webhooks: Webhooks
    ) -> None:
        self._store = store
        self._checker = checker
        self._credentials = credentials
        self._sealing = sealing
        self.webhooks = webhooks

    async def create(self, actor: Actor, given: Mapping[str, Any]) -> StoredIntegration:
        """Check a definition and save it, inactive. Raises Problem 422 with the place of each error, 409."""
        document = definition_of(given)
        self._credentials.check_masks(document, None)
        await self._checker.check(actor.tenant, document)
        now, user = datetime.now(UTC), actor.principal.id
        new = f"integration_{secrets.token_hex(10)}"
        draft = StoredIntegration(new, actor.tenant, document, "inactive", 1, user, user, now, now)
        stored = self._sealing.sealed(self.webhooks.kept(None, draft))
        async with self._store.begin() as session:
            await rows.add(session, stored)
            await actor.did(_event("create", stored, after=stored), session)
        return stored

    async def get(self, tenant: str, integration_id: str) -> StoredIntegration:
        """Credentials stay shut. Raises Problem 404."""
        async with self._store.read() as session:
            return await rows.one(session, tenant, integration_id)

    async def page(self, tenant: str, query: rows.IntegrationQuery) -> IntegrationList:
        async with self._store.read() as session:
            found, total = await rows.page(session, tenant, query)
            told = await activity(session, [one.id for one in found])
        listed = [one.shown() | told[one.id] for one in found]
        return IntegrationList(listed, total, query.limit, query.offset)

    async def some(self, tenant: str, query: rows.IntegrationQuery) -> Sequence[StoredIntegration]:
        """The integrations of a page, as they are stored."""
        async with self._store.read() as session:
            return (await rows.page(session, tenant, query))[0]

    async def drafted(
        self, tenant: str, document: dict[str, Any], integration_id: str
    ) -> tuple[dict[str, Any], StoredIntegration | None]:
        """A definition that is not saved, with the credentials that its masks stand for, and what is saved of it.

        Raises Problem 404, and 422 for a mask of what is not stored, or not for this origin.
        """
        saved = await self.get(tenant, integration_id) if integration_id else None
        self._credentials.check_masks(document, saved.document if saved else None)
        return (self._sealing.lent(saved, document) if saved else document), saved

    def masks_of(self, document: dict[str, Any]) -> Mapping[str, str]:
        """The pointers to masks, by the names of the credentials that they stand for."""
        return self._credentials.masks_of(document)

    async def update(
        self, actor: Actor, integration_id: str, patch: Mapping[str, Any], match: Match = None
    ) -> StoredIntegration:
        """Merge a patch (RFC 7396), checked as a whole definition is. Raises Problem 422, 409, 404, 412 (`match`).

        ``"status": "active"`` wants a definition that works: with something to do, and the shard types that it names.
        """
        before = await self.get(actor.tenant, integration_id)
        check_match(match, before)
        status = _status(patch, before)
        document = patched(before.document, patch)
        self._credentials.check_masks(document, before.document)
        after = attrs.evolve(
            before,
            document=document,
            status=status,
            revision=before.revision + 1,
            updated_by=actor.principal.id,
            updated_at=datetime.now(UTC),
        )
        after = self._sealing.resealed(before, self.webhooks.kept(before, after))
        checkable = with_webhook_secret(self._checkable(after), document)
        await self._checker.check(actor.tenant, checkable, active=status == "active")
        await self._write(actor, "update", before, after)
        return after

    def _checkable(self, after: StoredIntegration) -> dict[str, Any]:
        """The definition with its credentials; masked where their key is lost, so that all else can be changed."""
        try:
            return self._sealing.opened(after)
        except KeyMissing:
            return after.document

    async def _write(self, actor: Actor, action: str, before: StoredIntegration, after: StoredIntegration) -> None:
        async with self._store.begin() as session:
            await rows.replace(session, before, after)
            if after.status != "active":
                await runs.cancel(session, [table.c.integration == after.id])
            await self._store.changes.publish(session, CHANGED, after.id)
            await actor.did(_event(action, after, before=before, after=after), session)

    async def delete(self, actor: Actor, integration_id: str) -> None:
        """Records that it wrote stay; tokens that it got by OAuth do not. Raises Problem 404."""
        async with self._store.begin() as session:
            before = await rows.remove(session, actor.tenant, integration_id)
            await self._store.changes.publish(session, CHANGED, integration_id)
            await actor.did(_event("delete", before, before=before), session)
        if OAuthTokens in actor.services:
            await actor.services.get(OAuthTokens).forget(actor.tenant, integration_id)

    def opened(self, integration: StoredIntegration) -> dict[str, Any]:
        """The definition with its credentials, for those who send requests. Raises Problem 503 or 500."""
        return self._sealing.opened(integration)

    async def webhook_url(self, tenant: str, integration_id: str, base: str) -> WebhookAddress:
        """Raises Problem 404, and 409 where the definition has no webhook."""
        found = _with_webhook(await self.get(tenant, integration_id))
        return WebhookAddress(base + self.webhooks.path(found))

    async def renew_secret(self, actor: Actor, integration_id: str, base: str) -> NewSecret:
        """A new address and a new key for signatures; the old ones stay valid for the grace time."""
        before = _with_webhook(await self.get(actor.tenant, integration_id))
        after = self.webhooks.renewed(
            attrs.evolve(
                before,
                revision=before.revision + 1,
                updated_by=actor.principal.id,
                updated_at=datetime.now(UTC),
            )
        )
        await self._write(actor, "regenerate-secret", before, after)
        new, *old = self.webhooks.valid(after)
        until = max((one.until for one in old if one.until), default=None)
        return NewSecret(base + self.webhooks.path(after), new.signing, until)


def _status(patch: Mapping[str, Any], before: StoredIntegration) -> Any:
    status = patch.get("status", before.status)
    if status not in STATUSES:
        error = FieldError(f"expected one of {', '.join(STATUSES)}", "/status")
        raise Problem(422, "invalid-integration", "the status is none", errors=[error])
    return status


def _with_webhook(integration: StoredIntegration) -> StoredIntegration:
    if not integration.webhook:
        detail = f"integration {integration.name!r} receives no events: give it a webhookConfig first"
        raise Problem(409, "no-webhook", detail)
    return integration


def _event(
    action: str,
    integration: StoredIntegration,
    *,
    before: StoredIntegration | None = None,
    after: StoredIntegration | None = None,
) -> AuditEvent:
    shown = [one and {"document": one.document, "status": one.status} for one in (before, after)]
    return AuditEvent(f"integrations.{action}", "integration", integration.id, before=shown[0], after=shown[1])
