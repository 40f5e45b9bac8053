"""``pegboard vault``, on an app with a plugin that has sealed values."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pegboard.board import Board
from pegboard.cli import Session
from pegboard_vault import Vault
from pegboard_vault.commands import vault
from pegboard_vault.keyfile import KeyFile
from pegboard_vault.keys import Key


class Desk:
    """The command line of an app over one folder."""

    def __init__(self, folder: Path, url: str, shelf: Any) -> None:
        self.folder, self.url, self.shelf = folder, url, shelf
        self.keys: list[Key] = []

    @property
    def board(self) -> Board:
        given = {"keys": ",".join(key.text.reveal() for key in self.keys)} if self.keys else {}
        settings = self.shelf.document(self.folder, self.url, **given)
        return Board.build(settings=settings, plugins=self.shelf.plugins(), environ={}, installed=False)

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(vault, arguments, obj=Session(board=self.board))

    def write(self, **texts: str) -> dict[str, str]:
        async def write() -> dict[str, str]:
            async with self.board.running() as services:
                notes = self.shelf.Notes(services)
                await notes.make_table()
                return {name: await notes.write(name, text) for name, text in texts.items()}

        return asyncio.run(write())

    def read(self, *names: str) -> list[str]:
        async def read() -> list[str]:
            async with self.board.running() as services:
                return [await self.shelf.Notes(services).text(name) for name in names]

        return asyncio.run(read())

    def values(self) -> dict[str, tuple[str, int]]:
        rows = json.loads(self.run("status", "--json").stdout)["values"]
        return {row["key"]: (row["state"], row["values"]) for row in rows}


@pytest.fixture
def desk(database_url: str, tmp_path: Path, shelf: Any) -> Desk:
    return Desk(tmp_path, database_url, shelf)


def test_a_key_is_changed_from_end_to_end_by_the_key_file(desk: Desk) -> None:
    desk.write(one="topsecret 1", two="topsecret 2")
    file = desk.folder / "vault.keys"
    old = KeyFile(file).ring().first.id
    made = desk.run("new-key")
    new = KeyFile(file).ring().first.id
    assert made.exit_code == 0
    assert f"key {new} seals from now on" in made.stdout
    assert desk.values() == {new: ("seals", 0), old: ("opens", 2)}
    rotated = desk.run("rotate")
    assert (rotated.exit_code, rotated.stdout) == (0, f"2 values are now under key {new}\n")
    assert desk.values() == {new: ("seals", 2), old: ("opens", 0)}
    again = desk.run("rotate")
    assert (again.exit_code, again.stdout) == (0, f"nothing to do: all 2 values are under key {new}\n")
    assert desk.read("one", "two") == ["topsecret 1", "topsecret 2"]


def test_a_key_is_changed_from_end_to_end_by_settings(desk: Desk) -> None:
    desk.keys = [Key.new()]
    desk.write(one="topsecret")
    printed = desk.run("new-key")
    desk.keys.insert(0, Key.read(printed.stdout.strip()))
    assert "PEGBOARD_VAULT__KEYS_FILE" in printed.stderr
    assert desk.run("rotate").exit_code == 0
    desk.keys.pop()
    assert desk.read("one") == ["topsecret"]
    assert not (desk.folder / "vault.keys").exists()


def test_a_key_is_only_printed_where_that_is_asked_for(desk: Desk) -> None:
    desk.write(one="topsecret")
    before = (desk.folder / "vault.keys").read_text()
    assert Key.read(desk.run("new-key", "--print").stdout.strip()).id not in before
    assert (desk.folder / "vault.keys").read_text() == before


def test_status_is_for_people_too(desk: Desk) -> None:
    desk.keys = [Key.new(), Key.new()]
    desk.write(one="topsecret")
    told = desk.run("status")
    assert told.exit_code == 0
    lines = [line.split() for line in told.stdout.splitlines()]
    assert lines == [
        ["keys:", "PEGBOARD_VAULT__KEYS"],
        [desk.keys[0].id, "seals", "1", "values", "notes", "1"],
        [desk.keys[1].id, "opens", "0", "values"],
    ]


def test_a_key_that_is_gone_is_told_by_status_and_by_rotate(desk: Desk) -> None:
    lost, kept, new = Key.new(), Key.new(), Key.new()
    desk.keys = [lost]
    desk.write(one="topsecret 1")
    desk.keys = [kept]
    desk.write(two="topsecret 2")
    desk.keys = [new, kept]
    assert desk.run("status").exit_code == 1
    assert desk.values() == {new.id: ("seals", 0), kept.id: ("opens", 1), lost.id: ("missing", 1)}
    rotated = desk.run("rotate")
    assert rotated.exit_code == 1
    assert rotated.stdout == f"1 values are now under key {new.id}; 1 places failed, see above\n"
    assert rotated.stderr.startswith(f"pegboard: notes one: a stored secret is sealed under key {lost.id}, which this")
    assert "topsecret" not in rotated.output
    assert desk.read("two") == ["topsecret 2"]


def test_a_value_that_was_pasted_elsewhere_is_told(desk: Desk) -> None:
    desk.keys = [Key.new()]
    envelopes = desk.write(one="topsecret 1", two="topsecret 2")

    async def paste() -> None:
        async with desk.board.running() as services:
            await desk.shelf.Notes(services).put("two", envelopes["one"])

    asyncio.run(paste())
    desk.keys.insert(0, Key.new())
    rotated = desk.run("rotate")
    assert rotated.exit_code == 1
    assert (
        "notes two: a stored secret cannot be opened: it is damaged, or was sealed for another place than"
        in rotated.stderr
    )
    assert str(desk.shelf.place_of("two")) in rotated.stderr


def test_new_key_refuses_what_a_start_refuses(desk: Desk) -> None:
    desk.write(one="topsecret")
    (desk.folder / "vault.keys").chmod(0o644)
    refused = desk.run("new-key")
    assert refused.exit_code == 1
    assert "chmod 600" in str(refused.exception)


def test_the_service_says_which_keys_it_has(desk: Desk) -> None:
    desk.keys = [Key.new(), Key.new()]

    async def ping() -> str:
        async with desk.board.running() as services:
            return await services.get(Vault).ping()

    assert asyncio.run(ping()) == f"2 keys; {desk.keys[0].id} seals"
