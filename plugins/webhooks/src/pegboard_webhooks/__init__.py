"""Webhooks: events received and sent, verified, signed, kept, and brought to their end by jobs."""

from collections.abc import Iterable, Sequence

import click

from pegboard import Panel, Point, RouteSpec, ServiceRegistry, Settings, hookimpl
from pegboard_jobs import JobKind, JobListener
from pegboard_store import Migrations
from pegboard_vault import Sealed

from .commands import webhooks
from .opening import offer
from .panels import panels
from .receiving.contract import Effect, Event, Hook, WebhookSource, WebhookSources
from .receiving.events import Events
from .receiving.handling import KIND as HANDLING
from .receiving.routes import routes as receiving_routes
from .schemes.contract import Answer, Delivery, Message, Refused, Signed, Verified, WebhookScheme
from .schemes.hmacs import HMAC, HmacConfig
from .schemes.message_signatures import MESSAGE_SIGNATURE, MessageSignatureConfig
from .schemes.plain import BASIC, NONE, BasicConfig, NoneConfig
from .schemes.senders import GITHUB, SHOPIFY, SLACK, SlackConfig
from .schemes.standard import STANDARD, StandardConfig
from .schemes.stripe import STRIPE, StripeConfig
from .schemes.twilio import TWILIO, TwilioConfig
from .sending.deliveries import Deliveries
from .sending.delivering import KIND as SENDING
from .sending.jobs import LISTENER
from .sending.routes import routes as sending_routes
from .sending.sealing import SEALED
from .sending.sender import OutgoingEvent, Sender
from .sending.subscriptions import Subscriptions
from .settings import WebhooksSettings

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "BasicConfig",
    "Deliveries",
    "Delivery",
    "Effect",
    "Event",
    "Events",
    "HmacConfig",
    "Hook",
    "Message",
    "MessageSignatureConfig",
    "NoneConfig",
    "OutgoingEvent",
    "Refused",
    "Sender",
    "Signed",
    "SlackConfig",
    "StandardConfig",
    "StripeConfig",
    "Subscriptions",
    "TwilioConfig",
    "Verified",
    "WebhookScheme",
    "WebhookSource",
    "WebhookSources",
    "WebhooksSettings",
]


@hookimpl
def pegboard_settings() -> type:
    return WebhooksSettings


@hookimpl
def pegboard_points() -> Point:
    return Point("webhook-schemes", "Ways to sign events", hook="pegboard_webhook_schemes", record=WebhookScheme)


@hookimpl
def pegboard_webhook_schemes() -> Iterable[WebhookScheme]:
    return (HMAC, STANDARD, STRIPE, GITHUB, SLACK, SHOPIFY, TWILIO, BASIC, MESSAGE_SIGNATURE, NONE)


@hookimpl
def pegboard_migrations() -> Migrations:
    return Migrations("webhooks", "Events received and sent", package="pegboard_webhooks.migrations")


@hookimpl
def pegboard_sealed() -> Sequence[Sealed]:
    return SEALED


@hookimpl
def pegboard_job_kinds() -> Iterable[JobKind]:
    return (HANDLING, SENDING)


@hookimpl
def pegboard_job_listeners() -> JobListener:
    return LISTENER


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    offer(registry, settings)


@hookimpl
def pegboard_commands() -> click.Command:
    return webhooks


@hookimpl
def pegboard_routes() -> Iterable[RouteSpec]:
    return (*receiving_routes(), *sending_routes())


@hookimpl
def pegboard_panels() -> Iterable[Panel]:
    return panels()
