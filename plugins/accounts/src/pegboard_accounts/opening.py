"""Opening the service: the key of the environment, and the first key of all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from pegboard import Notices, Principal, Services, Settings
from pegboard_store import Store

from .accounts import Accounts
from .first_key import first_key
from .settings import AccountsSettings
from .usage import Usage
from .verifier import Verifier

log = structlog.get_logger(__name__)

SHORT = 16


@asynccontextmanager
async def open_accounts(services: Services, settings: Settings) -> AsyncIterator[Accounts]:
    """The service of one app. A first start that serves makes a key, unless the environment holds one."""
    config = settings.of(AccountsSettings)
    store = await services.aget(Store)
    usage = Usage(store)
    verifier = Verifier(store, usage, config.cache)
    if config.api_key:
        _accept(config, verifier, settings.kernel.tenant)
    notices = services.get(Notices)
    if config.api_key:
        notices.key = "$API_KEY"
    wanted = bool(settings.kernel.public_url) and not config.api_key
    owner = administrator(settings.kernel.tenant)
    async with usage.writing(), first_key(services, store, notices, owner, wanted=wanted):
        yield Accounts(services, store, usage, verifier)


def administrator(tenant: str, credential: str = "") -> Principal:
    """Who holds the key of the environment, and the first key."""
    return Principal("admin", tenant, username="admin", scopes=frozenset({"*"}), credential=credential)


def _accept(config: AccountsSettings, verifier: Verifier, tenant: str) -> None:
    text = config.api_key.reveal()
    if len(text) < SHORT:
        log.warning("accounts.short-api-key", reason=f"API_KEY has fewer than {SHORT} characters and may be guessed")
    verifier.fix(text, administrator(tenant, "API_KEY"))
