"""Opening the services, and the runner where the app serves."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs

from pegboard import AuthProvider, FixedRoutes, Registries, Sandboxes, Services, Settings
from pegboard_egress import Egress
from pegboard_events import sink_of
from pegboard_records import Records
from pegboard_store import Store
from pegboard_vault import Vault

from .checking import Checker
from .checkpoints import Checkpoints
from .credentials import Credentials
from .custom import CustomActions
from .drafts import Drafts
from .endings import Endings
from .execution import Execution
from .integrations import Integrations
from .plans import Plans
from .reactions import Reactions
from .receiving import receive_events
from .runner import Runner
from .schedules import Schedules
from .sealing import Sealing
from .settings import IntegrationsSettings
from .syncs import Syncs
from .trying import Trying
from .webhooks import Webhooks


@attrs.frozen
class Opened:
    """The parts that are offered one by one."""

    integrations: Integrations
    trying: Trying
    syncs: Syncs
    schedules: Schedules
    drafts: Drafts


@asynccontextmanager
async def open_all(services: Services, settings: Settings) -> AsyncIterator[Opened]:
    """The services. An app that serves executes runs; a command leaves them to it, but for those that it starts."""
    config = settings.of(IntegrationsSettings)
    store, vault = await services.aget(Store), await services.aget(Vault)
    egress, records = await services.aget(Egress), await services.aget(Records)
    registries = services.get(Registries)
    credentials = Credentials(registries[AuthProvider])
    checker, sealing = Checker(services, egress, records), Sealing(vault, credentials)
    integrations = Integrations(store, checker, credentials, sealing, Webhooks(vault, config.grace_seconds))
    plans = Plans(integrations, registries)
    endings = Endings(await sink_of(services))
    runner = Runner(store, Execution(services, config, integrations, plans, Checkpoints(vault), endings), config)
    syncs = Syncs(store, integrations, plans, runner, config)
    schedules = Schedules(services, store, integrations, plans, syncs)
    trying = Trying(services, integrations, plans)
    drafts = Drafts(services, integrations, checker, trying)
    opened = Opened(integrations, trying, syncs, schedules, drafts)
    custom = CustomActions(services.get(Sandboxes), config.sandbox, config.custom_seconds)
    await receive_events(services, integrations, Reactions(services, records, syncs, custom))
    if config.runs and FixedRoutes in services:
        async with runner.serving():
            yield opened
    else:
        yield opened
