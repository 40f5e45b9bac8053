"""The secrets of a webhook: the one in its address and the one that signs, both old and new for a time."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import orjson

from pegboard import Secret
from pegboard.json import converter
from pegboard_vault import MASK, Place, Vault

from .stored import StoredIntegration

PATH = "/api/v1/webhooks/custom"


@attrs.frozen
class WebhookSecret:
    """One generation. `token` is a part of the address; `signing` is the key of signatures; `until` it is valid."""

    token: str = attrs.field(repr=False)
    signing: str = attrs.field(repr=False)
    until: datetime | None = None

    @classmethod
    def new(cls, signing: str = "") -> "WebhookSecret":
        own = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"  # as Standard Webhooks has them
        return cls(secrets.token_urlsafe(24), signing or own)

    def valid(self, now: datetime) -> bool:
        return self.until is None or now < self.until


def place_of_webhook(integration: StoredIntegration) -> Place:
    """A webhook is called by others: its secrets are bound to no origin."""
    return Place(integration.tenant, integration.id, "webhook")


class Webhooks:
    """Reads and renews the secrets of webhooks. What receives their events asks `valid`."""

    def __init__(self, vault: Vault, grace: float) -> None:
        self._vault = vault
        self._grace = timedelta(seconds=grace)

    def valid(self, integration: StoredIntegration) -> Sequence[WebhookSecret]:
        """The generations that count now, the newest first. Raises Problem 503 or 500."""
        now = datetime.now(UTC)
        return [one for one in self.all(integration) if one.valid(now)]

    def all(self, integration: StoredIntegration) -> Sequence[WebhookSecret]:
        """All generations, for those who remember them: each says how long it counts. Raises Problem 503 or 500."""
        return self._read(integration)

    def renewed(self, integration: StoredIntegration, signing: str = "") -> StoredIntegration:
        """The same with a new generation; the one that was valid until now stays so for the grace time."""
        now = datetime.now(UTC)
        before = [one for one in self._read(integration) if one.valid(now)]
        old = [attrs.evolve(one, until=one.until or now + self._grace) for one in before]
        return self._written(integration, [WebhookSecret.new(signing), *old])

    def kept(self, before: StoredIntegration | None, after: StoredIntegration) -> StoredIntegration:
        """`after` with the secrets that its document asks for, and the mask in it.

        A new ``webhookSecret`` of the document renews the webhook; the mask, or none, keeps what there is.
        """
        config = after.document.get("webhookConfig")
        if not isinstance(config, dict):
            return attrs.evolve(after, webhook="")
        given = config.get("webhookSecret") or MASK
        masked = attrs.evolve(after, document={**after.document, "webhookConfig": {**config, "webhookSecret": MASK}})
        known = attrs.evolve(masked, webhook=before.webhook if before else "")
        if given == MASK:
            return known if known.webhook else self.renewed(known)
        return self.renewed(known, str(given))

    def path(self, integration: StoredIntegration) -> str:
        """The address below the app's own, with the token of the newest generation."""
        return f"{PATH}/{integration.id}/{self.valid(integration)[0].token}"

    def _read(self, integration: StoredIntegration) -> list[WebhookSecret]:
        if not integration.webhook:
            return []
        text = self._vault.open(integration.webhook, place_of_webhook(integration)).reveal()
        found: list[WebhookSecret] = converter.structure(orjson.loads(text), list[WebhookSecret])
        return found

    def _written(self, integration: StoredIntegration, generations: list[WebhookSecret]) -> StoredIntegration:
        document: Any = converter.unstructure(generations)
        text = Secret(orjson.dumps(document).decode())
        return attrs.evolve(integration, webhook=self._vault.seal(text, place_of_webhook(integration)))


def with_webhook_secret(document: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The document with the secret that was given instead of its mask, so that it can be checked."""
    config, new = document.get("webhookConfig"), given.get("webhookConfig")
    if not isinstance(config, dict) or not isinstance(new, Mapping) or "webhookSecret" not in new:
        return document
    return {**document, "webhookConfig": {**config, "webhookSecret": new["webhookSecret"]}}
