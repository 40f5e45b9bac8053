"""What somebody wants of a grant, held against its row: a token that is good, a reason, or that there is work to do."""

from datetime import datetime, timedelta

import attrs

from pegboard import Problem

from .configs import OAuth2Config
from .documents import fingerprint
from .errors import LoginNeeded, restored
from .grants import Grant, Grants, Ref
from .protocol import renewal_fields
from .tokens import Token

CALM = timedelta(seconds=30)
"""After a 401 a token is renewed at once, and then for so long no more: a server that always says 401 must not make
a request for a token of each request."""

PAUSE = timedelta(seconds=10)
"""How long a token that is still good is used as it is, after it could not be renewed ahead of time."""


@attrs.frozen
class Wanted:
    """A token for `config`, and not the one of the version `rejected`, to which a server has just said 401."""

    config: OAuth2Config
    ref: Ref
    rejected: int | None = None
    mark: str = attrs.field(init=False)

    @mark.default
    def _marked(self) -> str:
        return fingerprint(self.config)

    def held(self, grants: Grants, grant: Grant | None) -> Token | None:
        """What there is, good or not: the token of the row, if it is of this config, or the one in the config."""
        if grant is not None and grant.sealed and grant.fingerprint == self.mark:
            return grants.token(grant)
        config = self.config
        if config.grantType == "client_credentials" or not (config.accessToken or config.refreshToken):
            return None
        return Token(config.accessToken, config.refreshToken, expires_at=config.expiresAt)

    def met(self, token: Token | None, grant: Grant | None, now: datetime, skew: float) -> bool:
        """Whether `token` will do. Raises LoginNeeded, and again what made it needed, where nobody here can help."""
        if token is not None and self._will_do(token, grant, now, skew):
            return True
        if grant is not None and grant.failure and grant.failure["final"] and grant.failure["mark"] == self.mark:
            raise restored(grant.failure)
        renewal_fields(self.config, token)
        return False

    def _will_do(self, token: Token, grant: Grant | None, now: datetime, skew: float) -> bool:
        if token.version == self.rejected:
            # the server's 401 is told rather than asked for again and again
            return grant is not None and grant.forced_at is not None and now < grant.forced_at + CALM
        if not token.due(now, skew):
            return True
        return not token.expired(now) and grant is not None and _is_seen_to(grant, now)

    def failure(self, problem: Problem) -> dict[str, object]:
        """What a row says of a failure; a `final` one lasts until somebody logs in, or the config is another."""
        return {
            "mark": self.mark,
            "final": problem.code == LoginNeeded.CODE,
            "status": problem.status,
            "code": problem.code,
            "detail": problem.detail,
            "headers": problem.headers,
            "extra": problem.extra,
        }


def _is_seen_to(grant: Grant, now: datetime) -> bool:
    """Whether somebody else is renewing the token, or tried in vain: just now, or for good."""
    if grant.failure is None or grant.failed_at is None:
        return grant.leased(now)
    return grant.leased(now) or bool(grant.failure["final"]) or now < grant.failed_at + PAUSE


@attrs.define
class Watch:
    """What happened to a grant since one began to wait: the failure of a renewal is told to all who waited for it."""

    _mark: str
    _since: int | None = None

    def look(self, grant: Grant | None, now: datetime) -> None:
        """Raises what the one whose renewal was waited for ran into."""
        fence = grant.lease_fence if grant is not None else 0
        if self._since is None:
            # a renewal under way counts, one that ended before does not
            self._since = fence if grant is not None and grant.leased(now) else fence + 1
        if grant is None or not grant.failure or grant.failure["mark"] != self._mark:
            return
        if grant.failed_fence >= self._since:
            raise restored(grant.failure)
