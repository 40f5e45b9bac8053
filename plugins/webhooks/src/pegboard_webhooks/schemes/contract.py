"""What a scheme is given, what it answers, and what it is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from pegboard import NoConfig, Secret


class Refused(Exception):
    """An event that is not proven to come from who it says. `code` is for programs, `detail` for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def _lowered(headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.lower(), value) for name, value in headers)


@attrs.frozen
class Delivery:
    """One request as it came: nothing of it was decoded. `received` is in seconds since the epoch."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = attrs.field(converter=_lowered, repr=False)
    body: bytes = attrs.field(repr=False)
    received: float

    def header(self, name: str) -> str:
        """The value of a header that is there once. Raises Refused."""
        found = self.values(name)
        if not found:
            raise Refused("missing-header", f"the header {name} is missing")
        return found[0]

    def optional(self, name: str) -> str:
        """The same, or "" where it is not there. Raises Refused where it is there twice."""
        found = self.values(name)
        return found[0] if found else ""

    def values(self, name: str) -> list[str]:
        # of two values, one could be what was verified and the other what is read later
        found = [value for given, value in self.headers if given == name.lower()]
        if len(found) > 1:
            raise Refused("duplicate-header", f"the header {name} is there {len(found)} times")
        return found


@attrs.frozen
class Verified:
    """What a delivery proved. `secret` is the place, among those that were tried, of the one that fitted.

    `id` and `timestamp` (seconds since the epoch) are those of the sender, where his scheme has them; `signed_id`
    says whether the signature covers the id: one that it does not cover can be replaced by whoever replays a body.
    """

    secret: int = 0
    id: str = ""
    signed_id: bool = False
    timestamp: int | None = None


@attrs.frozen
class Message:
    """What is to be signed. `timestamp` is in seconds since the epoch."""

    id: str
    timestamp: int
    body: bytes = attrs.field(repr=False)
    url: str
    content_type: str = "application/json"


@attrs.frozen
class Signed:
    """What the signature adds: headers, and the address where it stands in that."""

    headers: Mapping[str, str] = attrs.field(repr=False)
    url: str


@attrs.frozen
class Answer:
    """What a handshake is answered with."""

    body: bytes
    content_type: str
    status: int = 200


def _any_secret(config: Any, secret: Secret) -> None:
    if not secret:
        raise ValueError("is empty")


def _no_handshake(config: Any, delivery: Delivery) -> Answer | None:
    return None


@attrs.frozen
class WebhookScheme:
    """A way to sign events.

    `verify(config, secrets, delivery)` raises `Refused`; it tries every secret, so that two are valid while one is
    replaced. `sign(config, secret, message)` is the sender's half. `check(config, secret)` raises ValueError for a
    secret that could not be used, when it is saved. `handshake(config, delivery)` is asked about deliveries that were
    verified: what it answers is sent, and there is no event.
    """

    name: str = attrs.field(validator=attrs.validators.matches_re(r"[a-z][a-z0-9]*([._-][a-z0-9]+)*"))
    summary: str
    config: type = NoConfig
    verify: Callable[[Any, Sequence[Secret], Delivery], Verified] = attrs.field(kw_only=True)
    sign: Callable[[Any, Secret, Message], Signed] = attrs.field(kw_only=True)
    check: Callable[[Any, Secret], None] = attrs.field(default=_any_secret, kw_only=True)
    handshake: Callable[[Any, Delivery], Answer | None] = attrs.field(default=_no_handshake, kw_only=True)
