"""Logins under way. A state is good once, for a while, and for whoever began; of it only a digest is stored."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import orjson
from sqlalchemy import delete, insert, select

from pegboard import Principal, Secret
from pegboard_store import Store
from pegboard_vault import Place, Vault

from .configs import OAuth2Config
from .documents import revealed, structured
from .errors import LoginFailed
from .tables import logins

BYTES = 32
"""Of randomness in a state: it cannot be guessed (RFC 6749, section 10.10)."""

KEPT = timedelta(hours=1)
"""How long a login that has expired can still be told from one that never was."""


@attrs.frozen
class Pending:
    """One login. `redirect_uri` and `verifier` are sent again with its code."""

    tenant: str
    user: str
    key: str
    return_to: str
    config: OAuth2Config
    redirect_uri: str
    verifier: Secret


def place_of(tenant: str, id: str) -> Place:
    return Place(tenant, id, "oauth2 login")


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class PendingLogins:
    """The table of logins."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store, self._vault = store, vault

    async def add(self, login: Pending, seconds: float, browser: Secret | None) -> str:
        """Remember a login for so many seconds; returns its state."""
        state, now = secrets.token_urlsafe(BYTES), datetime.now(UTC)
        id = digest(state)
        row = {
            "id": id,
            "tenant": login.tenant,
            "user_id": login.user,
            "key": login.key,
            "sealed": self._vault.seal(_sealable(login), place_of(login.tenant, id)),
            "return_to": login.return_to,
            "browser": digest(browser.reveal()) if browser else "",
            "expires_at": now + timedelta(seconds=seconds),
        }
        async with self._store.begin() as session:
            await session.execute(delete(logins).where(logins.c.expires_at < now - KEPT))
            await session.execute(insert(logins).values(**row))
        return state

    async def take(self, state: str, caller: Principal | None, browser: Secret | None) -> Pending:
        """The login of a state, which is used up by it. Raises LoginFailed.

        Whoever did not begin it does not use it up either: nobody can end somebody else's login.
        """
        id = digest(state)
        async with self._store.begin() as session:
            row = (await session.execute(select(*logins.c).where(logins.c.id == id))).one_or_none()
            if row is not None:
                _check_person(row, caller, browser)
            result: Any = await session.execute(delete(logins).where(logins.c.id == id))
        if row is None or not result.rowcount:
            raise LoginFailed(400, "oauth-state", "this login is not known, or was used already: log in again")
        if row.expires_at <= datetime.now(UTC):
            raise LoginFailed(400, "oauth-state-expired", "this login took too long: log in again", row.return_to)
        return self._opened(row)

    def _opened(self, row: Any) -> Pending:
        document = orjson.loads(self._vault.open(row.sealed, place_of(row.tenant, row.id)).reveal())
        config, verifier = structured(document["config"]), Secret(document["verifier"])
        return Pending(row.tenant, row.user_id, row.key, row.return_to, config, document["redirect_uri"], verifier)


def _sealable(login: Pending) -> Secret:
    document = {
        "config": revealed(login.config),
        "redirect_uri": login.redirect_uri,
        "verifier": login.verifier.reveal(),
    }
    return Secret(orjson.dumps(document).decode())


def _check_person(row: Any, caller: Principal | None, browser: Secret | None) -> None:
    other = caller is not None and (caller.tenant, caller.id) != (row.tenant, row.user_id)
    elsewhere = bool(row.browser) and (browser is None or digest(browser.reveal()) != row.browser)
    if other or elsewhere:
        where = "by another user" if other else "in another browser"
        raise LoginFailed(403, "oauth-state-foreign", f"this login was started {where}: log in yourself")
