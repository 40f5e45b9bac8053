from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from pegboard import Secret, StartupError
from pegboard_store import StoreSettings, open_store

pytestmark = pytest.mark.anyio


async def refusal(url: str, data: Path) -> str:
    """The line with which the store refuses to open; it must never show the password."""
    with pytest.raises(StartupError) as caught:
        async with open_store(StoreSettings(url=Secret(url), wait=2), data, []):
            pass
    line = str(caught.value)
    assert "\n" not in line
    assert "topsecret" not in line
    assert line.startswith("store: ")
    return line


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgres://me:topsecret@127.0.0.1:1/app", "connection is refused: check that the server runs"),
        ("postgresql://me:topsecret@no-such-host.invalid/app", "cannot be reached"),
        ("postgresql://me:topsecret@127.0.0.1", "names no database"),
        ("mysql://me:topsecret@127.0.0.1/app", '"mysql", which is not supported: use sqlite:///'),
        ("topsecret", "the database URL cannot be read: use sqlite:///"),
        ("postgresql://me:topsecret@host:port/app", "the database URL cannot be read"),
        ("sqlite://", "SQLite needs a file"),
        ("sqlite:///:memory:", "SQLite needs a file"),
        ("sqlite:///{data}/nowhere/app.db", "cannot be opened (No such file or directory): check its folder"),
    ],
)
async def test_a_database_that_cannot_be_opened_is_told_in_one_line(url: str, reason: str, tmp_path: Path) -> None:
    assert reason in await refusal(url, tmp_path)


async def test_an_unknown_user_is_told_apart_from_an_unknown_database(postgresql_url: str, tmp_path: Path) -> None:
    url = make_url(postgresql_url)
    stranger = url.set(username="stranger", password="topsecret").render_as_string(hide_password=False)
    nowhere = url.set(database="no_such_database", password="topsecret").render_as_string(hide_password=False)
    assert "user or password are refused" in await refusal(stranger, tmp_path)
    assert "no such database: create it (createdb)" in await refusal(nowhere, tmp_path)


async def test_an_option_that_the_server_does_not_know_is_refused(postgresql_url: str, tmp_path: Path) -> None:
    await refusal(f"{postgresql_url}?channel_bindings=topsecret", tmp_path)


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "pegboard.db").write_bytes(b"This is a text, and no database at all. " * 100)
    line = await refusal("sqlite:///{data}/pegboard.db", tmp_path)
    assert "it is not a SQLite database: name another file" in line
    assert str(tmp_path / "pegboard.db") in line


async def test_the_settings_show_no_password() -> None:
    settings = StoreSettings(url=Secret("postgresql://me:topsecret@host/app"))
    assert "topsecret" not in repr(settings)
