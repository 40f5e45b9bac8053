"""Opening the service: what it is made of, the key of the environment, and the first key of all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_address
from urllib.parse import urlsplit

import structlog

from pegboard import Notices, Principal, Services, Settings
from pegboard_store import Store

from .accounts import Accounts
from .attempts import Attempts
from .first_key import first_key
from .mailers import choose
from .memory import Memory
from .parts import Parts
from .passwords import Passwords
from .post import Post
from .settings import AccountsSettings
from .signing import Signing, make_signer
from .usage import Usage
from .verifier import Verifier

log = structlog.get_logger(__name__)

SHORT = 16
KEY_FILE = "accounts.key"


@asynccontextmanager
async def open_accounts(services: Services, settings: Settings) -> AsyncIterator[Accounts]:
    """The service of one app. A first start that serves makes a key, unless the environment holds one.

    Raises StartupError for a secret that others know, and a mailer that is not there.
    """
    config = settings.of(AccountsSettings)
    store = await services.aget(Store)
    usage = Usage(store)
    memory = Memory(store, config.cache)
    verifier = Verifier(store, usage, memory, config.roles)
    if config.api_key:
        _accept(config, verifier, settings.kernel.tenant)
    notices = services.get(Notices)
    if config.api_key:
        notices.key = "$API_KEY"
    parts = _parts(services, settings, store)
    wanted = bool(settings.kernel.public_url) and not config.api_key
    owner = administrator(settings.kernel.tenant)
    async with usage.writing(), first_key(services, store, notices, owner, wanted=wanted):
        try:
            yield Accounts(parts, usage, verifier, memory)
        finally:
            await parts.post.aclose()


def _parts(services: Services, settings: Settings, store: Store) -> Parts:
    config = settings.of(AccountsSettings)
    return Parts(
        services=services,
        store=store,
        config=config,
        tenant=settings.kernel.tenant,
        passwords=Passwords(config.hashers, config.hash_cost),
        attempts=Attempts(store, config),
        signing=open_signing(settings),
        post=Post(choose(services, config), services),
    )


def open_signing(settings: Settings) -> Signing:
    """The key that signs tokens. Raises StartupError for one that is given and no good."""
    config, url = settings.of(AccountsSettings), settings.kernel.public_url
    issuer = config.issuer or url or "pegboard"
    generate = _is_this_machine(url) if config.generate is None else config.generate
    given = config.secret_key.reveal()
    if given:
        make_signer(given, config.algorithm, issuer)
    elif not generate:
        log.warning("accounts.no-secret-key", reason="nobody can sign in with a password: set SECRET_KEY")
    return Signing(config.algorithm, issuer, settings.kernel.data / KEY_FILE, generate, given)


def administrator(tenant: str, credential: str = "") -> Principal:
    """Who holds the key of the environment, and the first key."""
    return Principal("admin", tenant, username="admin", scopes=frozenset({"*"}), credential=credential)


def _accept(config: AccountsSettings, verifier: Verifier, tenant: str) -> None:
    text = config.api_key.reveal()
    if len(text) < SHORT:
        log.warning("accounts.short-api-key", reason=f"API_KEY has fewer than {SHORT} characters and may be guessed")
    verifier.fix(text, administrator(tenant, "API_KEY"))


def _is_this_machine(url: str) -> bool:
    """Whether an app is only tried out: others reach it at no address, or at one of this machine."""
    host = urlsplit(url).hostname or "localhost"
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
