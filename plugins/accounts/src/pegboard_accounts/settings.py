"""What an operator decides about callers."""

from typing import Any

import attrs
from attrs.validators import and_, ge, in_, le, matches_re, min_len

from pegboard import Secret, setting

ALGORITHMS = ("HS256", "HS384", "HS512", "RS256", "ES256", "EdDSA")
POLICIES = ("open", "closed", "invite")


def _sendable(instance: object, attribute: object, value: Secret) -> None:
    if not all("!" <= letter <= "~" for letter in value.reveal()):
        raise ValueError("must be ASCII without spaces, since a header carries it")


def _link(instance: object, attribute: object, value: str) -> None:
    if value and ("{code}" not in value or not value.startswith(("https://", "http://"))):
        raise ValueError('must be an http address with "{code}" in it, such as https://app.example.com/reset#{code}')


def _roles(instance: object, attribute: object, value: dict[str, Any]) -> None:
    missing = [name for name in ("admin", "user") if name not in value]
    if missing:
        raise ValueError(f"must have the roles admin and user; {', '.join(missing)} is missing")


@attrs.frozen
class SmtpSettings:
    """``[plugins.accounts.smtp]``"""

    server: str = setting(
        "", help="the host that takes mails; without one they are written to files", env=("SMTP_SERVER",)
    )
    port: int = setting(587, help="its port", env=("SMTP_PORT",), validator=and_(ge(1), le(65535)))
    username: str = setting("", help="the name to sign in with", env=("SMTP_USERNAME",))
    password: Secret = setting(Secret(""), help="the password to sign in with", env=("SMTP_PASSWORD",))
    security: str = setting(
        "starttls", help="starttls, tls, or none (on a trusted network)", validator=in_(("starttls", "tls", "none"))
    )
    timeout: float = setting(10.0, help="seconds for a connection or an answer", validator=ge(0.1))


@attrs.frozen
class AccountsSettings:
    """``[plugins.accounts]``"""

    api_key: Secret = setting(
        Secret(""),
        help="a key with every scope that is kept in the environment instead of the database",
        env=("API_KEY",),
        validator=_sendable,
    )
    prefix: str = setting(
        "/api/v1",
        help="the path below which this plugin's own routes are served, but for /oauth and /.well-known",
        validator=matches_re(r"(/[A-Za-z0-9._-]+)+"),
    )
    header: str = setting("X-API-Key", help="the header in which callers send a key", validator=min_len(1))
    cache: int = setting(10_000, help="verified keys and tokens that each process keeps in memory", validator=ge(1))

    secret_key: Secret = setting(
        Secret(""), help="signs access tokens: 32 bytes or more, or a private key in PEM", env=("SECRET_KEY",)
    )
    generate: bool | None = setting(
        None,
        help="make a key file in the data folder where no secret_key is given; when unset, only where public_url is "
        "this machine's own",
    )
    algorithm: str = setting(
        "HS256",
        help=f"how tokens are signed: {', '.join(ALGORITHMS)}",
        env=("JWT_ALGORITHM",),
        validator=in_(ALGORITHMS),
    )
    issuer: str = setting("", help="who issues tokens; public_url when empty")
    access_minutes: int = setting(
        60,
        help="minutes that an access token is good for",
        env=("ACCESS_TOKEN_EXPIRE_MINUTES",),
        validator=and_(ge(1), le(10080)),
    )
    refresh_days: int = setting(
        30,
        help="days that a refresh token is good for",
        env=("REFRESH_TOKEN_EXPIRE_DAYS",),
        validator=and_(ge(1), le(3650)),
    )
    session_days: int = setting(90, help="days after which one must sign in again", validator=and_(ge(1), le(3650)))
    refresh_grace: int = setting(
        0,
        help="seconds in which a refresh token that is sent again is only refused, and does not end its session",
        validator=and_(ge(0), le(60)),
    )

    registration: str = setting("closed", help="who may register: open, closed or invite", validator=in_(POLICIES))
    verification: str = setting(
        "optional",
        help="required: nobody signs in before the address is verified",
        validator=in_(("optional", "required")),
    )
    role: str = setting("user", help="the role of who registers")
    roles: dict[str, tuple[str, ...]] = setting(
        {"admin": ("*",), "manager": ("users:read",), "user": ()},
        help="the scopes of each role",
        validator=_roles,
    )
    lock_failures: int = setting(5, help="failed attempts that lock an account", validator=ge(1))
    lock_address: int = setting(50, help="failed attempts that lock an address", validator=ge(1))
    lock_minutes: int = setting(15, help="minutes in which they are counted", validator=and_(ge(1), le(1440)))
    hashers: int = setting(2, help="passwords that a process hashes at a time", validator=and_(ge(1), le(64)))
    hash_cost: str = setting(
        "rfc9106",
        help="what a hash takes: rfc9106 is 64 MiB and 3 passes, owasp 19 MiB and 2, for small machines",
        validator=in_(("rfc9106", "owasp")),
    )

    mailer: str = setting("", help="how mails are sent; smtp where a server is set and file otherwise, when empty")
    mail_from: str = setting("", help="the sender of mails; smtp.username when empty")
    smtp: SmtpSettings = setting(SmtpSettings(), help="")
    verify_link: str = setting("", help="the page that takes a code to verify an address", validator=_link)
    reset_link: str = setting("", help="the page that takes a code to reset a password", validator=_link)
    invite_link: str = setting("", help="the page that takes an invitation", validator=_link)
    verify_hours: int = setting(48, help="hours that such a code is good for", validator=ge(1))
    reset_minutes: int = setting(30, help="minutes that such a code is good for", validator=ge(1))
    invite_days: int = setting(7, help="days that an invitation is good for", validator=ge(1))
