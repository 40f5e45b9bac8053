"""The key file: made once, for nobody else's eyes, and refused where it cannot be trusted."""

import asyncio
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
import structlog

import pegboard_vault
from pegboard import Notices, Secret, StartupError, create_app
from pegboard.testing import client, forking
from pegboard.testing.forking import PEGBOARD
from pegboard_vault import Place, Vault
from pegboard_vault.keyfile import KeyFile, add, make
from pegboard_vault.keys import Key

pytestmark = pytest.mark.anyio

PLACE = Place("acme", "row")


def app(folder: Path, public_url: str = "", environ: Any = None, **vault: Any) -> Any:
    settings = {"data": str(folder), "public_url": public_url, "plugins": {"vault": vault}}
    return create_app(settings=settings, plugins={"vault": pegboard_vault}, environ=environ or {}, installed=False)


async def started(folder: Path, **options: Any) -> Any:
    """What is sealed by an app over this folder, and what it had to say."""
    made = app(folder, **options)
    async with client(made):
        services = made.state.board.services
        return services.get(Vault).seal(Secret("topsecret"), PLACE), services.get(Notices).take()


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000"])
async def test_a_first_start_makes_a_key_for_its_own_eyes_and_says_so(tmp_path: Path, url: str) -> None:
    with structlog.testing.capture_logs() as logs:
        _, [notice] = await started(tmp_path, public_url=url)
    file = tmp_path / "vault.keys"
    key = KeyFile(file).ring().first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert str(file) in notice.text
    [line] = [line for line in logs if line["event"] == "vault.key-made"]
    assert line["key"] == key.id
    assert key.text.reveal() not in str(logs) + notice.text
    assert os.listdir(tmp_path) == ["vault.keys"]


async def test_the_next_start_opens_what_the_first_one_sealed_and_says_nothing(tmp_path: Path) -> None:
    envelope, _ = await started(tmp_path)
    _, notices = await started(tmp_path)
    assert notices == []
    assert Vault(KeyFile(tmp_path / "vault.keys")).open(envelope, PLACE) == Secret("topsecret")


@pytest.mark.parametrize(
    "options", [{"public_url": "https://api.example.com"}, {"generate": False}, {"public_url": "http://10.0.0.1"}]
)
async def test_an_app_that_others_reach_makes_none(tmp_path: Path, options: Any) -> None:
    with pytest.raises(StartupError, match="PEGBOARD_VAULT__KEYS_FILE") as refused:
        await started(tmp_path, **options)
    assert "pegboard vault new-key" in str(refused.value)
    assert not os.listdir(tmp_path)


async def test_an_app_that_others_reach_makes_one_where_it_is_told_to(tmp_path: Path) -> None:
    await started(tmp_path, public_url="https://api.example.com", generate=True)
    assert (tmp_path / "vault.keys").exists()


async def test_given_keys_are_taken_and_no_file_is_made(tmp_path: Path) -> None:
    key, folder = Key.new(), tmp_path / "data"
    folder.mkdir()
    (tmp_path / "secret").write_text(f"{key.text.reveal()}\n{Key.new().text.reveal()}\n")
    for environ in (
        {"PEGBOARD_VAULT__KEYS": key.text.reveal()},
        {"PEGBOARD_VAULT__KEYS_FILE": str(tmp_path / "secret")},
    ):
        envelope, _ = await started(folder, environ=environ, public_url="https://api.example.com")
        assert key.id in envelope
    assert not os.listdir(folder)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o660])
async def test_a_file_that_others_may_read_or_write_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, mode: int
) -> None:
    file = tmp_path / "vault.keys"
    make(file)
    file.chmod(mode)
    with pytest.raises(StartupError, match=f"chmod 600 {file}"):
        await started(tmp_path)


DAMAGES = {
    "emptied": lambda text: "",
    "cut": lambda text: text[: len(text) - 20],
    "changed": lambda text: text[:-3] + ("A" if text[-3] != "A" else "B") + text[-2:],
    "comments alone": lambda text: text[: text.rindex("#")],
    "binary": lambda text: text + "\udcff",
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_file_is_refused_and_not_replaced(tmp_path: Path, damage: str) -> None:
    file = tmp_path / "vault.keys"
    key = make(file)
    assert key is not None
    file.write_bytes(DAMAGES[damage](file.read_text()).encode(errors="surrogateescape"))
    before = file.read_bytes()
    with pytest.raises(StartupError, match=r"is damaged: .*restore it from a copy") as refused:
        await started(tmp_path)
    assert key.text.reveal().split(".")[1][:20] not in str(refused.value)
    assert file.read_bytes() == before


async def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="cannot use the folder"):
        await started(tmp_path / "nowhere")


async def test_processes_that_start_at_once_end_with_one_key(tmp_path: Path) -> None:
    async with forking(PEGBOARD) as origin:
        runs = [origin.run("vault", "status", "--json", cwd=tmp_path) for _ in range(4)]
        finished = await asyncio.gather(*runs)
    assert [(one.code, one.stderr.count("Traceback")) for one in finished] == [(0, 0)] * 4
    keys = {row["key"] for one in finished for row in json.loads(one.stdout)["values"]}
    assert keys == {KeyFile(tmp_path / "vault.keys").ring().first.id}


async def test_writers_at_once_lose_no_key(tmp_path: Path) -> None:
    file = tmp_path / "vault.keys"
    made = await asyncio.gather(*(asyncio.to_thread(add, file) for _ in range(20)))
    ring = KeyFile(file).ring()
    assert {key.id for key in ring.keys} == {key.id for key in made}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_key_that_is_added_counts_in_an_app_that_runs(tmp_path: Path) -> None:
    made = app(tmp_path)
    async with client(made):
        vault = made.state.board.services.get(Vault)
        before = vault.seal(Secret("old"), PLACE)
        key = add(tmp_path / "vault.keys")
        assert vault.key_of(vault.seal(Secret("new"), PLACE)) == key.id
        assert vault.open(before, PLACE) == Secret("old")


async def test_a_file_that_becomes_unreadable_is_logged_and_what_was_sealed_still_opens(tmp_path: Path) -> None:
    made = app(tmp_path)
    async with client(made):
        vault = made.state.board.services.get(Vault)
        before = vault.seal(Secret("old"), PLACE)
        (tmp_path / "vault.keys").chmod(0o644)
        with structlog.testing.capture_logs() as logs:
            assert vault.open(before, PLACE) == Secret("old")
        (tmp_path / "vault.keys").unlink()
        assert vault.open(before, PLACE) == Secret("old")
    assert [line["event"] for line in logs] == ["vault.key-file-unreadable"]
