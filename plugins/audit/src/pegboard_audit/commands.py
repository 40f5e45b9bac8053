"""``pegboard audit``: read the log, and take away what is old."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from pegboard import Services, Settings
from pegboard.cli import operator, with_services
from pegboard.json import converter, dumps
from pegboard_store import Store

from .entries import EntryFilter
from .log import AuditLog
from .pruning import prune as prune_entries
from .routes import json_lines
from .settings import AuditSettings


class Time(click.ParamType[datetime]):
    """A time such as 2026-01-31 or 2026-01-31T12:00:00Z (RFC 3339); UTC where no zone is given."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            made: datetime = converter.structure(value, datetime)
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return made


@click.group()
def audit() -> None:
    """The log of who did what."""


@audit.command()
@click.option("--tenant", default="", help="The tenant; that of the settings when left out.")
@click.option("--actor", default="", help="The id of who did it.")
@click.option("--action", default="", help="Such as widgets.update, or widgets.* for all of widgets.")
@click.option("--since", type=Time(), help="The earliest time.")
@click.option("--until", type=Time(), help="The time before which they are.")
@with_services
async def export(
    services: Services, tenant: str, actor: str, action: str, since: datetime | None, until: datetime | None
) -> None:
    """Print entries as JSON lines, newest first."""
    wanted = EntryFilter(actor=actor, action=action, since=since, until=until)
    tenant = tenant or services.get(Settings).kernel.tenant
    async for lines in json_lines(services.get(AuditLog), tenant, wanted):
        sys.stdout.write(lines.decode())


@audit.command()
@click.option("--before", type=Time(), help="Delete what is older; by the setting retention_days when left out.")
@click.option("--tenant", "tenants", multiple=True, help="A tenant; may be repeated. All when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_services
async def prune(services: Services, before: datetime | None, tenants: tuple[str, ...], as_json: bool) -> None:
    """Delete old entries, and write into the log that they were deleted."""
    settings = services.get(Settings)
    cutoff = before or _cutoff(settings.of(AuditSettings).retention_days)
    by = operator(settings.kernel.tenant)
    try:
        counts = await prune_entries(services.get(Store), services.get(AuditLog), cutoff, by, tenants)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--before") from None
    if as_json:
        click.echo(dumps({"before": cutoff, "deleted": counts}).decode())
        return
    for tenant, count in counts.items():
        click.echo(f"{tenant}: {count} entries deleted")
    if not counts:
        click.echo(f"nothing to do: there are no entries from before {cutoff.isoformat()}")


def _cutoff(days: int) -> datetime:
    if not days:
        raise click.UsageError("say --before TIME, or set plugins.audit.retention_days: by default all is kept")
    return datetime.now(UTC) - timedelta(days=days)
