"""``pegboard users``: for whoever has the machine."""

import secrets
import sys

import click

from pegboard import Services, Settings
from pegboard.cli import operator, with_services
from pegboard.json import dumps

from .accounts import Accounts
from .members import UserQuery
from .users import Account, NewUser

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
in_tenant = click.option("--tenant", default="", help="The tenant; that of the settings when left out.")
from_stdin = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


@click.group()
def users() -> None:
    """Users: make, list and change them."""


@users.command()
@click.argument("email")
@click.option("--role", default="user", show_default=True, help="The role in the tenant.")
@click.option("--username", default="", help="A name to be found by.")
@click.option("--first-name", default="", help="The first name.")
@click.option("--last-name", default="", help="The last name.")
@from_stdin
@in_tenant
@as_json
@with_services
async def create(
    services: Services,
    email: str,
    role: str,
    username: str,
    first_name: str,
    last_name: str,
    password_stdin: bool,
    tenant: str,
    as_json: bool,
) -> None:
    """Make a user. Without a password from standard input one is made up, and printed this once."""
    where, (password, shown) = _tenant(services, tenant), _password(password_stdin)
    new = NewUser(email, password, username, first_name, last_name)
    made = await services.get(Accounts).create_user(new, role, where, by=operator(where))
    if as_json:
        click.echo(dumps({"user": made, "password": shown}).decode())
        return
    click.echo(_line(made))
    _show(shown)


@users.command(name="list")
@click.option("--role", help="Only those with this role.")
@in_tenant
@as_json
@with_services
async def list_(services: Services, role: str | None, tenant: str, as_json: bool) -> None:
    """List the users of a tenant, newest first."""
    accounts, where, page = services.get(Accounts), _tenant(services, tenant), 1
    found: list[Account] = []
    while True:
        part = await accounts.page_users(where, UserQuery(page=page, per_page=100, role=role))
        found += part.data
        if not part.pagination.has_next:
            break
        page += 1
    click.echo(dumps(found).decode() if as_json else "\n".join(map(_line, found)))


@users.command()
@click.argument("email")
@click.option("--role", default="admin", show_default=True, help="The new role.")
@in_tenant
@with_services
async def promote(services: Services, email: str, role: str, tenant: str) -> None:
    """Give a user another role: admin, unless it is named."""
    await _set_role(services, email, role, tenant)


@users.command()
@click.argument("email")
@click.option("--role", default="user", show_default=True, help="The new role.")
@in_tenant
@with_services
async def demote(services: Services, email: str, role: str, tenant: str) -> None:
    """Give a user another role: user, unless it is named."""
    await _set_role(services, email, role, tenant)


@users.command()
@click.argument("email")
@in_tenant
@with_services
async def deactivate(services: Services, email: str, tenant: str) -> None:
    """Shut a user out of a tenant, at once and in every process; his keys as well."""
    await _set_active(services, email, tenant, is_active=False)


@users.command()
@click.argument("email")
@in_tenant
@with_services
async def activate(services: Services, email: str, tenant: str) -> None:
    """Let a user in again."""
    await _set_active(services, email, tenant, is_active=True)


@users.command()
@click.argument("email")
@click.option("--role", default="user", show_default=True, help="The role in the tenant.")
@in_tenant
@with_services
async def add(services: Services, email: str, role: str, tenant: str) -> None:
    """Make an existing user a member of another tenant."""
    where = _tenant(services, tenant)
    click.echo(_line(await services.get(Accounts).add_member(where, email, role, by=operator(where))))


@users.command(name="reset-password")
@click.argument("email")
@from_stdin
@with_services
async def reset_password(services: Services, email: str, password_stdin: bool) -> None:
    """Set a new password, and end all sessions of the user."""
    password, shown = _password(password_stdin)
    await services.get(Accounts).set_password(email, password, by=operator(_tenant(services, "")))
    click.echo(f"{email} has a new password, and no session")
    _show(shown)


async def _set_role(services: Services, email: str, role: str, tenant: str) -> None:
    accounts, where = services.get(Accounts), _tenant(services, tenant)
    user = await accounts.find_user_by_email(where, email)
    click.echo(_line(await accounts.set_role(where, user.id, role, by=operator(where))))


async def _set_active(services: Services, email: str, tenant: str, *, is_active: bool) -> None:
    accounts, where = services.get(Accounts), _tenant(services, tenant)
    user = await accounts.find_user_by_email(where, email)
    click.echo(_line(await accounts.set_active(where, user.id, is_active, by=operator(where))))


def _password(from_stdin: bool) -> tuple[str, str | None]:
    """The password, and the same to be shown if it was made up."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), None
    made = secrets.token_urlsafe(12)
    return made, made


def _show(password: str | None) -> None:
    if password is not None:
        click.echo(f"password: {password}")


def _tenant(services: Services, given: str) -> str:
    return given or services.get(Settings).kernel.tenant


def _line(user: Account) -> str:
    state = "active" if user.is_active else "inactive"
    return f"{user.id}  {user.email}  {user.role}  {state}  {user.username or '-'}"
