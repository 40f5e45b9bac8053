"""How the vault learns where plugins keep sealed values: it knows none of them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import attrs

from pegboard import Services

from .envelope import Place


@attrs.frozen
class Entry:
    """The sealed values of one place, such as a row. `key` is its own among all of its record's, and orders them."""

    key: str
    place: Place
    values: tuple[str, ...] = attrs.field(repr=False)


@attrs.frozen
class Sealed:
    """Where a plugin keeps sealed values: handed over by the hook ``pegboard_sealed(settings)``.

    - `walk(services, after, limit)` returns at most `limit` entries in the order of their keys, beginning behind the
      key `after` (at first ""); nothing only at the end. An entry may have no values.
    - `replace(services, entry, new)` puts `new[old]` in the place of each `old`, all in one transaction, if every
      `old` is still there; else it changes nothing and returns False.
    """

    name: str
    summary: str
    walk: Callable[[Services, str, int], Awaitable[Sequence[Entry]]] = attrs.field(kw_only=True)
    replace: Callable[[Services, Entry, Mapping[str, str]], Awaitable[bool]] = attrs.field(kw_only=True)
