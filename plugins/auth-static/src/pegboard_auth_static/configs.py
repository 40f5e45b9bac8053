"""The configs, with the names that their documents have on the wire."""

from collections.abc import Callable
from typing import Any, Literal

import attrs

from pegboard import Secret, setting
from pegboard.invalid import Refusal

from . import checks

Check = Callable[[str], None]


def _valid(check: Check) -> Any:
    """A validator of text, or of the text in a `Secret`."""

    def validate(instance: object, attribute: Any, value: str | Secret) -> None:
        check(value.reveal() if isinstance(value, Secret) else value)

    return validate


def _secret(check: Check, help: str) -> Any:
    return setting(help=help, validator=_valid(check))


def _headers(instance: object, attribute: Any, headers: dict[str, Secret]) -> None:
    if not headers:
        raise ValueError("must have at least one header")
    if len({name.lower() for name in headers}) < len(headers):
        raise ValueError("has a header twice: upper and lower case are the same")
    for name, value in headers.items():
        try:
            checks.header_name(name)
            checks.header_value(value.reveal())
        except ValueError as error:
            shown = name if checks.TOKEN.fullmatch(name) else "a name"
            raise ValueError(f"{shown}: {error}") from None


@attrs.frozen
class ApiKeyConfig:
    """``api_key``"""

    keyName: str = setting(help="the name of the header, query parameter or member of the body")
    keyLocation: Literal["header", "query", "body"] = setting(help="where the key goes: header, query or body")
    keyValue: Secret = setting(help="the key")

    def __attrs_post_init__(self) -> None:
        named, valued = (
            (checks.header_name, checks.header_value)
            if self.keyLocation == "header"
            else (checks.parameter_name, checks.parameter_value)
        )
        for field, check, text in (("keyName", named, self.keyName), ("keyValue", valued, self.keyValue.reveal())):
            try:
                check(text)
            except ValueError as error:
                raise Refusal(field, str(error)) from None


@attrs.frozen
class BearerConfig:
    """``bearer``"""

    token: Secret = _secret(checks.token, "the token, without the word Bearer")


@attrs.frozen
class BasicConfig:
    """``basic``"""

    username: str = setting(help="the user", validator=_valid(checks.basic_user))
    password: Secret = _secret(checks.password, "the password; some services want an empty one beside a key as user")


@attrs.frozen
class DigestConfig:
    """``digest``"""

    username: str = setting(help="the user", validator=_valid(checks.digest_user))
    password: Secret = _secret(checks.password, "the password")


@attrs.frozen
class CustomHeadersConfig:
    """``custom_headers``"""

    headers: dict[str, Secret] = setting(help="headers and their values, each of them a secret", validator=_headers)
