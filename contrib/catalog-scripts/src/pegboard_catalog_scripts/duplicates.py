"""Which products of a catalogue are the same, and which of them stays."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import urlsplit, urlunsplit

import attrs

from .columns import Columns, plain_text
from .tables import Row


@attrs.frozen
class Seen:
    """What is kept of a row in memory: where it is, its keys, and how it ranks."""

    line: int
    keys: tuple[tuple[str, str], ...]
    rank: tuple[object, ...]


@attrs.frozen
class Twin:
    """A row that goes: `line`, because it has the `key` of the row at `kept`."""

    line: int
    kept: int
    key: str


Rank = Callable[[Columns, Row], tuple[object, ...]]

RANKS: Mapping[str, Rank] = {
    "first": lambda columns, row: (-row.line,),
    "last": lambda columns, row: (row.line,),
    "newest": lambda columns, row: (columns.value(row.cells, "updated_at"), -row.line),
    "most_complete": lambda columns, row: (sum(bool(cell.strip()) for cell in row.cells.values()), -row.line),
}


def look_at(columns: Columns, row: Row, keys: Sequence[str], keep: str) -> Seen:
    """Keys that are empty do not count. Variants of one product share handle and title: the option tells them apart."""
    option = plain_text(columns.value(row.cells, "option_value"))
    found = []
    for key in keys:
        text = columns.value(row.cells, key)
        if plain := plain_text(text):
            found.append((key, f"{plain}\n{option}" if key in ("handle", "title") else plain))
    return Seen(row.line, tuple(found), RANKS[keep](columns, row))


def find_twins(rows: Iterable[Seen]) -> list[Twin]:
    """Rows that share a key, directly or through others, are one product; the highest rank of each stays."""
    rows = list(rows)
    leader = list(range(len(rows)))

    def lead(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    first: dict[tuple[str, str], int] = {}
    shared: dict[int, str] = {}
    for index, row in enumerate(rows):
        for key in row.keys:
            other = first.setdefault(key, index)
            if other != index:
                leader[lead(index)] = lead(other)
                shared.setdefault(index, key[0])
                shared.setdefault(other, key[0])
    groups: dict[int, list[int]] = {}
    for index in range(len(rows)):
        groups.setdefault(lead(index), []).append(index)
    return [twin for group in groups.values() if len(group) > 1 for twin in _twins(rows, group, shared)]


def plain_address(address: str) -> str:
    """An image's address without its query and fragment, the host in lower case: the same picture by any of them."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path, "", ""))


def each_once(images: Sequence[str]) -> list[str]:
    """The first of each picture."""
    found: dict[str, str] = {}
    for image in images:
        found.setdefault(plain_address(image), image)
    return list(found.values())


def _twins(rows: Sequence[Seen], group: Sequence[int], shared: Mapping[int, str]) -> Iterable[Twin]:
    kept = max(group, key=lambda index: rows[index].rank)
    return [Twin(rows[index].line, rows[kept].line, shared[index]) for index in group if index != kept]
