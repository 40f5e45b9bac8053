"""Single webhooks, for plugins that are given an address and a secret by their callers."""

from collections.abc import Callable
from urllib.parse import urlsplit

import attrs
from attrs.validators import max_len, min_len
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import FieldError, Principal, Problem, Secret
from pegboard_egress import Egress
from pegboard_vault import Vault

from ..schemes.standard import STANDARD, StandardConfig
from ..tables import deliveries, messages
from .outbox import delivery, message, when_committed
from .sealing import Generation, sealed


@attrs.frozen
class OutgoingEvent:
    """What is sent: `body` as it is, which is JSON. `type` and `subject` are for those who look after deliveries."""

    type: str = attrs.field(validator=[min_len(1), max_len(200)])
    body: bytes = attrs.field(repr=False)
    subject: str = attrs.field(default="", validator=max_len(500))


@attrs.frozen
class Sender:
    """Sends webhooks with the headers of Standard Webhooks, until they have arrived or are dead letters."""

    egress: Egress
    vault: Vault
    committed: Callable[[], None]

    def check(self, url: str, secret: Secret) -> None:
        """Raises EgressBlocked (403) for an address that no request may go to, Problem 422 for no secret."""
        self.egress.check_url(url)
        try:
            STANDARD.check(StandardConfig(), secret)
        except ValueError as error:
            detail = f"the secret {error}"
            raise Problem(422, "invalid-webhook-secret", detail, errors=[FieldError(str(error), "/secret")]) from None

    async def send(
        self, session: AsyncSession, owner: Principal, url: str, secret: Secret, event: OutgoingEvent
    ) -> str:
        """Send an event if, and only if, the transaction of `session` commits; the id of its delivery.

        What cannot be delivered is tried again for hours, then it is a dead letter of `owner`'s tenant. Raises what
        `check` raises.
        """
        self.check(url, secret)
        letter = message(owner.tenant, event.type, event.subject, event.body)
        parts = urlsplit(url)
        row = delivery(owner.tenant, letter, f"sent:{owner.tenant}/{parts.scheme}://{parts.netloc}", url=url)
        row["secret"] = sealed(self.vault, owner.tenant, row["id"], [Generation(secret.reveal())])
        await session.execute(insert(messages), [letter])
        await session.execute(insert(deliveries), [row])
        when_committed(session, self.committed)
        return str(row["id"])
