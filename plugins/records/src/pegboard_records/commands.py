"""``pegboard records``: shard types, for whoever has the machine and so needs no key."""

from collections.abc import Sequence
from typing import Any

import click
import orjson

from pegboard import Services, Settings
from pegboard.cli import with_services
from pegboard.invalid import invalid
from pegboard.json import converter, dumps

from .records import Records
from .shard_types import ShardType, ShardTypeDraft, TypesQuery

in_tenant = click.option("--tenant", default="", help="The tenant; that of the settings when left out.")


@click.group()
def records() -> None:
    """Records and their types."""


@records.group()
def types() -> None:
    """Shard types: what records are."""


@types.command(name="list")
@in_tenant
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as `create` takes it.")
@with_services
async def list_(services: Services, tenant: str, as_json: bool) -> None:
    """List the shard types of a tenant, with the number of their records."""
    tenant, kept = _tenant(services, tenant), services.get(Records)
    found = await _all(kept, tenant)
    if as_json:
        click.echo(dumps(found).decode())
        return
    for one in found:
        fields = ", ".join(f"{field.name} ({field.type})" for field in one.fields) or "no fields"
        click.echo(f"{one.id}\t{await kept.count(tenant, one.id)} records\t{fields}")


@types.command()
@click.argument("file", type=click.File("rb"))
@in_tenant
@with_services
async def create(services: Services, file: Any, tenant: str) -> None:
    """Make the shard type in FILE (- is standard input), or each of a list: JSON, as POST /shard-types takes it.

    All are checked before the first is made.
    """
    for draft in _drafts(file.read(), file.name):
        made = await services.get(Records).types.create(_tenant(services, tenant), draft)
        click.echo(made.id)


async def _all(kept: Records, tenant: str) -> Sequence[ShardType]:
    found: list[ShardType] = []
    while some := (await kept.types.page(tenant, TypesQuery(limit=1000, offset=len(found)))).shardTypes:
        found += some
    return found


def _drafts(text: bytes, name: str) -> list[ShardTypeDraft]:
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise click.ClickException(f"{name}: it is no JSON: {error}") from None
    return [_draft(one) for one in (given if isinstance(given, list) else [given])]


def _draft(given: Any) -> ShardTypeDraft:
    """Raises Problem 422. What a list of saved types has besides a draft is left out."""
    if isinstance(given, dict):
        given = {name: value for name, value in given.items() if name not in SAVED}
    try:
        return converter.structure(given, ShardTypeDraft)
    except Exception as error:
        raise invalid(error, "the shard type") from None


SAVED = frozenset({"revision", "createdAt", "updatedAt"})


def _tenant(services: Services, given: str) -> str:
    return given or services.get(Settings).kernel.tenant
