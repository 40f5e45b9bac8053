"""Sealing anew: everything, once, whatever happens beside it, on both databases."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from pegboard import Problem, Secret
from pegboard_vault import Entry, Place, Vault
from pegboard_vault.keys import Key
from pegboard_vault.rotation import BROKEN, rotate, survey
from pegboard_vault.testing import check_sealed

pytestmark = pytest.mark.anyio

OLD, NEW = Key.new(), Key.new()
BEFORE = OLD.text.reveal()
AFTER = f"{NEW.text.reveal()},{BEFORE}"
NAMES = [f"n{number:03}" for number in range(450)]
"""More than two batches."""


async def fill(noted: Any, names: Sequence[str] = NAMES) -> None:
    async with noted(BEFORE) as api:
        for name in names:
            await api.notes.write(name, f"secret of {name}")


async def counted(services: Any) -> dict[str, int]:
    return {key: count for (_, key), count in (await survey(services)).items()}


async def test_everything_is_sealed_anew_and_opens_without_the_old_key(noted: Any) -> None:
    await fill(noted)
    steps: list[int] = []
    async with noted(AFTER) as api:
        assert await counted(api.notes.services) == {OLD.id: 450}
        done = await rotate(api.notes.services, steps.append)
        assert (done.resealed, done.left, done.failed, sum(steps)) == (450, 0, {}, 450)
        again = await rotate(api.notes.services)
        assert (again.resealed, again.left, again.failed) == (0, 0, {})
    async with noted(NEW.text.reveal()) as api:
        assert await counted(api.notes.services) == {NEW.id: 450}
        assert [await api.notes.text(name) for name in NAMES[::50]] == [f"secret of {name}" for name in NAMES[::50]]


async def test_one_that_was_stopped_goes_on_where_it_was(noted: Any) -> None:
    await fill(noted, NAMES[:30])

    class Stopped(BaseException):
        """Ctrl-C, as it were."""

    def stop(values: int) -> None:
        steps.append(values)
        if len(steps) == 10:
            raise Stopped

    steps: list[int] = []
    async with noted(AFTER) as api:
        with pytest.raises(Stopped):
            await rotate(api.notes.services, stop)
        assert await counted(api.notes.services) == {OLD.id: 20, NEW.id: 10}
        assert (await rotate(api.notes.services)).resealed == 20


async def test_what_another_writer_changes_meanwhile_is_not_undone(noted: Any, shelf: Any) -> None:
    """The row changes between being read and being replaced: to a value under the old key, then under the new one."""
    await fill(noted, NAMES[:3])
    changes = [OLD, NEW]

    async def overtaken(services: Any, entry: Entry, new: Mapping[str, str]) -> bool:
        if entry.key == "n001" and changes:
            key = changes.pop(0)
            await api.notes.put("n001", seal_under(key, "changed", shelf.place_of("n001")))
        return await shelf.replace(services, entry, new)

    async with noted(AFTER, shelf.Plugin(replace=overtaken)) as api:
        done = await rotate(api.notes.services)
        assert (done.left, done.failed, changes) == (0, {}, [])
        assert await api.notes.text("n001") == "changed"
        assert await counted(api.notes.services) == {NEW.id: 3}


async def test_a_value_that_never_holds_still_is_told(noted: Any, shelf: Any) -> None:
    await fill(noted, NAMES[:2])

    async def restless(services: Any, entry: Entry, new: Mapping[str, str]) -> bool:
        return entry.key != "n001" and await shelf.replace(services, entry, new)

    async with noted(AFTER, shelf.Plugin(replace=restless)) as api:
        done = await rotate(api.notes.services)
    assert (done.resealed, done.left, done.failed) == (1, 1, {})


async def test_failing_values_are_named_and_the_rest_goes_on(noted: Any, shelf: Any) -> None:
    await fill(noted, NAMES[:6])

    async def replacing(services: Any, entry: Entry, new: Mapping[str, str]) -> bool:
        if entry.key == "n003":
            raise RuntimeError("topsecret in an error")
        if entry.key == "n004":
            raise Problem(503, "store-busy", "the database is busy")
        return await shelf.replace(services, entry, new)

    lost = Key.new()
    async with noted(AFTER, shelf.Plugin(replace=replacing)) as api:
        await api.notes.put("n000", "topsecret, not sealed at all")
        await api.notes.put("n001", seal_under(lost, "gone", shelf.place_of("n001")))
        await api.notes.put("n002", await api.notes.stored("n005"))
        assert await counted(api.notes.services) == {BROKEN: 1, lost.id: 1, OLD.id: 4}
        done = await rotate(api.notes.services)
        assert await api.notes.text("n005") == "secret of n005"
    assert done.resealed == 1
    assert {where: reason.split(":")[0] for where, reason in done.failed.items()} == {
        "notes n000": "a stored secret cannot be opened",
        "notes n001": f"a stored secret is sealed under key {lost.id}, which this app does not have",
        "notes n002": "a stored secret cannot be opened",
        "notes n003": "RuntimeError",
        "notes n004": "the database is busy",
    }
    assert "topsecret" not in str(done)


async def test_a_place_with_several_values_is_replaced_at_once(noted: Any, shelf: Any) -> None:
    place, rows = Place("acme", "row"), {}
    seen: list[int] = []

    async def several(services: Any, after: str, limit: int) -> Sequence[Entry]:
        return [Entry(key, place, tuple(values)) for key, values in sorted(rows.items()) if key > after][:limit]

    async def swap(services: Any, entry: Entry, new: Mapping[str, str]) -> bool:
        seen.append(len(new))
        rows[entry.key] = [new.get(value, value) for value in rows[entry.key]]
        return True

    rows |= {
        "a": [seal_under(OLD, "one", place), seal_under(NEW, "two", place), seal_under(OLD, "three", place), "broken"],
        "b": [],
    }
    async with noted(AFTER, shelf.Plugin(several, swap)) as api:
        done = await rotate(api.notes.services)
        vault = api.notes.services.get(Vault)
        assert [vault.open(value, place).reveal() for value in rows["a"][:3]] == ["one", "two", "three"]
        assert Counter(map(vault.key_of, rows["a"][:3])) == {NEW.id: 3}
    assert (seen, done.resealed, list(done.failed)) == ([2], 2, ["notes a"])


async def test_a_walk_that_stands_still_is_told_instead_of_walked_for_ever(noted: Any, shelf: Any) -> None:
    async def still(services: Any, after: str, limit: int) -> Sequence[Entry]:
        return await shelf.walk(services, "", limit)

    await fill(noted, NAMES[:1])
    async with noted(AFTER, shelf.Plugin(walk=still)) as api:
        with pytest.raises(RuntimeError, match='sealed "notes": walk does not get beyond'):
            await rotate(api.notes.services)


async def forgetting(services: Any, entry: Entry, new: Mapping[str, str]) -> bool:
    return "gone" not in new


async def careless(services: Any, entry: Entry, new: Mapping[str, str]) -> bool:
    return True


async def test_the_laws_of_a_record_are_checked(noted: Any, shelf: Any) -> None:
    async def greedy(services: Any, after: str, limit: int) -> Sequence[Entry]:
        return await shelf.walk(services, after, limit + 1)

    async def backwards(services: Any, after: str, limit: int) -> Sequence[Entry]:
        return list(await shelf.walk(services, after, limit))[::-1]

    await fill(noted, NAMES[:3])
    async with noted(BEFORE) as api:
        await check_sealed(api.notes.services, "notes")
    for plugin, law in (
        (shelf.Plugin(walk=greedy), "where 1 were asked for"),
        (shelf.Plugin(walk=backwards), "comes to a key twice"),
        (shelf.Plugin(replace=careless), "replaces what is not there"),
        (shelf.Plugin(replace=forgetting), "replaces what is there no more"),
    ):
        async with noted(BEFORE, plugin) as api:
            with pytest.raises(AssertionError, match=law):
                await check_sealed(api.notes.services, "notes")


def seal_under(key: Key, text: str, place: Place) -> str:
    from pegboard_vault.envelope import seal

    return seal(Secret(text).reveal().encode(), place, key)
