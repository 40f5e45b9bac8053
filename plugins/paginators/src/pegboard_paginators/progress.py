"""How far a walk is, and whether it goes in a circle. All of it is JSON of a bounded size."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import attrs
import orjson

from pegboard.json import converter

State = Mapping[str, Any]

RECENT = 8


@attrs.frozen
class Trail:
    """Fingerprints of what came by.

    The last few are kept, and one more: that of the last place whose number is a power of two. A circle of any
    length comes back to it (R. P. Brent, 1980), so a walk of a million pages needs no more state than one of ten.
    """

    count: int = 0
    recent: tuple[str, ...] = ()
    mark: str = ""

    def __contains__(self, print_: str) -> bool:
        return print_ in self.recent or print_ == self.mark

    def after(self, print_: str) -> "Trail":
        count = self.count + 1
        return Trail(count, (*self.recent, print_)[-RECENT:], print_ if count & (count - 1) == 0 else self.mark)


@attrs.frozen
class Progress:
    """Of one walk: `pages` and `records` that came, `empty` pages in a row now."""

    pages: int = 0
    records: int = 0
    empty: int = 0
    positions: Trail = Trail()
    contents: Trail = Trail()

    def after(self, records: int, position: str | None, content: str | None) -> "Progress":
        """With one more page; the fingerprints are of its position and its records, where those are watched."""
        return Progress(
            self.pages + 1,
            self.records + records,
            0 if records else self.empty + 1,
            self.positions if position is None else self.positions.after(position),
            self.contents if content is None else self.contents.after(content),
        )


def fingerprint(value: Any) -> str:
    try:
        text = orjson.dumps(value)
    except TypeError:  # values of decoders that know more types than JSON
        text = repr(value).encode(errors="surrogatepass")
    return blake2b(text, digest_size=8).hexdigest()


def written(key: str, position: Any, progress: Progress) -> State:
    """The state of a walk whose position has the name `key`."""
    return {key: position, **converter.unstructure(progress)}


def read(key: str, state: State) -> tuple[Any, Progress]:
    """A walk's position and progress from its state. Raises ValueError for what is no state of such a walk."""
    counted = {name: value for name, value in state.items() if name != key}
    try:
        return state[key], converter.structure(counted, Progress)
    except (KeyError, ExceptionGroup) as error:
        raise ValueError(f'this is not the state of a walk by "{key}"; start the walk anew') from error
