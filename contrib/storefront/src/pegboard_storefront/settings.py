"""What an operator decides about the shop; the names of the environment are those of document 003."""

import attrs
from attrs.validators import and_, ge, le

from pegboard import StartupError, setting


@attrs.frozen
class StorefrontSettings:
    """``[plugins.storefront]``"""

    allowed_origins: tuple[str, ...] = setting(
        ("*",), help="origins whose pages may call the API (CORS); * is any, none switches it off",
        env=("ALLOWED_ORIGINS",),
    )  # fmt: skip
    allow_credentials: bool = setting(
        False, help="whether browsers send cookies along (CORS); not together with *", env=("ALLOW_CREDENTIALS",)
    )
    rate_requests: int = setting(
        100, help="calls of one route by one caller in a window", env=("RATE_LIMIT_REQUESTS",), validator=ge(1)
    )
    rate_window: int = setting(
        60, help="seconds of that window", env=("RATE_LIMIT_WINDOW",), validator=and_(ge(1), le(86_400))
    )
    sign_ins: int = setting(20, help="sign-ins and registrations of one address in a minute", validator=ge(1))

    def check(self) -> None:
        """Raises StartupError for what would open the API to every page on the web."""
        if self.allow_credentials and "*" in self.allowed_origins:
            raise StartupError(
                "storefront: allow_credentials (ALLOW_CREDENTIALS) together with allowed_origins * would let any page "
                "act as whoever looks at it: name the origins in ALLOWED_ORIGINS"
            )
