"""Taking secrets out of all that is shown."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import attrs

from pegboard import Secret

MASKED = "***"
SHORTEST = 3
"""A shorter secret is only masked where it stands alone: it would be found in every second word."""
MOST_LEARNED = 32

SECRET_NAME = re.compile(
    r".*(authoriz|authentic|cookie|secret|passw|token|credential|session|signature"
    r"|(api|access|auth|subscription|functions|account|shared|private)[_-]?key).*",
    re.IGNORECASE,
)
QUERY = re.compile(r"([?&])([^=&#]*)=([^&#]*)")


def is_secret_name(name: str) -> bool:
    """Whether a header or a parameter of this name holds a credential."""
    return SECRET_NAME.fullmatch(name) is not None


@attrs.define
class Mask:
    """Knows the secrets of a definition, and those that authentication made of them while it ran."""

    _secrets: frozenset[str] = attrs.field(repr=False)
    _learned: dict[str, None] = attrs.field(factory=dict, repr=False)
    _pattern: re.Pattern[str] | None = attrs.field(default=None, init=False, repr=False)
    longest: int = attrs.field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._compile()

    def learn(self, texts: Iterable[str]) -> None:
        """Mask these too; of the learned ones the last are kept."""
        new = {text: None for text in texts if text}
        if new.keys() <= self._learned.keys() | self._secrets:
            return
        both = {**self._learned, **new}
        self._learned = dict(list(both.items())[-MOST_LEARNED:])
        self._compile()

    def _compile(self) -> None:
        known = {form for text in (*self._secrets, *self._learned) for form in _forms(text)}
        forms = sorted((form for form in known if len(form) >= SHORTEST), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, forms))) if forms else None
        self.longest = max(map(len, forms), default=0)

    def text(self, text: str) -> str:
        if text in self._secrets and text:
            return MASKED
        return text if self._pattern is None else self._pattern.sub(MASKED, text)

    def value(self, value: Any) -> Any:
        """A JSON value with all texts in it masked, those of keys too."""
        if isinstance(value, str):
            return self.text(value)
        if self._pattern is None and not self._secrets:
            return value
        if isinstance(value, Mapping):
            return {self.text(key) if isinstance(key, str) else key: self.value(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(one) for one in value]
        return value

    def headers(self, headers: Mapping[str, str], secret: Iterable[str] = ()) -> dict[str, str]:
        """Values of headers that hold credentials by their name are masked whole, and others where they hold one."""
        hidden = {name.lower() for name in secret}
        return {
            name: MASKED if name.lower() in hidden or is_secret_name(name) else self.text(value)
            for name, value in headers.items()
        }

    def url(self, url: str, secret: Iterable[str] = ()) -> str:
        hidden = frozenset(secret)
        shown = self.text(url)
        if urlsplit(url).username is not None:
            shown = re.sub(r"//[^/@]*@", f"//{MASKED}@", shown, count=1)
        return QUERY.sub(lambda found: _parameter(found, hidden), shown)


def _parameter(found: re.Match[str], hidden: frozenset[str]) -> str:
    mark, name, value = found.groups()
    return f"{mark}{name}={MASKED if value and (name in hidden or is_secret_name(name)) else value}"


def _forms(secret: str) -> Iterator[str]:
    """A secret as it may stand in a URL, a form, JSON, or behind ``Basic``."""
    yield from (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1])
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    if len(secret) >= 2 * SHORTEST:
        yield b64encode(secret.encode()).decode()


def secrets_in(config: Any) -> Iterator[str]:
    """The texts of all `Secret`s in a config."""
    if isinstance(config, Secret):
        yield config.reveal()
    elif isinstance(config, Mapping):
        for value in config.values():
            yield from secrets_in(value)
    elif isinstance(config, list | tuple):
        for value in config:
            yield from secrets_in(value)
    elif attrs.has(type(config)):
        for field in attrs.fields(type(config)):
            yield from secrets_in(getattr(config, field.name))
    return


def basic_forms(config: Any) -> Iterator[str]:
    """What Basic authentication writes (RFC 7617, section 2), where a config has a user and a password."""
    user, password = getattr(config, "username", None), getattr(config, "password", None)
    if isinstance(user, str) and isinstance(password, Secret):
        yield b64encode(f"{user}:{password.reveal()}".encode()).decode()
