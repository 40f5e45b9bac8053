"""``pegboard webhooks``: what arrives, what did not, and samples to try a receiver with."""

import time
from typing import Any
from urllib.parse import urlsplit

import click
import orjson
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pegboard import AuditEvent, Principal, Problem, Registries, Secret, Services, Settings, record_event
from pegboard.cli import operator, with_services
from pegboard.invalid import invalid
from pegboard.json import converter
from pegboard_egress import Egress, EgressRequest
from pegboard_store import Store

from .listening import Listening
from .receiving.events import EventQuery, Events, ResendEvents
from .schemes.contract import Message, WebhookScheme
from .sending.deliveries import Deliveries, DeliveryQuery, ResendDeliveries

MOST = 100
tenant = click.option("--tenant", help="Whose; the app's own tenant by default.")


def _tenant(services: Services, given: str | None) -> str:
    return given or services.get(Settings).kernel.tenant


@click.group()
def webhooks() -> None:
    """Events that came and go."""


@webhooks.command()
@click.option("--forward", help="An address that each event is sent on to, as it came.")
@click.option("--hook", default="", help="Only what comes to this one, such as an integration's id.")
@click.option("--count", type=click.IntRange(1), help="End after so many.")
@tenant
@with_services
async def listen(services: Services, forward: str | None, hook: str, count: int | None, tenant: str | None) -> None:
    """Print what arrives, and send it on to a program under development."""
    if forward:
        _allow(services, forward)
    click.echo("listening; end it with Ctrl-C", err=True)
    listening = Listening(services, _tenant(services, tenant), hook, forward or "")
    async for line in listening.lines(count):
        click.echo(line)


@webhooks.command()
@click.argument("url")
@click.option("--scheme", default="standard", show_default=True, help="How it is signed.")
@click.option("--secret", envvar="WEBHOOK_SECRET", help="Better in the environment; asked for otherwise.")
@click.option("--config", default="{}", help="The scheme's config, as JSON.")
@click.option("--body", type=click.File("rb"), help="A file with the body; a sample without it.")
@click.option("--content-type", default="application/json", show_default=True)
@with_services
async def send(
    services: Services, url: str, scheme: str, secret: str | None, config: str, body: Any, content_type: str
) -> None:
    """Sign a sample as a sender does, and send it. The exit code is 1 unless it is answered with 2xx."""
    _allow(services, url)
    record: WebhookScheme = services.get(Registries)[WebhookScheme].get(scheme)
    if secret is None and scheme != "none":
        secret = click.prompt("Secret", hide_input=True)
    identifier = f"sample-{time.time_ns():x}"
    content = body.read() if body else _sample(identifier)
    message = Message(identifier, int(time.time()), content, url, content_type)
    signed = record.sign(*_checked(record, config, Secret(secret or "")), message)
    headers = {"content-type": content_type, **signed.headers}
    answer = await services.get(Egress).send(
        EgressRequest(url=signed.url, method="POST", headers=headers, content=content, follow_redirects=False)
    )
    for name, value in headers.items():
        click.echo(f"{name}: {value}", err=True)
    click.echo(f"{answer.status} {answer.body.decode(errors='replace')[:1000]}")
    if not 200 <= answer.status < 300:
        raise SystemExit(1)


def _sample(identifier: str) -> bytes:
    """One that was never there before: a receiver knows repetitions by their ids, or by their bodies."""
    return orjson.dumps({"id": identifier, "type": "sample.created", "data": {"id": 1, "name": "Ada"}})


def _checked(record: WebhookScheme, text: str, secret: Secret) -> tuple[Any, Secret]:
    try:
        config: Any = converter.structure(orjson.loads(text), record.config)
    except Exception as error:
        raise invalid(error, "config") from None
    try:
        record.check(config, secret)
    except ValueError as error:
        raise Problem(422, "invalid-webhook-secret", f"the secret {error}") from None
    return config, secret


def _allow(services: Services, url: str) -> None:
    """Whoever types commands has the machine: he may send to it."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Problem(422, "invalid-input", f"{url!r} is no address such as http://127.0.0.1:3000/hook")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    services.get(Egress).allow_origin(f"{parts.scheme}://{host}:{port}")


@webhooks.command(name="dead-letters")
@tenant
@with_services
async def dead_letters(services: Services, tenant: str | None) -> None:
    """List events that could not be handled, and deliveries that did not arrive, the newest first."""
    whose = _tenant(services, tenant)
    events = await services.get(Events).page(whose, EventQuery(state="dead", limit=MOST))
    deliveries = await services.get(Deliveries).page(whose, DeliveryQuery(state="dead", limit=MOST))
    table = Table("id", "type", "from or to", "tried", "why", box=box.SIMPLE)
    for event in events.events:
        _row(table, event.id, event.type, f"{event.source}/{event.hook}", str(event.attempts), event.error)
    for one in deliveries.deliveries:
        _row(table, one.id, one.type, one.url or one.subscription or "", str(one.attempts), one.error)
    Console(width=None if Console().is_terminal else 200).print(table)
    left = events.total + deliveries.total - len(events.events) - len(deliveries.deliveries)
    if left:
        click.echo(f"and {left} more", err=True)


def _row(table: Table, *cells: str) -> None:
    table.add_row(*(Text(cell) for cell in cells))  # as Text: what a sender wrote is no markup of ours


@webhooks.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All dead letters.")
@tenant
@with_services
async def resend(services: Services, ids: tuple[str, ...], everything: bool, tenant: str | None) -> None:
    """Handle events again, and send deliveries again."""
    if not ids and not everything:
        raise Problem(422, "invalid-input", "name what is to be sent again, or say --all")
    who = operator(_tenant(services, tenant))
    async with services.get(Store).begin() as session:
        count = await _resent(services, session, who, ids)
        event = AuditEvent("webhooks.resend", "webhook-event", detail=f"{count} by a command")
        await record_event(services, event, principal=who, transaction=session)
    click.echo(f"{count} sent again")
    if count < len(ids):
        raise Problem(404, "event-not-found", f"{len(ids) - count} of them are not there, or cannot be sent again")


async def _resent(services: Services, session: Any, who: Principal, ids: tuple[str, ...]) -> int:
    events, deliveries = services.get(Events), services.get(Deliveries)
    if not ids:
        count = await events.resend(session, who.tenant, ResendEvents(state="dead"))
        return count + await deliveries.resend(session, who.tenant, ResendDeliveries(state="dead"))
    received = tuple(one for one in ids if one.startswith("event_"))
    sent = tuple(one for one in ids if not one.startswith("event_"))
    count = await events.resend(session, who.tenant, ResendEvents(received)) if received else 0
    return count + (await deliveries.resend(session, who.tenant, ResendDeliveries(sent)) if sent else 0)
