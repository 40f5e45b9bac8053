"""How a program sees its arguments: read-only objects over decoded JSON. Standard library only.

No attribute of theirs starts with an underscore but their own slots, so a language that refuses such
names can show them as they are.
"""

from __future__ import annotations

import json

TYPE_CHECKING = False  # typing itself would add half a megabyte to every fork
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, NoReturn

_set = object.__setattr__


class _ReadOnly:
    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is read-only: {name} cannot be set")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is read-only: {name} cannot be deleted")


class Object(_ReadOnly):
    """The members of a JSON object as attributes."""

    __slots__ = ("_members",)

    _members: dict[str, Any]

    def __init__(self, members: dict[str, Any]) -> None:
        _set(self, "_members", members)

    def __getattr__(self, name: str) -> Any:
        members = object.__getattribute__(self, "_members")
        if name in members and not name.startswith("_"):
            return members[name]
        known = ", ".join(key for key in members if not key.startswith("_"))
        raise AttributeError(f"there is no {name!r} here; there are {known or 'no members'}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Object) and bool(self._members == other._members)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Object({self._members!r})"


class Pairs(_ReadOnly):
    """Names and values, such as headers or query parameters: a read-only mapping that may repeat a name.

    `get` and ``[]`` give one value (of repeated headers the first, of repeated parameters the last, as ASGI
    frameworks do), `getlist` all of them.
    """

    __slots__ = ("_fold", "_single", "_values")

    _fold: Callable[[str], str]
    _single: int
    _values: dict[str, list[str]]

    def __init__(self, pairs: list[list[str]], *, ignore_case: bool = False) -> None:
        fold: Callable[[str], str] = str.lower if ignore_case else str
        values: dict[str, list[str]] = {}
        for name, value in pairs:
            values.setdefault(fold(name), []).append(value)
        _set(self, "_fold", fold)
        _set(self, "_values", values)
        _set(self, "_single", 0 if ignore_case else -1)

    def get(self, name: str, default: Any = None) -> Any:
        values = self._values.get(self._fold(name))
        return values[self._single] if values else default

    def getlist(self, name: str) -> list[str]:
        return list(self._values.get(self._fold(name), ()))

    def keys(self) -> list[str]:
        return list(self._values)

    def values(self) -> list[str]:
        return [values[self._single] for values in self._values.values()]

    def items(self) -> list[tuple[str, str]]:
        return [(name, values[self._single]) for name, values in self._values.items()]

    def __getitem__(self, name: str) -> str:
        value: str = self._values[self._fold(name)][self._single]
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._fold(name) in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Pairs({dict(self.items())!r})"


class Request(_ReadOnly):
    """An HTTP request: `method`, `path`, `headers`, `query_params`, `path_params` and `json()`.

    What a program does not look at is not made: a slot is empty until then. No properties, whose functions a program
    could take out of the class.
    """

    __slots__ = ("_parts", "headers", "method", "path", "path_params", "query_params")

    method: str
    path: str
    headers: Pairs
    query_params: Pairs
    path_params: Pairs
    _parts: dict[str, Any]

    def __init__(self, parts: dict[str, Any]) -> None:
        _set(self, "_parts", parts)

    def __getattr__(self, name: str) -> Any:
        if name not in _MAKERS:
            raise AttributeError(f"there is no {name!r} in a request; there are {', '.join(_MAKERS)} and json()")
        made = _MAKERS[name](object.__getattribute__(self, "_parts"))
        _set(self, name, made)
        return made

    def json(self) -> Any:
        """The body, parsed. Raises ValueError when there is none or it is not JSON."""
        body = self._parts.get("body")
        if body is None:
            raise ValueError("the request has no body")
        return json.loads(body)

    def __repr__(self) -> str:
        return f"Request({self.method} {self.path})"


_MAKERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "method": lambda parts: parts.get("method", "GET"),
    "path": lambda parts: parts.get("path", ""),
    "headers": lambda parts: Pairs(parts.get("headers") or [], ignore_case=True),
    "query_params": lambda parts: Pairs(parts.get("query_params") or []),
    "path_params": lambda parts: Pairs([[name, value] for name, value in (parts.get("path_params") or {}).items()]),
}


def as_value(value: Any) -> Any:
    return value


def as_object(value: Any) -> Any:
    return Object(value) if isinstance(value, dict) else value


def as_request(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError("a request is an object")
    return Request(value)


VIEWS = (as_value, as_object, as_request)
"""In the order of `pegboard.Argument.view`: value, object, request."""
