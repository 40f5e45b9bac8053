"""Named records and who brought them."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import attrs

from .problems import MissingService, nearest

R = TypeVar("R")


class Conflict(Exception):
    """Two plugins claim the same thing; the message names both."""


@attrs.define
class Registry(Generic[R]):
    """Records of one kind by name. It is filled at start-up and only read afterwards.

    A record may have `sides`, as an `AuthProvider` has: a name is then taken for these sides alone.
    """

    kind: str
    _records: dict[tuple[str, str], tuple[R, str]] = attrs.field(factory=dict)

    def add(self, record: R, owner: str) -> None:
        """Raises Conflict if the name is taken."""
        name: str = record.name  # type: ignore[attr-defined]
        keys = [(name, side) for side in getattr(record, "sides", ("",))]
        for key in keys:
            if key in self._records:
                raise Conflict(f'{self.kind} "{name}" of plugin "{owner}" is also in plugin "{self._records[key][1]}"')
        self._records |= dict.fromkeys(keys, (record, owner))

    def discard(self, owner: str) -> None:
        """Take out everything that a plugin brought."""
        self._records = {key: pair for key, pair in self._records.items() if pair[1] != owner}

    def get(self, name: str, side: str = "") -> R:
        """The record of this name, with this side where one is given.

        Raises MissingService, with the nearest name, for one that no plugin brought.
        """
        found = self._found(name, side)
        if found is None:
            known = {name for name, its in self._records if side in ("", its)}
            raise MissingService(f'{self.kind} "{name}"', f"no plugin brings it{nearest(name, known)}")
        return found[0]

    def owner(self, name: str) -> str:
        """Raises KeyError."""
        found = self._found(name, "")
        if found is None:
            raise KeyError(name)
        return found[1]

    def _found(self, name: str, side: str) -> tuple[R, str] | None:
        return next((pair for key, pair in self._records.items() if key[0] == name and side in ("", key[1])), None)

    def __contains__(self, name: object) -> bool:
        return any(known == name for known, _ in self._records)

    def __iter__(self) -> Iterator[R]:
        return iter({id(record): record for record, _ in self._records.values()}.values())

    def __len__(self) -> int:
        return len({id(record) for record, _ in self._records.values()})

    def names(self) -> list[str]:
        return list(dict.fromkeys(name for name, _ in self._records))


@attrs.define
class Registries:
    """All registries of one app, by the type of their records."""

    _by_type: dict[type, Registry[Any]] = attrs.field(factory=dict)

    def open(self, record: type[R], kind: str) -> Registry[R]:
        """Make the registry of a record type. Raises Conflict if it is there."""
        if record in self._by_type:
            raise Conflict(f"{record.__name__} has a registry already ({self._by_type[record].kind})")
        self._by_type[record] = Registry(kind)
        return self._by_type[record]

    def __getitem__(self, record: type[R]) -> Registry[R]:
        try:
            return self._by_type[record]
        except KeyError:
            raise MissingService(f"the registry of {record.__name__}", "the plugin that opens it is absent") from None

    def __iter__(self) -> Iterator[Registry[Any]]:
        return iter(self._by_type.values())

    def discard(self, owner: str) -> None:
        for registry in self:
            registry.discard(owner)
