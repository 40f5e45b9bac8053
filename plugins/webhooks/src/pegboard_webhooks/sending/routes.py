"""The routes of subscriptions and of their deliveries."""

from collections.abc import Iterator
from typing import Any

import attrs
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import AuditEvent, Call, RouteSpec, record_event
from pegboard_store import Store

from ..bell import Bell
from .deliveries import Deliveries, DeliveryDetail, DeliveryList, DeliveryQuery, ResendDeliveries
from .outbox import when_committed
from .subscriptions import (
    NewSecret,
    NewSubscription,
    Subscription,
    SubscriptionDraft,
    SubscriptionList,
    SubscriptionPatch,
    SubscriptionQuery,
    Subscriptions,
)

PREFIX = "/api/v1/webhook-subscriptions"
ONE = f"{PREFIX}/{{id}}"
DELIVERIES = "/api/v1/webhook-deliveries"
READ: dict[str, Any] = {"tags": ("webhooks",), "scopes": ("webhooks:read",)}
WRITE: dict[str, Any] = {"tags": ("webhooks",), "scopes": ("webhooks:write",)}
ADDRESSED = {404: "There is no such subscription or delivery in the caller's tenant"}


@attrs.frozen
class Tested:
    """The delivery of a test event."""

    delivery: str


@attrs.frozen
class ResentDeliveries:
    resent: int


async def listed(call: Call[None, SubscriptionQuery]) -> SubscriptionList:
    return await call.services.get(Subscriptions).page(call.caller.tenant, call.query)


async def read(call: Call[None, None]) -> Subscription:
    return await call.services.get(Subscriptions).get(call.caller.tenant, call.path["id"])


async def create(call: Call[SubscriptionDraft, None]) -> NewSubscription:
    caller = call.caller
    async with call.services.get(Store).begin() as session:
        made = await call.services.get(Subscriptions).create(session, caller.tenant, caller.id, call.body)
        await _audit(call, "create", made.subscription.id, session, after=made.subscription)
    return made


async def update(call: Call[SubscriptionPatch, None]) -> Subscription:
    identifier = call.path["id"]
    async with call.services.get(Store).begin() as session:
        found = call.services.get(Subscriptions)
        before, after = await found.update(session, call.caller.tenant, identifier, call.body)
        await _audit(call, "update", identifier, session, before=before, after=after)
    return after


async def delete(call: Call[None, None]) -> None:
    identifier = call.path["id"]
    async with call.services.get(Store).begin() as session:
        before = await call.services.get(Subscriptions).delete(session, call.caller.tenant, identifier)
        await _audit(call, "delete", identifier, session, before=before)


async def renew_secret(call: Call[None, None]) -> NewSecret:
    identifier = call.path["id"]
    async with call.services.get(Store).begin() as session:
        made = await call.services.get(Subscriptions).renew_secret(session, call.caller.tenant, identifier)
        await _audit(call, "regenerate-secret", identifier, session)
    return made


async def test(call: Call[None, None]) -> Tested:
    identifier = call.path["id"]
    async with call.services.get(Store).begin() as session:
        delivery = await call.services.get(Subscriptions).test(session, call.caller.tenant, identifier)
        await _audit(call, "test", identifier, session)
        _look(call, session)
    return Tested(delivery)


async def list_deliveries(call: Call[None, DeliveryQuery]) -> DeliveryList:
    return await call.services.get(Deliveries).page(call.caller.tenant, call.query)


async def read_delivery(call: Call[None, None]) -> DeliveryDetail:
    return await call.services.get(Deliveries).get(call.caller.tenant, call.path["id"])


async def resend_one(call: Call[None, None]) -> None:
    identifier = call.path["id"]
    async with call.services.get(Store).begin() as session:
        await call.services.get(Deliveries).resend_one(session, call.caller.tenant, identifier)
        await _audit(call, "resend", identifier, session)


async def resend(call: Call[ResendDeliveries, None]) -> ResentDeliveries:
    async with call.services.get(Store).begin() as session:
        count = await call.services.get(Deliveries).resend(session, call.caller.tenant, call.body)
        await _audit(call, "resend", call.body.subscription, session)
    return ResentDeliveries(count)


def _look(call: Call[Any, Any], session: AsyncSession) -> None:
    when_committed(session, call.services.get(Bell).ring)


async def _audit(call: Call[Any, Any], what: str, identifier: str, session: AsyncSession, **states: Any) -> None:
    event = AuditEvent(f"webhooks.{what}", "webhook-subscription", identifier, **states)
    await record_event(call.services, event, principal=call.caller, request=call.request, transaction=session)


def routes() -> Iterator[RouteSpec]:
    yield from _subscriptions()
    yield from _deliveries()


def _subscriptions() -> Iterator[RouteSpec]:
    invalid = {422: "The address is none that a request may go to, or the secret is none"}
    yield RouteSpec(
        "webhooks.subscriptions", PREFIX, listed, summary="List subscriptions, the newest first",
        query=SubscriptionQuery, result=SubscriptionList, **READ,
    )  # fmt: skip
    yield RouteSpec(
        "webhooks.subscribe", PREFIX, create, ("POST",), "Subscribe to events",
        description="The secret is shown this once; without one, it is made here.",
        body=SubscriptionDraft, result=NewSubscription, status=201, answers=invalid, **WRITE,
    )  # fmt: skip
    yield RouteSpec(
        "webhooks.subscription", ONE, read, summary="Read a subscription", result=Subscription, answers=ADDRESSED,
        **READ,
    )  # fmt: skip
    yield RouteSpec(
        "webhooks.update-subscription", ONE, update, ("PATCH",), "Change a subscription", body=SubscriptionPatch,
        result=Subscription, answers={**ADDRESSED, **invalid}, **WRITE,
    )  # fmt: skip
    yield RouteSpec(
        "webhooks.unsubscribe", ONE, delete, ("DELETE",), "Delete a subscription", status=204, answers=ADDRESSED,
        **WRITE,
    )  # fmt: skip
    yield RouteSpec(
        "webhooks.renew-secret", f"{ONE}/regenerate-secret", renew_secret, ("POST",), "Make a new secret",
        description="Both sign until the grace time of the old one is over.", result=NewSecret, answers=ADDRESSED,
        **WRITE,
    )  # fmt: skip
    yield RouteSpec(
        "webhooks.test-subscription", f"{ONE}/test", test, ("POST",), "Send a test event", status=202, result=Tested,
        answers={**ADDRESSED, 409: "The subscription is disabled"}, **WRITE,
    )  # fmt: skip


def _deliveries() -> Iterator[RouteSpec]:
    yield RouteSpec(
        "webhooks.deliveries", DELIVERIES, list_deliveries, summary="List deliveries, the newest first",
        query=DeliveryQuery, result=DeliveryList, **READ,
    )  # fmt: skip
    yield RouteSpec(
        "webhooks.delivery", f"{DELIVERIES}/{{id}}", read_delivery, result=DeliveryDetail, answers=ADDRESSED,
        summary="Read a delivery, with its attempts", **READ,
    )  # fmt: skip
    yield RouteSpec(
        "webhooks.resend-deliveries", f"{DELIVERIES}/resend", resend, ("POST",), "Send several deliveries again",
        body=ResendDeliveries, result=ResentDeliveries, **WRITE,
    )  # fmt: skip
    yield RouteSpec(
        "webhooks.resend-delivery", f"{DELIVERIES}/{{id}}/resend", resend_one, ("POST",), "Send a delivery again",
        status=204, answers={**ADDRESSED, 409: "It waits, or its subscription is disabled"}, **WRITE,
    )  # fmt: skip
