"""``pegboard keys``: for whoever has the machine and so needs no key."""

from datetime import UTC, datetime, timedelta

import attrs
import click

from pegboard import Principal, Services, Settings
from pegboard.cli import operator, with_services
from pegboard.json import dumps
from pegboard_store import Page, PageQuery

from .accounts import Accounts
from .keys import Key

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
in_tenant = click.option("--tenant", default="", help="The tenant; that of the settings when left out.")


@click.group()
def keys() -> None:
    """API keys: make, list and revoke them."""


@keys.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, default=("*",), show_default=True, help="A scope; may be repeated.")
@click.option("--days", type=click.IntRange(1, 36500), help="Days until it expires; never when left out.")
@click.option("--user", default="admin", show_default=True, help="The id of the user that the key acts as.")
@click.option("--email", default="", help="That user's e-mail address.")
@in_tenant
@as_json
@with_services
async def create(
    services: Services,
    name: str,
    scopes: tuple[str, ...],
    days: int | None,
    user: str,
    email: str,
    tenant: str,
    as_json: bool,
) -> None:
    """Make a key and print it; it is never shown again."""
    maker = Principal(user, _tenant(services, tenant), username=user, email=email, scopes=frozenset({"*"}))
    expires_at = datetime.now(UTC) + timedelta(days=days) if days else None
    made = await services.get(Accounts).create_key(maker, name, scopes, expires_at, by=operator(maker.tenant))
    click.echo(dumps(made).decode() if as_json else made.key)


@keys.command(name="list")
@in_tenant
@as_json
@with_services
async def list_(services: Services, tenant: str, as_json: bool) -> None:
    """List the keys of a tenant, newest first."""
    found = await _all(services.get(Accounts), _tenant(services, tenant))
    if as_json:
        click.echo(dumps(found).decode())
        return
    for key in found:
        click.echo(f"{key.id}  pk_{key.prefix}_…  {_state(key):<9}  {', '.join(key.scopes)}  {key.user.id}  {key.name}")


@keys.command()
@click.argument("key")
@in_tenant
@as_json
@with_services
async def revoke(services: Services, key: str, tenant: str, as_json: bool) -> None:
    """Revoke a key by its id: it is refused from now on, in every process."""
    where = _tenant(services, tenant)
    revoked = await services.get(Accounts).revoke_key(where, key, by=operator(where))
    click.echo(dumps(revoked).decode() if as_json else f"{revoked.id} is revoked")


def _tenant(services: Services, given: str) -> str:
    return given or services.get(Settings).kernel.tenant


async def _all(accounts: Accounts, tenant: str) -> list[Key]:
    found: list[Key] = []
    query = PageQuery(per_page=100)
    while True:
        page: Page[Key] = await accounts.list_keys(tenant, query)
        found += page.data
        if not page.pagination.has_next:
            return found
        query = attrs.evolve(query, page=query.page + 1)


def _state(key: Key) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= datetime.now(UTC) else "valid"
