"""Who receives events: each source is a plugin's, such as the custom integrations'."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import attrs
from attrs.validators import matches_re
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from pegboard import Secret, Services

from ..schemes.contract import Delivery, WebhookScheme
from .content import document_of

Pairs = Sequence[tuple[str, str]]


@attrs.frozen(kw_only=True)
class Hook:
    """An address that receives events. `secrets` are all that count now, so that rotating one loses nothing.

    `event_id` finds the sender's id in the document of a verified event, or gives "". `id_header` names a header that
    has it; where the signature does not cover that, who replays a body can give it another id.
    """

    id: str
    tenant: str
    scheme: WebhookScheme
    config: Any
    secrets: Sequence[Secret] = attrs.field(repr=False)
    status: int = 200
    body: str | None = None
    id_header: str = ""
    event_id: Callable[[Any], str] | None = None

    def answer(self) -> Response:
        """What the sender of an event is answered, at once."""
        text = self.body or ""
        media = "application/json" if text[:1] in ("{", "[") else "text/plain"
        return Response(text, self.status, media_type=media if text else None)


@attrs.define(slots=False)
class Event:
    """An event that was verified and stored. `sent_at` is what the sender signed, where his scheme has a time."""

    seq: int
    id: str
    tenant: str
    source: str
    hook: str
    content_type: str
    headers: Pairs = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    attempts: int
    sent_at: datetime | None
    received_at: datetime

    @cached_property
    def document(self) -> Any:
        """What the body says. CloudEvents have their attributes beside ``data``, in either mode."""
        return document_of(self.headers, self.body, len(self.body) * 1100 + 1024)


@attrs.frozen
class Effect:
    """What is to be done about an event.

    `apply(session)` does it, in the transaction that marks the event as handled, and returns what is kept of it as
    JSON; it may raise `pegboard.Problem`, then the event is tried again. `committed()` is called after that.
    `type` is the kind of event; without `matched` no rule is for it, and nothing is done.
    """

    type: str = ""
    apply: Callable[[AsyncSession], Awaitable[Any]] | None = None
    committed: Callable[[], None] | None = None
    matched: bool = True


@attrs.frozen
class WebhookSource:
    """Receives at ``/api/v1/webhooks/{name}/{id}/{token}``.

    `find(services, id, token)` gives the hook, or None for an unknown id or another token, compared in constant time;
    it raises `pegboard.Problem` where the hook takes nothing now. `plan(services, event)` says what an event is to do,
    outside of any transaction: look things up and run what takes time there. It may come again for the same event.
    """

    name: str = attrs.field(validator=matches_re(r"[a-z][a-z0-9]*(-[a-z0-9]+)*"))
    find: Callable[[Services, str, str], Awaitable[Hook | None]] = attrs.field(kw_only=True)
    plan: Callable[[Services, Event], Awaitable[Effect]] = attrs.field(kw_only=True)


@attrs.define
class WebhookSources:
    """The service that sources are added to, by services that are opened before the app takes requests.

    A service and no hook: a plugin that can receive events works without them where this one is absent.
    """

    _by_name: dict[str, WebhookSource] = attrs.field(factory=dict)

    def add(self, source: WebhookSource) -> None:
        """Raises ValueError for a name that is taken."""
        if source.name in self._by_name:
            raise ValueError(f'there is a source of webhooks "{source.name}" already')
        self._by_name[source.name] = source

    def find(self, name: str) -> WebhookSource | None:
        return self._by_name.get(name)


@attrs.frozen
class Arrival:
    """A delivery that was verified, on its way into the database."""

    source: str
    hook: Hook
    delivery: Delivery
    key: str
    timestamp: int | None
