"""``pegboard integrations``: for whoever has the machine and so needs no key."""

from typing import Any

import anyio
import click
import orjson

from pegboard import Services
from pegboard.cli import with_services
from pegboard.json import dumps

from . import shown
from .actors import Actor
from .engine import TestConfig
from .finding import actor_of, all_of, found_of, tenant_of
from .integrations import Integrations
from .openapi import is_openapi, read_openapi
from .stored import OWN, StoredIntegration
from .syncs import RunView, SyncRequest, Syncs, TraceQuery
from .trying import PreviewRequest, Trying

LOOK = 0.2
"""Seconds between two looks at a run that another process executes."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
in_tenant = click.option("--tenant", default="", help="The tenant; that of the settings when left out.")
param = click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter; JSON, or a text.")


@click.group()
def integrations() -> None:
    """Custom integrations: test, activate, sync, move them from app to app."""


@integrations.command(name="list")
@in_tenant
@as_json
@with_services
async def list_(services: Services, tenant: str, as_json: bool) -> None:
    """List the integrations of a tenant."""
    found = await all_of(services.get(Integrations), tenant_of(services, tenant))
    if as_json:
        click.echo(dumps([one.shown() for one in found]).decode())
    else:
        shown.integrations(found)


@integrations.command()
@click.argument("integration")
@in_tenant
@with_services
async def activate(services: Services, integration: str, tenant: str) -> None:
    """Let an integration sync and receive events. INTEGRATION is an id or a name.

    Refused where its definition has errors, has nothing to do, or names shard types that are not there.
    """
    await _switch(services, tenant, integration, "active")


@integrations.command()
@click.argument("integration")
@in_tenant
@with_services
async def deactivate(services: Services, integration: str, tenant: str) -> None:
    """Stop what an integration does: runs under way are cancelled, events refused."""
    await _switch(services, tenant, integration, "inactive")


async def _switch(services: Services, tenant: str, named: str, status: str) -> None:
    actor, found = await found_of(services, tenant, named)
    after = await services.get(Integrations).update(actor, found.id, {"status": status})
    click.echo(f"{after.name} is {after.status}")


@integrations.command()
@click.argument("integration")
@click.argument("endpoint", required=False)
@param
@in_tenant
@as_json
@with_services
async def test(
    services: Services, integration: str, endpoint: str | None, params: tuple[str, ...], tenant: str, as_json: bool
) -> None:
    """Test the connection, or an endpoint. INTEGRATION is an id or a name. Exit code 1 if it fails."""
    actor, found = await found_of(services, tenant, integration)
    trying = services.get(Trying)
    if endpoint is None:
        result = await trying.connection(actor, found.id)
    else:
        result = await trying.endpoint(actor, found.id, endpoint, TestConfig(testParams=_params(params)))
    if as_json:
        click.echo(dumps(result).decode())
    else:
        shown.test(result)
    click.get_current_context().exit(0 if result.success else 1)


@integrations.command()
@click.argument("integration")
@click.argument("endpoint")
@click.option("--full", is_flag=True, help="Ignore what earlier runs left to go on from.")
@param
@in_tenant
@as_json
@with_services
async def sync(
    services: Services,
    integration: str,
    endpoint: str,
    full: bool,
    params: tuple[str, ...],
    tenant: str,
    as_json: bool,
) -> None:
    """Sync an endpoint into records, and wait for the end. Exit code 1 unless it came to the end of the data."""
    actor, found = await found_of(services, tenant, integration)
    syncs = services.get(Syncs)
    run = await syncs.start(actor, found.id, SyncRequest(endpoint, _params(params), full))
    async with anyio.create_task_group() as group:
        group.start_soon(syncs.execute, run)
        await _watch(syncs, actor.tenant, found.id, run.id)
    detail = await syncs.detail(actor.tenant, found.id, run.id, TraceQuery(limit=10))
    if as_json:
        click.echo(dumps(detail.run).decode())
    else:
        shown.run(detail)
    click.get_current_context().exit(0 if detail.run.status == "succeeded" else 1)


async def _watch(syncs: Syncs, tenant: str, integration: str, run_id: str) -> None:
    """Until a run is over, whichever process executes it."""
    with shown.progress() as show:
        while True:
            view = RunView.of(await syncs.get(tenant, integration, run_id))
            show(view)
            if view.finishedAt is not None:
                return
            await anyio.sleep(LOOK)


@integrations.command()
@click.argument("integration")
@click.argument("endpoint")
@click.argument("sample", type=click.File("rb"))
@in_tenant
@with_services
async def preview(services: Services, integration: str, endpoint: str, sample: Any, tenant: str) -> None:
    """Map SAMPLE, the body of an answer in a file (- is standard input), and print the records. Nothing is sent."""
    actor, found = await found_of(services, tenant, integration)
    asked = PreviewRequest(endpoint, _read(sample.read(), sample.name))
    result = await services.get(Trying).preview(actor, found.id, asked)
    click.echo(orjson.dumps(orjson.loads(dumps(result)), option=orjson.OPT_INDENT_2).decode())


@integrations.command()
@click.argument("integration")
@click.option("--output", "-o", type=click.File("w"), help="A file, in place of printing.")
@in_tenant
@with_services
async def export(services: Services, integration: str, output: Any, tenant: str) -> None:
    """Print a definition as JSON, credentials as ***."""
    _, found = await found_of(services, tenant, integration)
    text = orjson.dumps(found.document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    click.echo(text.decode(), file=output)


@integrations.command(name="import")
@click.argument("file", type=click.File("rb"))
@click.option("--name", default="", help="Another name than the file's.")
@click.option("--replace", is_flag=True, help="Change the integration of that name, where there is one.")
@in_tenant
@with_services
async def import_(services: Services, file: Any, name: str, replace: bool, tenant: str) -> None:
    """Save the definition in FILE (- is standard input), inactive; an OpenAPI document (JSON) becomes a draft of one.

    *** in it is what is stored, if --replace finds that.
    """
    actor = actor_of(services, tenant)
    given = _read(file.read(), file.name)
    document = read_openapi(given) if is_openapi(given) else given
    if not isinstance(document, dict):
        raise click.ClickException(f"{file.name}: expected a definition, which is a JSON object")
    document = {key: value for key, value in document.items() if key not in OWN} | ({"name": name} if name else {})
    made = await _saved(services.get(Integrations), actor, document, replace)
    click.echo(made.id)


async def _saved(saved: Integrations, actor: Actor, document: dict[str, Any], replace: bool) -> StoredIntegration:
    before = next((one for one in await all_of(saved, actor.tenant) if one.name == document.get("name")), None)
    if before is None or not replace:
        return await saved.create(actor, document)
    gone = dict.fromkeys(before.document.keys() - document.keys())
    return await saved.update(actor, before.id, {**gone, **document})


def _params(given: tuple[str, ...]) -> dict[str, Any]:
    """``id=7`` is a number, ``id="7"`` a text, and what is no JSON a text as well."""
    made: dict[str, Any] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{pair!r}: write NAME=VALUE", param_hint="--param")
        try:
            made[name] = orjson.loads(value)
        except orjson.JSONDecodeError:
            made[name] = value
    return made


def _read(text: bytes, name: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise click.ClickException(f"{name}: it is no JSON: {error}") from None
