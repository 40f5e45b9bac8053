"""From settings to a vault: whose keys, and whether one may be made."""

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import structlog

from pegboard import Notice, Notices, Services, Settings, StartupError

from .keyfile import NAME, KeyFile, make
from .keys import Keyring
from .settings import VaultSettings
from .vault import Keys, Vault

log = structlog.get_logger(__name__)

SETTING = "PEGBOARD_VAULT__KEYS"


@attrs.frozen
class GivenKeys:
    """The keys of the settings."""

    _ring: Keyring

    @property
    def place(self) -> str:
        return SETTING

    def ring(self) -> Keyring:
        return self._ring


def open_vault(services: Services, settings: Settings) -> Vault:
    """The vault of one app. Raises StartupError where it has no key, or cannot trust its key file."""
    config = settings.of(VaultSettings)
    if config.keys:
        return Vault(GivenKeys(Keyring.read(config.keys.reveal())))
    path = key_path(settings)
    if not path.exists():
        _make(path, services, settings)
    return Vault(KeyFile(path))


def key_path(settings: Settings) -> Path:
    return settings.kernel.data / NAME


def keys_of(settings: Settings) -> Keys | None:
    """The keys as they are, where nothing is to be made. Raises StartupError."""
    config, path = settings.of(VaultSettings), key_path(settings)
    if config.keys:
        return GivenKeys(Keyring.read(config.keys.reveal()))
    return KeyFile(path) if path.exists() else None


def _make(path: Path, services: Services, settings: Settings) -> None:
    config, url = settings.of(VaultSettings), settings.kernel.public_url
    if not (_is_this_machine(url) if config.generate is None else config.generate):
        raise StartupError(
            f"vault: there is no key: set {SETTING} or {SETTING}_FILE to one that `pegboard vault new-key` prints, "
            f"or let the app make {path} by PEGBOARD_VAULT__GENERATE=true"
        )
    key = make(path)
    if key is not None:
        text = f"sealed with a new key in {path}; keep a copy of it, apart from the database's"
        log.warning("vault.key-made", key=key.id, file=str(path))
        services.get(Notices).add(Notice("Secrets", text, 15))


def _is_this_machine(url: str) -> bool:
    """Whether an app is only tried out: others reach it at no address, or at one of this machine."""
    host = urlsplit(url).hostname or "localhost"
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
