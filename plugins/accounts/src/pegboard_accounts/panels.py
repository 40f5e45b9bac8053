"""What a web console shows of users, keys and tenants."""

from collections.abc import Iterator
from typing import Any, Literal, cast

import attrs

from pegboard import Action, Collection, Column, Detail, Form, Panel, Related, Secret

from .routes import KeyRequest
from .settings import AccountsSettings
from .user_routes import TenantRequest


@attrs.frozen
class Profile:
    """Your e-mail and username sign you in; a new e-mail address needs your password."""

    email: str
    username: str = ""
    first_name: str = ""
    last_name: str = ""
    current_password: Secret = attrs.field(default=Secret(""), metadata={"help": "only for a new e-mail address"})


@attrs.frozen
class NewPassword:
    """All your other sessions end."""

    old_password: Secret
    new_password: Secret


def panels(config: AccountsSettings) -> Iterator[Panel]:
    """The group `access`."""
    role = Literal[tuple(config.roles)]  # type: ignore[valid-type]
    yield Panel(
        "users", "Who may sign in, and as what", title="Users", content=_users(config, role), group="access",
        icon="users", order=10, scopes=("users:read",),
    )  # fmt: skip
    yield Panel(
        "keys", "For programs that call the API", title="API keys", content=_keys(config.prefix), group="access",
        icon="keys", order=20, scopes=("keys:read",),
    )  # fmt: skip
    yield Panel(
        "tenants", "Each has users and data of its own", title="Tenants", content=_tenants(config.prefix),
        group="access", icon="tenants", order=40,
    )  # fmt: skip
    yield from _own(config.prefix)


def _own(prefix: str) -> Iterator[Panel]:
    """What somebody changes of himself."""
    one, me = f"{prefix}/users/{{id}}", f"{prefix}/auth/me"
    profile = Form("Your profile", one, Profile, "PATCH", load=me)
    password = Form("Change your password", f"{prefix}/auth/change-password", NewPassword)
    group: Any = {"group": "access"}
    yield Panel("profile", "Your name and address", title="Profile", content=profile, icon="user", order=50, **group)
    yield Panel(
        "password", "A new one for yourself", title="Password", content=password, icon="lock", order=60, **group
    )


def _users(config: AccountsSettings, role: Any) -> Collection:
    prefix = config.prefix
    one = f"{prefix}/users/{{id}}"
    yes, no = {"/is_active": (True,)}, {"/is_active": (False,)}
    return Collection(
        f"{prefix}/users",
        (
            Column("E-mail", "/email", sortable=True),
            Column("Username", "/username", sortable=True),
            Column("Role", "/role", sortable=True),
            Column("Active", "/is_active", "state"),
            Column("Last sign-in", "/last_login", "time", sortable=True),
            Column("Since", "/created_at", "time", sortable=True),
        ),
        name="/email",
        filters=_made("UserFilters", {"role": _field(role | None, None), "is_active": _field(bool | None, None)}),
        search="search",
        chips="role",
        create=Form("Invite somebody", f"{prefix}/invitations", _invitation(role, config.role)),
        edit=Form("Change user", one, _change(role), "PATCH"),
        detail=Detail(
            one,
            columns=(
                Column("First name", "/first_name"),
                Column("Last name", "/last_name"),
                Column("Address verified", "/is_verified", "state"),
                Column("Id", "/id"),
            ),
            related=(Related("What this user did", "audit", {"actor": "{id}"}),),
        ),
        actions=(
            Action(
                "Send a code for a new password", f"{prefix}/auth/forgot-password", body={"email": "{email}"}, when=yes,
                confirm="Mail this user a code with which to set a new password?",
            ),
            Action(
                "Disable", one, "PATCH", body={"is_active": False}, when=yes, bulk=True,
                confirm="Disable this user? All sessions of the user end now.",
            ),
            Action("Enable", one, "PATCH", body={"is_active": True}, when=no, bulk=True),
        ),
    )  # fmt: skip


def _keys(prefix: str) -> Collection:
    return Collection(
        f"{prefix}/keys",
        (
            Column("Name", "/name", sortable=True),
            Column("Prefix", "/prefix", "code"),
            Column("Scopes", "/scopes", "list"),
            Column("Made", "/created_at", "time", sortable=True),
            Column("Last used", "/last_used_at", "time", sortable=True),
            Column("Expires", "/expires_at", "time", sortable=True),
            Column("Revoked", "/revoked_at", "time"),
        ),
        name="/name",
        create=Form("New API key", f"{prefix}/keys", KeyRequest, reveal=("/key",)),
        actions=(
            Action(
                "Revoke", f"{prefix}/keys/{{id}}", "DELETE", when={"/revoked_at": (None,)}, bulk=True,
                confirm="Revoke this key? Programs that use it are refused from now on.",
            ),
        ),
        empty="No keys yet. Make one for each program that calls this server, with no more scopes than it needs.",
    )  # fmt: skip


def _tenants(prefix: str) -> Collection:
    columns = (Column("Name", "/name"), Column("Your role", "/role"), Column("Since", "/created_at", "time"))
    return Collection(
        f"{prefix}/tenants",
        (*columns, Column("Id", "/id")),
        total="",
        name="/name",
        create=Form("New tenant", f"{prefix}/tenants", TenantRequest),
        empty="You are a member of no tenant.",
    )


def _invitation(role: Any, default: str) -> type:
    email = attrs.field(type=str, metadata={"help": "an invitation to this tenant is mailed there"})
    return _made("Invitation", {"email": email, "role": _field(role, default)})


def _change(role: Any) -> type:
    names = {"first_name": _field(str, ""), "last_name": _field(str, "")}
    return _made("UserUpdate", {"role": attrs.field(type=role), **names})


def _field(kind: Any, default: Any) -> Any:
    return attrs.field(type=kind, default=default)


def _made(name: str, fields: dict[str, Any]) -> type:
    """A class of its own for each app, as the roles are those of its settings."""
    return cast(type, attrs.make_class(name, fields, frozen=True))
