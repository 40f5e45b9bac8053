"""Who calls, as the shop sees him: by number, within his tenant, and as far as he may."""

from collections import OrderedDict
from typing import Any

from pegboard import Call, FieldError, Principal, Services, Settings
from pegboard.auth import grants
from pegboard_accounts import Accounts
from pegboard_accounts.errors import AccessDenied

from .inputs import LARGEST_ID
from .words import InvalidInput

REMEMBERED = 10_000


class Numbers:
    """The numbers of users by their ids. A user's number never changes, so it is asked for once."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: OrderedDict[tuple[str, str], int] = OrderedDict()

    async def of(self, caller: Principal) -> int:
        """Raises `UserNotFound` for a caller who is no user, such as the key of the environment."""
        key = caller.tenant, caller.id
        if key not in self._known:
            self._known[key] = (await self._services.get(Accounts).me(caller)).number
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return self._known[key]


def viewer(call: Call[Any, Any]) -> Principal:
    """Who looks at the catalogue; nobody in particular sees that of the app's own tenant."""
    return call.principal or Principal("anonymous", call.services.get(Settings).kernel.tenant)


def path_id(call: Call[Any, Any]) -> int:
    """The id in the address. Raises `InvalidInput`."""
    text = call.path["id"]
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and 1 <= int(text) <= LARGEST_ID):
        raise InvalidInput("path", [FieldError("must be a whole number from 1 on", "/id")])
    return int(text)


def is_admin(caller: Principal, resource: str) -> bool:
    """Whether somebody may do everything with what there is of a resource."""
    return grants(caller.scopes, f"{resource}:admin")


def check_session(caller: Principal) -> None:
    """Raises `AccessDenied` for a caller with a key that may not make keys: one that leaks makes no further ones."""
    if caller.credential.startswith("key_") and not grants(caller.scopes, "keys:write"):
        raise AccessDenied("sign in: this key may not manage keys")
