"""What all records share: a name that users store, a summary, and a config type."""

import re
from typing import Protocol, TypeVar

import attrs

T = TypeVar("T")

NAME = re.compile(r"[a-z][a-z0-9]*([._-][a-z0-9]+)*")


@attrs.frozen
class NoConfig:
    """The config type of a record that has nothing to set."""


class Services(Protocol):
    """The open services of one app, found by their type.

    `get` is for services that are open already (all eager ones are, once the app has started);
    `aget` opens a service on its first use. Both raise `pegboard.MissingService` with the name.
    """

    def get(self, kind: type[T], /) -> T: ...

    async def aget(self, kind: type[T], /) -> T: ...

    def __contains__(self, kind: type) -> bool: ...


def check_name(instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    """Refuse a name that could not be written in a URL, a TOML key or a tag.

    Raises ValueError.
    """
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise ValueError(
            f"{type(instance).__name__}.{attribute.name} is {value!r}: use lower-case letters and digits, "
            "joined by '-', '_' or '.', starting with a letter"
        )
