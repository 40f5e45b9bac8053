"""The section ``[plugins.vault]``."""

from typing import Any

import attrs

from pegboard import Secret, setting

from .keys import Keyring


def _readable(instance: object, attribute: Any, value: Secret) -> None:
    if value:
        Keyring.read(value.reveal())


@attrs.frozen
class VaultSettings:
    keys: Secret = setting(
        Secret(""),
        help="keys that `pegboard vault new-key` makes, with commas or lines between: the first seals, all open",
        validator=_readable,
    )
    generate: bool | None = setting(
        None,
        help="make a key file in the data folder where no key is given; when unset, only where public_url is this "
        "machine's own",
    )
