"""The section ``[plugins.auth-oauth2]``."""

import attrs

from pegboard import setting

positive = attrs.validators.gt(0)


@attrs.frozen
class AuthOAuth2Settings:
    skew: float = setting(60.0, help="seconds before its end at which a token is renewed", validator=positive)
    timeout: float = setting(20.0, help="seconds for one request to a token URL", validator=positive)
    lease: float = setting(
        30.0, help="seconds for which one process may renew a token, longer than timeout", validator=positive
    )
    wait: float = setting(45.0, help="seconds to wait for a token that another process renews", validator=positive)
    login: float = setting(600.0, help="seconds that a user has to log in", validator=positive)
    allow_http: bool = setting(
        False, help="allow token and login URLs without TLS on other machines too: secrets go in the clear"
    )

    @property
    def lease_seconds(self) -> float:
        """A lease that ends before its request does would let two processes use one refresh token."""
        return max(self.lease, self.timeout * 1.25)
