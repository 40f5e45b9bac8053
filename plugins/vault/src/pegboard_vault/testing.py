"""What plugins test their sealed values with: keys, rotation without a command line, and the laws of `Sealed`."""

from pegboard import Registries, Services

from .keys import Key
from .records import Entry, Sealed
from .rotation import rotate, survey
from .vault import Vault

__all__ = ["Key", "check_sealed", "rotate", "survey"]


async def check_sealed(services: Services, name: str) -> None:
    """Raises AssertionError unless the plugin's record walks and replaces as `Sealed` says.

    Some of its values must be there. They are sealed anew by it, and nobody else may change them meanwhile.
    """
    record = services.get(Registries)[Sealed].get(name)
    entries = await _walked(services, record, 1000)
    assert any(entry.values for entry in entries), f'sealed "{name}": there are no values to check it with'
    assert await _walked(services, record, 1) == entries, f'sealed "{name}": in small steps the walk is another'
    await _check_replace(services, record, next(entry for entry in entries if entry.values))


async def _walked(services: Services, record: Sealed, limit: int) -> list[Entry]:
    entries: list[Entry] = []
    while batch := await record.walk(services, entries[-1].key if entries else "", limit):
        assert len(batch) <= limit, f'sealed "{record.name}": {len(batch)} entries where {limit} were asked for'
        entries += batch
        unique = len({entry.key for entry in entries}) == len(entries)
        assert unique, f'sealed "{record.name}": walk comes to a key twice: keys are not unique or not in order'
    return entries


async def _check_replace(services: Services, record: Sealed, entry: Entry) -> None:
    vault, place = services.get(Vault), f'sealed "{record.name}"'
    new = {old: vault.seal(vault.open(old, entry.place), entry.place) for old in entry.values}
    assert not await record.replace(services, entry, {"gone": "new"}), f"{place}: it replaces what is not there"
    assert await record.replace(services, entry, new), f"{place}: it does not replace what is there"
    assert not await record.replace(services, entry, new), f"{place}: it replaces what is there no more"
    after = next(e for e in await _walked(services, record, 1000) if e.key == entry.key)
    assert after.values == tuple(new.values()), f"{place}: what was replaced is not there"
