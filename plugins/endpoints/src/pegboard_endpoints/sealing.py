"""Credentials under seal: those of a row in one envelope, bound to the row and to the origin they were given for."""

import attrs
import orjson

from pegboard import Secret
from pegboard_vault import Place, Vault

from .credentials import PLACES, Secrets, found, masked, masks_of, origin, revealed, secrets_of
from .documents import EndpointData, WidgetDraft
from .stored import StoredWidget


def place_of(widget: StoredWidget) -> Place:
    """Where a row's credentials belong. With the origin they open for no other, however a row got another address."""
    scheme, host, port = origin(widget.draft.endpoint)
    return Place(widget.tenant, widget.id, f"credentials for {scheme}://{host}:{port}")


class Sealing:
    """Seals and opens the credentials of widgets."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def sealed(self, widget: StoredWidget) -> StoredWidget:
        """The same with its credentials in an envelope, and masks in their places."""
        return self._sealed(widget, secrets_of(widget.draft.endpoint_data))

    def opened(self, widget: StoredWidget) -> StoredWidget:
        """The same with its credentials in their places. Raises Problem 503 or 500 where they cannot be opened."""
        return _with_data(widget, revealed(widget.draft.endpoint_data, self._secrets(widget)))

    def resealed(self, before: StoredWidget, after: StoredWidget) -> StoredWidget:
        """`after` sealed, where its masks stand for what `before` has.

        An envelope of which everything stays is kept unopened: what else a widget has can be changed, and its
        credentials be given anew, while a key is lost. Raises Problem 503 or 500 where it must be opened and cannot.
        """
        data, kept = after.draft.endpoint_data, masks_of(after.draft.endpoint_data)
        given = secrets_of(data)
        if before.credentials and not any(given.values()) and kept == masks_of(before.draft.endpoint_data):
            return attrs.evolve(_with_data(after, masked(data)), credentials=before.credentials)
        known = self._secrets(before) if any(kept.values()) else {}
        old = {place: {name: found(known.get(place, {}), name) for name in kept[place]} for place in PLACES}
        return self._sealed(after, {place: {**old[place], **given[place]} for place in PLACES})

    def _secrets(self, widget: StoredWidget) -> Secrets:
        if widget.credentials is None:
            return secrets_of(widget.draft.endpoint_data)
        if not widget.credentials:
            return {}
        secrets: Secrets = orjson.loads(self._vault.open(widget.credentials, place_of(widget)).reveal())
        return secrets

    def _sealed(self, widget: StoredWidget, secrets: Secrets) -> StoredWidget:
        text = Secret(orjson.dumps(secrets).decode())
        envelope = self._vault.seal(text, place_of(widget)) if any(secrets.values()) else ""
        return attrs.evolve(_with_data(widget, masked(widget.draft.endpoint_data)), credentials=envelope)


def _with_data(widget: StoredWidget, data: EndpointData) -> StoredWidget:
    draft: WidgetDraft = attrs.evolve(widget.draft, endpoint_data=data)
    return attrs.evolve(widget, draft=draft)
