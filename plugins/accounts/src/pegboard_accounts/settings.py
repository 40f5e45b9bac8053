"""What an operator decides about callers."""

import attrs
from attrs.validators import ge, min_len

from pegboard import Secret, setting


def _sendable(instance: object, attribute: object, value: Secret) -> None:
    if not all("!" <= letter <= "~" for letter in value.reveal()):
        raise ValueError("must be ASCII without spaces, since a header carries it")


@attrs.frozen
class AccountsSettings:
    """``[plugins.accounts]``"""

    api_key: Secret = setting(
        Secret(""),
        help="a key with every scope that is kept in the environment instead of the database",
        env=("API_KEY",),
        validator=_sendable,
    )
    header: str = setting("X-API-Key", help="the header in which callers send a key", validator=min_len(1))
    cache: int = setting(10_000, help="verified keys that each process keeps in memory", validator=ge(1))
