"""Opening the service: its addresses, its samples, and what to tell whoever starts the app."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urlsplit

import structlog

from pegboard import Notice, Notices, Problem, RouteTable, Sandboxes, Services, Settings
from pegboard_egress import Egress
from pegboard_events import sink_of
from pegboard_store import Store
from pegboard_vault import Vault

from . import sample
from .addresses import Addresses
from .endpoints import Endpoints
from .rotation import seal_the_rest
from .routes import catalog, execute
from .sealing import Sealing
from .settings import EndpointsSettings
from .upstream import Upstream

log = structlog.get_logger(__name__)

TRY = {"logic": 'def process_data(widget_data, request, user):\n    return {"total": sum(widget_data)}'}


@asynccontextmanager
async def open_endpoints(services: Services, settings: Settings) -> AsyncIterator[Endpoints]:
    """The service with its addresses served; closed, no fetch is left under way."""
    config = settings.of(EndpointsSettings)
    store, egress = await services.aget(Store), await services.aget(Egress)
    await seal_the_rest(store, Sealing(await services.aget(Vault)))
    upstream = Upstream(egress, config.cache_bytes, config.retry_seconds)
    endpoints = Endpoints(services, config, upstream, await sink_of(services))
    table = services.get(RouteTable)
    addresses = Addresses(table, store, endpoints.widgets, execute)
    try:
        endpoints.history.start()
        await addresses.load()
        table.describe(partial(catalog, endpoints))
        notices = services.get(Notices)
        notices.add(Notice("User code", await _sandbox(services, config.sandbox), 20))
        if settings.kernel.sample:
            await _samples(endpoints, egress, settings, notices)
        notices.add(Notice("Try it", _curl(), 50))
        yield endpoints
    finally:
        await addresses.aclose()
        await upstream.aclose()
        await endpoints.history.aclose()


async def _sandbox(services: Services, name: str) -> str:
    """Warm up the sandbox that most endpoints use; without it they are closed, and all the rest goes on."""
    try:
        sandbox = await services.get(Sandboxes).open(name)
    except Problem as problem:
        log.error("endpoints cannot be executed", sandbox=name, reason=problem.detail)
        return f"not executed: {problem.detail}"
    return f"sandbox {name}, isolation {sandbox.isolation.name}"


async def _samples(endpoints: Endpoints, egress: Egress, settings: Settings, notices: Notices) -> None:
    url = settings.kernel.public_url
    if not url:
        notices.add(Notice("Samples", "none: set public_url, the address that this app is reached at", 60))
        return
    egress.allow_origin(_origin(url))
    try:
        made = await sample.create(endpoints, settings.kernel.tenant, url)
    except Problem as problem:
        log.error("samples cannot be made", reason=str(problem))
        notices.add(Notice("Samples", f"none: {problem}", 60))
        return
    lines = [f'curl -s -H "X-API-Key: {{key}}" "{{url}}{address}"  # {name}' for name, address in made]
    notices.add(Notice("Samples", "\n".join(lines), 60))


def _origin(url: str) -> str:
    """A public address may have a path, under which a proxy serves the app."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _curl() -> str:
    """A line for a shell: JSON in single quotes, which the JSON itself must not hold."""
    body = json.dumps(TRY | {"widget_data": [1, 2, 3]})
    return (
        'curl -s -H "X-API-Key: {key}" -H "Content-Type: application/json" \\\n'
        f"  {{url}}/public/widgets/preview -d '{body}'"
    )
