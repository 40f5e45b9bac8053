"""How an object differs from what it was, with its secrets masked: what an entry keeps of it."""

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import orjson

from pegboard import Secret

from .masking import MASK, is_secret_name, masked_text
from .plain import plain

ABSENT: Any = object()
MOST = 1000

Change = dict[str, Any]
"""``pointer`` (RFC 6901), ``before`` and ``after`` where there is one; ``masked`` where the value is a secret, and
``cut`` where the entry would have become too large with it."""


@attrs.frozen
class Bounds:
    """`longest_text` in characters, `largest` in bytes of JSON for all changes of an entry."""

    longest_text: int = 2000
    largest: int = 65_536


def difference(before: Any, after: Any, bounds: Bounds) -> list[Change]:
    """The places at which two states of an object differ; None is an object that is not there.

    Of secrets only this is told, that they differ.
    """
    old, new = (_whole(value) for value in (before, after))
    return list(_bounded(_walk("", old, new, bounds), bounds))


def _whole(value: Any) -> Any:
    return {} if value is None else plain(value)


def _bounded(changes: Iterator[Change], bounds: Bounds) -> Iterator[Change]:
    size = 0
    for number, change in enumerate(changes):
        if number == MOST:
            yield {"pointer": "", "cut": True}
            return
        size += len(orjson.dumps(change))
        yield change if size <= bounds.largest else {"pointer": change["pointer"], "cut": True}


def _walk(pointer: str, old: Any, new: Any, bounds: Bounds) -> Iterator[Change]:
    if _is_secret(old) or _is_secret(new):
        if not _same(old, new):
            yield _change(pointer, old, new, hide=True, bounds=bounds)
    elif isinstance(old, dict) and isinstance(new, dict):
        yield from _members(pointer, old, new, bounds)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new, strict=True)):
            yield from _walk(f"{pointer}/{index}", *pair, bounds)
    elif not _same(old, new):
        yield _change(pointer, old, new, hide=False, bounds=bounds)


def _members(pointer: str, old: Mapping[str, Any], new: Mapping[str, Any], bounds: Bounds) -> Iterator[Change]:
    hidden = _hidden(old) | _hidden(new)
    for name in dict.fromkeys((*old, *new)):
        was, now = old.get(name, ABSENT), new.get(name, ABSENT)
        place = f"{pointer}/{_escaped(name, bounds)}"
        if name not in hidden:
            yield from _walk(place, was, now, bounds)
        elif not _same(was, now):
            yield _change(place, was, now, hide=True, bounds=bounds)


def _hidden(members: Mapping[str, Any]) -> set[str]:
    """The names of members that are secrets; of ``{"name": "X-API-Key", "value": ...}`` the value."""
    found = {name for name in members if is_secret_name(name)}
    named = [members[name] for name in ("name", "key", "header") if isinstance(members.get(name), str)]
    return found | {"value"} if any(map(is_secret_name, named)) else found


def _change(pointer: str, old: Any, new: Any, *, hide: bool, bounds: Bounds) -> Change:
    sides = {name: value for name, value in (("before", old), ("after", new)) if value is not ABSENT}
    if hide:
        return {"pointer": pointer, **dict.fromkeys(sides, MASK), "masked": True}
    return {"pointer": pointer, **{name: _shown(value, bounds) for name, value in sides.items()}}


def _shown(value: Any, bounds: Bounds) -> Any:
    if _is_secret(value):
        return MASK
    if isinstance(value, dict):
        hidden = _hidden(value)
        return {_named(n, bounds): MASK if n in hidden else _shown(v, bounds) for n, v in value.items()}
    if isinstance(value, list):
        return [_shown(inner, bounds) for inner in value]
    return masked_text(value, bounds.longest_text) if isinstance(value, str) else value


def _is_secret(value: Any) -> bool:
    """A secret, or what stands for one: the mask, and a sealed value of a document."""
    return isinstance(value, Secret) or value == MASK or (isinstance(value, dict) and value.keys() == {"sealed"})


def _same(old: Any, new: Any) -> bool:
    """JSON tells 1 from true, which Python does not; 1 and 1.0 are one number to it."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_same(old[name], new[name]) for name in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(_same(*pair) for pair in zip(old, new, strict=True))
    numbers = {type(old), type(new)} == {int, float}
    return (type(old) is type(new) or numbers) and bool(old == new)


def _escaped(name: str, bounds: Bounds) -> str:
    return _named(name, bounds).replace("~", "~0").replace("/", "~1")


def _named(name: str, bounds: Bounds) -> str:
    """Users choose names too, and may put an address with a password there."""
    return masked_text(name, bounds.longest_text)
