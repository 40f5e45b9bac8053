"""Tokens as they are held in memory, and as they are sealed."""

from datetime import datetime, timedelta

import attrs
import orjson

from pegboard import Secret


@attrs.frozen
class Token:
    """An access token and what came with it (RFC 6749, section 5.1). Times are UTC; None is "not told".

    `version` counts the tokens of one grant: 0 came with the config, others were stored.
    """

    access: Secret
    refresh: Secret = Secret("")
    scope: str = ""
    expires_at: datetime | None = None
    obtained_at: datetime | None = None
    version: int = 0

    def expired(self, now: datetime) -> bool:
        return not self.access or (self.expires_at is not None and now >= self.expires_at)

    def due(self, now: datetime, skew: float) -> bool:
        """Whether it should be renewed: `skew` seconds before its end, or a fifth of its life if that is shorter."""
        if self.expires_at is None or not self.access:
            return self.expired(now)
        ahead = timedelta(seconds=skew)
        if self.obtained_at is not None:
            ahead = min(ahead, (self.expires_at - self.obtained_at) / 5)
        return now >= self.expires_at - ahead

    def sealable(self) -> Secret:
        """What is secret in it, as one text."""
        document = {"access": self.access.reveal(), "refresh": self.refresh.reveal(), "scope": self.scope}
        return Secret(orjson.dumps(document).decode())


def opened(text: Secret, expires_at: datetime | None, obtained_at: datetime | None, version: int) -> Token:
    """The token whose `sealable` text this is."""
    document = orjson.loads(text.reveal())
    access, refresh = Secret(document["access"]), Secret(document["refresh"])
    return Token(access, refresh, document["scope"], expires_at, obtained_at, version)
