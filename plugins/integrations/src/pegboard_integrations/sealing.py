"""Credentials under seal: those of a row in one envelope, bound to the row and to the origins they were given for."""

from typing import Any

import attrs
import orjson

from pegboard import Secret
from pegboard_vault import Place, Vault

from .credentials import Credentials, Secrets, origins
from .stored import StoredIntegration


def place_of(integration: StoredIntegration) -> Place:
    """Where a row's credentials belong. With the origins they open for no others, however a row got another address."""
    return Place(integration.tenant, integration.id, f"credentials for {' '.join(origins(integration.document))}")


class Sealing:
    """Seals and opens the credentials of integrations."""

    def __init__(self, vault: Vault, credentials: Credentials) -> None:
        self._vault = vault
        self._credentials = credentials

    def sealed(self, integration: StoredIntegration) -> StoredIntegration:
        """The same with its credentials in an envelope, and masks in their places."""
        return self._sealed(integration, self._credentials.secrets_of(integration.document))

    def opened(self, integration: StoredIntegration) -> dict[str, Any]:
        """The definition with its credentials. Raises Problem 503 or 500 where they cannot be opened."""
        return self._credentials.revealed(integration.document, self._secrets(integration))

    def lent(self, integration: StoredIntegration, document: dict[str, Any]) -> dict[str, Any]:
        """Another document with the credentials of a row in the place of its masks. Raises Problem 503 or 500."""
        if not self._credentials.masks_of(document):
            return document
        return self._credentials.revealed(document, self._secrets(integration))

    def resealed(self, before: StoredIntegration, after: StoredIntegration) -> StoredIntegration:
        """`after` sealed, where its masks stand for what `before` has.

        An envelope of which everything stays is kept unopened: what else a definition has can be changed, and its
        credentials be given anew, while a key is lost. Raises Problem 503 or 500 where it must be opened and cannot.
        """
        given = self._credentials.secrets_of(after.document)
        kept = self._credentials.masks_of(after.document)
        if not given and kept.keys() == self._credentials.masks_of(before.document).keys():
            return attrs.evolve(after, credentials=before.credentials)
        known = self._secrets(before) if kept else {}
        return self._sealed(after, {**{key: known[key] for key in kept if key in known}, **given})

    def _secrets(self, integration: StoredIntegration) -> Secrets:
        if not integration.credentials:
            return {}
        secrets: Secrets = orjson.loads(self._vault.open(integration.credentials, place_of(integration)).reveal())
        return secrets

    def _sealed(self, integration: StoredIntegration, secrets: Secrets) -> StoredIntegration:
        masked = attrs.evolve(integration, document=self._credentials.masked(integration.document))
        text = Secret(orjson.dumps(secrets).decode())
        return attrs.evolve(masked, credentials=self._vault.seal(text, place_of(masked)) if secrets else "")
