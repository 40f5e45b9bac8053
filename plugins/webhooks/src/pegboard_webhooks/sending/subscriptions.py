"""Who is to be told of what: the subscriptions of a tenant."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import attrs
import orjson
import structlog
from attrs.validators import and_, deep_iterable, ge, le, matches_re, max_len, min_len
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import FieldError, Problem, Secret
from pegboard_egress import Egress, EgressBlocked
from pegboard_events import Happened
from pegboard_store import Store
from pegboard_vault import Vault

from ..schemes.standard import STANDARD, StandardConfig
from ..tables import deliveries, messages, subscriptions
from . import outbox
from .requests import Format
from .sealing import Generation, new_secret, opened, renewed, sealed

PATTERN = r"\*|[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*(\.\*)?"
kinds: Any = and_(min_len(1), max_len(100), deep_iterable(matches_re(PATTERN)))
TEST = "webhook.test"

log = structlog.get_logger(__name__)


@attrs.frozen
class SubscriptionDraft:
    """`events` are ``record.created``, ``record.*`` or ``*``. An `ordered` receiver gets one event at a time."""

    url: str = attrs.field(validator=[min_len(1), max_len(2000)])
    events: tuple[str, ...] = attrs.field(validator=kinds)
    secret: Secret | None = None
    format: Format = "standard"
    ordered: bool = False
    description: str = attrs.field(default="", validator=max_len(500))


@attrs.frozen
class SubscriptionPatch:
    """What is given is changed. ``"status": "active"`` begins to send again after it was disabled."""

    url: str | None = attrs.field(default=None, validator=attrs.validators.optional([min_len(1), max_len(2000)]))
    events: tuple[str, ...] | None = attrs.field(default=None, validator=attrs.validators.optional(kinds))
    format: Format | None = None
    ordered: bool | None = None
    description: str | None = attrs.field(default=None, validator=attrs.validators.optional(max_len(500)))
    status: Literal["active", "disabled"] | None = None


@attrs.frozen
class Subscription:
    """A subscription. Its secret is shown when it is made, and never again; `reason` is why it is disabled."""

    id: str
    url: str
    events: Sequence[str]
    format: Format
    ordered: bool
    description: str
    status: Literal["active", "disabled"]
    reason: str
    failingSince: datetime | None
    createdBy: str
    createdAt: datetime
    updatedAt: datetime


@attrs.frozen
class NewSubscription:
    """A subscription that was made, with its secret."""

    subscription: Subscription
    secret: str = attrs.field(repr=False)


@attrs.frozen
class NewSecret:
    """Shown this once; the secret from before signs beside it until `previousValidUntil`."""

    secret: str = attrs.field(repr=False)
    previousValidUntil: datetime | None


@attrs.frozen
class SubscriptionQuery:
    limit: int = attrs.field(default=50, validator=and_(ge(1), le(500)))
    offset: int = attrs.field(default=0, validator=and_(ge(0), le(10_000_000)))


@attrs.frozen
class SubscriptionList:
    subscriptions: Sequence[Subscription]
    total: int
    limit: int
    offset: int


class Subscriptions:
    """The subscriptions of all tenants; each change is within the caller's transaction."""

    def __init__(self, store: Store, egress: Egress, vault: Vault, grace: float) -> None:
        self._store = store
        self._egress = egress
        self._vault = vault
        self._grace = grace

    async def page(self, tenant: str, query: SubscriptionQuery) -> SubscriptionList:
        """The newest first."""
        own = subscriptions.c.tenant == tenant
        some = select(*subscriptions.c).where(own).order_by(subscriptions.c.created_at.desc(), subscriptions.c.id)
        async with self._store.read() as session:
            total = await session.scalar(select(func.count()).select_from(subscriptions).where(own)) or 0
            rows = (await session.execute(some.limit(query.limit).offset(query.offset))).all()
        return SubscriptionList([_shown(row) for row in rows], total, query.limit, query.offset)

    async def get(self, tenant: str, subscription_id: str) -> Subscription:
        """Raises Problem 404."""
        async with self._store.read() as session:
            return _shown(await self._row(session, tenant, subscription_id))

    async def create(self, session: AsyncSession, tenant: str, by: str, draft: SubscriptionDraft) -> NewSubscription:
        """Raises Problem 422 for an address that no request may go to, and for a secret that is none."""
        self._check(draft.url, draft.secret)
        now, identifier = datetime.now(UTC), f"subscription_{secrets.token_hex(10)}"
        secret = draft.secret.reveal() if draft.secret else new_secret()
        row: dict[str, Any] = {"id": identifier, "tenant": tenant, "url": draft.url, "events": list(draft.events)}
        row |= {"format": draft.format, "ordered": draft.ordered, "description": draft.description}
        row |= {"status": "active", "reason": "", "failing_since": None, "created_by": by}
        row |= {"secret": sealed(self._vault, tenant, identifier, [Generation(secret)])}
        await session.execute(insert(subscriptions).values(**row, created_at=now, updated_at=now))
        await self._changed(session, tenant)
        return NewSubscription(_shown(await self._row(session, tenant, identifier)), secret)

    async def update(
        self, session: AsyncSession, tenant: str, subscription_id: str, patch: SubscriptionPatch
    ) -> tuple[Subscription, Subscription]:
        """Before and after. Raises Problem 404, 422."""
        before = await self._row(session, tenant, subscription_id)
        if patch.url is not None:
            self._check(patch.url, None)
        given: Mapping[str, Any] = attrs.asdict(patch, recurse=False)
        values = {name: value for name, value in given.items() if value is not None}
        if "events" in values:
            values["events"] = list(values["events"])
        if patch.status == "active":
            values |= {"reason": "", "failing_since": None}
        if patch.status == "disabled" and before.status == "active":
            values["reason"] = "disabled by a user"
            await self._bury(session, subscription_id, "the subscription was disabled")
        its = update(subscriptions).where(subscriptions.c.id == subscription_id)
        await session.execute(its.values(**values, updated_at=datetime.now(UTC)))
        await self._changed(session, tenant)
        return _shown(before), _shown(await self._row(session, tenant, subscription_id))

    async def delete(self, session: AsyncSession, tenant: str, subscription_id: str) -> Subscription:
        """Its deliveries stay to be looked at; what waits is sent no more. Raises Problem 404."""
        before = await self._row(session, tenant, subscription_id)
        await self._bury(session, subscription_id, "the subscription was deleted")
        await session.execute(delete(subscriptions).where(subscriptions.c.id == subscription_id))
        await self._changed(session, tenant)
        return _shown(before)

    async def renew_secret(self, session: AsyncSession, tenant: str, subscription_id: str) -> NewSecret:
        """Raises Problem 404, and 503 or 500 where the vault cannot open the old one."""
        row = await self._row(session, tenant, subscription_id)
        secret = new_secret()
        generations = renewed(opened(self._vault, tenant, row.id, row.secret), secret, self._grace)
        envelope = sealed(self._vault, tenant, row.id, generations)
        await session.execute(update(subscriptions).where(subscriptions.c.id == row.id).values(secret=envelope))
        return NewSecret(secret, max((one.until for one in generations if one.until), default=None))

    async def test(self, session: AsyncSession, tenant: str, subscription_id: str) -> str:
        """Send it an event of the type ``webhook.test``, whatever it wants; the delivery. Raises Problem 404, 409."""
        row = await self._row(session, tenant, subscription_id)
        if row.status != "active":
            raise Problem(409, "subscription-disabled", f"the subscription is disabled ({row.reason}): activate it")
        letter = outbox.message(tenant, TEST, row.id, orjson.dumps({"subscription": row.id}))
        made = outbox.delivery(tenant, letter, outbox.lane_of(row.id), subscription=row.id)
        await session.execute(insert(messages), [letter])
        await session.execute(insert(deliveries), [made])
        return str(made["id"])

    async def disable(self, session: AsyncSession, tenant: str, subscription_id: str, reason: str) -> None:
        """Because of its failures. The tenant's other subscriptions are told, and the log."""
        its = update(subscriptions).where(subscriptions.c.id == subscription_id, subscriptions.c.status == "active")
        row = (await session.execute(its.values(status="disabled", reason=reason).returning(*subscriptions.c))).first()
        if row is None:
            return
        log.warning("webhooks.subscription-disabled", tenant=tenant, subscription=subscription_id, reason=reason)
        await self._bury(session, subscription_id, f"the subscription was disabled: {reason}")
        told = Happened("webhook.disabled", subscription_id, {"id": subscription_id, "url": row.url, "reason": reason})
        await outbox.put(session, tenant, [told], await outbox.wanting(session, tenant))
        await self._changed(session, tenant)

    async def _bury(self, session: AsyncSession, subscription_id: str, why: str) -> None:
        its = (deliveries.c.subscription == subscription_id, deliveries.c.state == "waiting")
        ended = {"state": "dead", "due_at": None, "error": why, "ended_at": datetime.now(UTC)}
        await session.execute(update(deliveries).where(*its).values(ended))

    async def _changed(self, session: AsyncSession, tenant: str) -> None:
        await self._store.changes.publish(session, outbox.TOPIC, tenant)

    def _check(self, url: str, secret: Secret | None) -> None:
        try:
            self._egress.check_url(url)
        except EgressBlocked as blocked:
            raise _invalid(f"no request may go there: {blocked.detail} (rule {blocked.rule})", "/url") from None
        try:
            if secret is not None:
                STANDARD.check(StandardConfig(), secret)
        except ValueError as error:
            raise _invalid(str(error), "/secret") from None

    async def _row(self, session: AsyncSession, tenant: str, subscription_id: str) -> Row[Any]:
        one = select(*subscriptions.c).where(subscriptions.c.id == subscription_id, subscriptions.c.tenant == tenant)
        row = None if "\0" in subscription_id else (await session.execute(one)).one_or_none()
        if row is None:
            raise Problem(404, "subscription-not-found", f"there is no subscription {subscription_id!r} of yours")
        return row


def _invalid(detail: str, pointer: str) -> Problem:
    told = f"the subscription is not valid: {pointer[1:]} {detail}"
    return Problem(422, "invalid-subscription", told, errors=[FieldError(detail, pointer)])


def _shown(row: Row[Any]) -> Subscription:
    return Subscription(
        row.id, row.url, row.events, row.format, row.ordered, row.description, row.status, row.reason,
        row.failing_since, row.created_by, row.created_at, row.updated_at,
    )  # fmt: skip
