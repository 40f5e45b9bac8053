"""``pegboard jobs`` and ``pegboard worker``."""

import asyncio
import signal
import sys
from typing import Any

import attrs
import click
from rich.console import Console
from rich.table import Column, Table

from pegboard import AuditEvent, Principal, Registries, Services, Settings, record_event
from pegboard.cli import operator, with_services
from pegboard.json import dumps

from .dispatching import JobDispatcher
from .following import EndNews, Line
from .job import FINAL, Job
from .jobs import Jobs
from .seeing import JobsQuery
from .settings import JobsSettings
from .shown import JobInfo

tenant = click.option("--tenant", help="Whose jobs; the app's own tenant by default.")


def _caller(services: Services, tenant: str | None) -> Principal:
    """Whoever has the machine may see all jobs of a tenant."""
    typing = operator(tenant or services.get(Settings).kernel.tenant)
    return Principal(typing.id, typing.tenant, typing.username, scopes=frozenset({"*"}))


@click.group()
def jobs() -> None:
    """Jobs that wait, run, and have ended."""


@jobs.command(name="list")
@click.option("--status", type=click.Choice(["pending", "running", "completed", "failed", "cancelled"]))
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@tenant
@with_services
async def list_(services: Services, status: Any, limit: int, as_json: bool, tenant: str | None) -> None:
    """List the newest jobs."""
    page = await services.get(Jobs).list(_caller(services, tenant), JobsQuery(per_page=limit, status=status))
    if as_json:
        click.echo(dumps([JobInfo.of(job) for job in page.data]).decode())
        return
    table = Table("job", "what", "of", "state", "progress", "created", Column("took", justify="right"), box=None)
    for job in page.data:
        percent = "" if job.progress is None else f"{job.progress:.0f} %"
        took = "" if job.duration is None else f"{job.duration:.1f} s"
        table.add_row(job.id, job.title, job.owner, job.state, percent, f"{job.created_at:%Y-%m-%d %H:%M:%S}", took)
    Console(width=None if sys.stdout.isatty() else 160).print(table)


@jobs.command()
@click.argument("job")
@tenant
@with_services
async def show(services: Services, job: str, tenant: str | None) -> None:
    """Print a job as JSON, with its attempts."""
    caller = _caller(services, tenant)
    found = await services.get(Jobs).get(caller, job)
    attempts = await services.get(Jobs).attempts(caller, job)
    click.echo(dumps({**attrs.asdict(JobInfo.of(found)), "all_attempts": attempts}).decode())


@jobs.command()
@click.argument("job")
@click.option("--from", "line", type=click.IntRange(0), default=0, help="The first line that is wanted.")
@tenant
@with_services
async def tail(services: Services, job: str, line: int, tenant: str | None) -> None:
    """Follow the log of a job to its end. The exit code is 1 unless it was completed."""
    async for news in await services.get(Jobs).follow(_caller(services, tenant), job, line):
        if isinstance(news, Line):
            click.echo(news.text)
        elif isinstance(news, EndNews):
            click.echo(f"job {job}: {news.state}", err=True)
            raise SystemExit(0 if news.state == "completed" else 1)


@jobs.command()
@click.argument("job")
@tenant
@with_services
async def cancel(services: Services, job: str, tenant: str | None) -> None:
    """Cancel a job."""
    caller = _caller(services, tenant)
    found = await services.get(Jobs).cancel(caller, job)
    await record_event(services, AuditEvent("jobs.cancel", "job", job), principal=caller)
    click.echo(_said(found))


@jobs.command()
@click.argument("job")
@tenant
@with_services
async def retry(services: Services, job: str, tenant: str | None) -> None:
    """Try a job once more, with the same parameters."""
    caller = _caller(services, tenant)
    found = await services.get(Jobs).retry(caller, job)
    await record_event(services, AuditEvent("jobs.retry", "job", job), principal=caller)
    click.echo(_said(found))


def _said(job: Job) -> str:
    return f"job {job.id}: {job.state if job.state in FINAL else 'is being cancelled' if job.cancelling else job.state}"


@click.command()
@click.option("--places", type=click.IntRange(1, 256), default=4, show_default=True, help="Jobs at a time.")
@with_services
async def worker(services: Services, places: int) -> None:
    """Carry out jobs in this process, which serves nothing, until it is stopped."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    name = services.get(Settings).of(JobsSettings).dispatcher
    await services.get(Registries)[JobDispatcher].get(name).work(services, places, stop)
