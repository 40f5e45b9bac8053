"""``/users`` and ``/api-keys``: people, and the keys of their programs."""

from typing import Any

import attrs

from pegboard import Call, FieldError, Problem
from pegboard_accounts import Accounts, UserChange
from pegboard_accounts.errors import AccessDenied
from pegboard_store import PageQuery

from .callers import check_session, is_admin, path_id
from .inputs import KeyDraft, UserQuery, UserUpdate
from .outputs import KeyResponse, NewKey, Told, UserResponse
from .words import InvalidInput

MOST_KEYS = 100
"""Keys that a list shows: the newest."""


async def list_users(call: Call[None, UserQuery]) -> list[UserResponse]:
    found = await _accounts(call).list_users(call.caller.tenant, **attrs.asdict(call.query))
    return [UserResponse.of(user) for user in found]


async def read_user(call: Call[None, None]) -> UserResponse:
    number = await own_or_admins(call)
    return UserResponse.of(await _accounts(call).find_user(call.caller.tenant, number))


async def update_user(call: Call[UserUpdate, None]) -> UserResponse:
    number, given = await own_or_admins(call), attrs.asdict(call.body)
    old = given.pop("old_password")
    changed = await _accounts(call).update_user(
        call.caller, number, UserChange(**given), current_password=old, request=call.request
    )
    return UserResponse.of(changed)


async def own_or_admins(call: Call[Any, None]) -> int:
    """The number in the address: one's own, or anybody's for an admin. Raises `AccessDenied`, whoever is there."""
    number = path_id(call)
    if not is_admin(call.caller, "users") and (await _accounts(call).me(call.caller)).number != number:
        raise AccessDenied("you may only look at yourself")
    return number


async def list_keys(call: Call[None, None]) -> list[KeyResponse]:
    check_session(call.caller)
    newest = PageQuery(per_page=MOST_KEYS)
    page = await _accounts(call).list_keys(call.caller.tenant, newest, user=call.caller.id)
    return [KeyResponse.of(key) for key in page.data]


async def create_key(call: Call[KeyDraft, None]) -> NewKey:
    check_session(call.caller)
    asked, request = call.body, call.request
    try:
        made = await _accounts(call).create_key(
            call.caller, asked.name, asked.permissions, asked.expires_at, request=request
        )
    except Problem as problem:
        raise _of_permissions(problem) from None
    return NewKey.of(made)


def _of_permissions(problem: Problem) -> Problem:
    """The same of ``permissions``, which accounts call scopes."""
    if problem.code == "insufficient-scope":
        return AccessDenied("a key has no permission that its maker lacks")
    errors = [FieldError(error.detail, error.pointer.replace("/scopes", "/permissions")) for error in problem.errors]
    return InvalidInput("body", errors) if errors else problem


async def revoke_key(call: Call[None, None]) -> Told:
    caller = call.caller
    check_session(caller)
    await _accounts(call).revoke_key(caller.tenant, call.path["id"], user=caller.id, by=caller, request=call.request)
    return Told("API key revoked")


def _accounts(call: Call[Any, Any]) -> Accounts:
    return call.services.get(Accounts)
