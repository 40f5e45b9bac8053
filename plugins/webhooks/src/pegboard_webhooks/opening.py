"""The services of this plugin."""

from pegboard import ServiceRegistry, Services, Settings
from pegboard_egress import Egress
from pegboard_events import EventSink
from pegboard_jobs import Jobs
from pegboard_store import Store
from pegboard_vault import Vault

from .bell import Bell
from .pump import Pump, open_pump
from .receiving.contract import WebhookSources
from .receiving.events import Events
from .receiving.intake import Intake
from .sending.deliveries import Deliveries
from .sending.outbox import Outbox
from .sending.sender import Sender
from .sending.subscriptions import Subscriptions
from .settings import WebhooksSettings

HOUR = 3600.0


def offer(registry: ServiceRegistry, settings: Settings) -> None:
    """All of them; the pump works by itself where the app serves."""
    config = settings.of(WebhooksSettings)

    async def intake(services: Services) -> Intake:
        return Intake(await services.aget(Store), await services.aget(Jobs), config)

    async def events(services: Services) -> Events:
        return Events(await services.aget(Store), await services.aget(Jobs))

    async def subscriptions(services: Services) -> Subscriptions:
        store, vault = await services.aget(Store), await services.aget(Vault)
        return Subscriptions(store, await services.aget(Egress), vault, config.grace_hours * HOUR)

    registry.offer(Bell, lambda services: Bell(), eager=True)
    registry.offer(WebhookSources, lambda services: WebhookSources(), eager=True)
    registry.offer(Intake, intake, eager=True, measure=Intake.measure)
    registry.offer(Events, events, eager=True)
    registry.offer(Outbox, _outbox, eager=True)
    registry.offer(EventSink, _sink, eager=True)  # type: ignore[type-abstract]
    registry.offer(Sender, _sender, eager=True)
    registry.offer(Subscriptions, subscriptions, eager=True)
    registry.offer(Deliveries, _deliveries, eager=True)
    registry.offer(Pump, open_pump, eager="serving")


async def _sink(services: Services) -> Outbox:
    return await services.aget(Outbox)


async def _outbox(services: Services) -> Outbox:
    return Outbox(await services.aget(Store), (await services.aget(Bell)).ring)


async def _sender(services: Services) -> Sender:
    bell = await services.aget(Bell)
    return Sender(await services.aget(Egress), await services.aget(Vault), bell.ring)


async def _deliveries(services: Services) -> Deliveries:
    return Deliveries(await services.aget(Store), await services.aget(Jobs))
