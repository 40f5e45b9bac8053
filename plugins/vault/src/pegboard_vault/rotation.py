"""Sealing anew, under the first key, whatever lies under an older one."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence

import attrs

from pegboard import Problem, Registries, Services

from .envelope import Place
from .errors import SealBroken
from .records import Entry, Sealed
from .vault import Vault

STEP = 200
ROUNDS = 5
"""How often the whole is walked while others keep changing values under it."""

BROKEN = "(broken)"

Count = Counter[tuple[str, str]]


@attrs.define
class Rotation:
    """What was done, in values. `failed` are lines for people: where, and why; `left` were changed by others meanwhile,
    again and again.
    """

    resealed: int = 0
    left: int = 0
    failed: dict[str, str] = attrs.field(factory=dict)


async def survey(services: Services) -> Count:
    """How many values each plugin has under each key, by (name of the record, id of the key)."""
    vault, found = services.get(Vault), Counter[tuple[str, str]]()
    for holder in services.get(Registries)[Sealed]:
        async for entry in _entries(services, holder):
            found.update((holder.name, _key_of(vault, value)) for value in entry.values)
    return found


async def rotate(services: Services, advance: Callable[[int], None] = lambda values: None) -> Rotation:
    """Seal anew all that is not under the first key; `advance` is told of values as they are done.

    It can be stopped at any time and be run again: what is under the first key stays as it is.
    """
    done = Rotation()
    for _ in range(ROUNDS):
        done.left, done.failed = 0, {}
        for holder in services.get(Registries)[Sealed]:
            async for entry in _entries(services, holder):
                await _reseal(services, holder, entry, done, advance)
        if not done.left:
            break
    return done


async def _entries(services: Services, holder: Sealed) -> AsyncIterator[Entry]:
    after = ""
    while batch := await holder.walk(services, after, STEP):
        for entry in batch:
            yield entry
        # not "<=": a database may have another order of text than Python
        if batch[-1].key == after:
            raise RuntimeError(f'sealed "{holder.name}": walk does not get beyond {after!r}')
        after = batch[-1].key


async def _reseal(
    services: Services, holder: Sealed, entry: Entry, done: Rotation, advance: Callable[[int], None]
) -> None:
    vault = services.get(Vault)
    old = [value for value in dict.fromkeys(entry.values) if _key_of(vault, value) != vault.keys[0]]
    new: dict[str, str] = {}
    try:
        new = _resealed(vault, old, entry.place, lambda reason: _fail(done, holder, entry, reason))
        if new and await holder.replace(services, entry, new):
            done.resealed += len(new)
            advance(len(new))
        else:
            done.left += len(new)
    except Exception as error:
        # the text of an error that nobody foresaw may hold anything
        _fail(done, holder, entry, str(error) if isinstance(error, Problem) else type(error).__name__)


def _resealed(vault: Vault, old: Sequence[str], place: Place, fail: Callable[[str], None]) -> dict[str, str]:
    new = {}
    for value in old:
        try:
            new[value] = vault.seal(vault.open(value, place), place)
        except Problem as problem:
            fail(str(problem))
    return new


def _fail(done: Rotation, holder: Sealed, entry: Entry, reason: str) -> None:
    done.failed[f"{holder.name} {entry.key}"] = reason


def _key_of(vault: Vault, value: str) -> str:
    try:
        return vault.key_of(value)
    except SealBroken:
        return BROKEN
