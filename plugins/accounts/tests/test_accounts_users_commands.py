"""``pegboard users``, and accounts whose tables are older than users."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

import pegboard_accounts.migrations
from pegboard.testing import client
from pegboard_accounts import Accounts
from pegboard_accounts.keys import new_key
from pegboard_accounts.tables import KeyRow
from pegboard_store import Migrations, Store, migrate, open_store, testing

pytestmark = pytest.mark.anyio


async def test_an_operator_makes_and_changes_users(pegboard: Any) -> None:
    made = json.loads(await pegboard("users", "create", "root@example.com", "--role", "admin", "--json"))
    assert (made["user"]["role"], made["user"]["is_verified"]) == ("admin", True)
    assert (await pegboard("users", "create", "ann@example.com")).splitlines()[1].startswith("password: ")
    assert "  admin  active" in await pegboard("users", "promote", "ann@example.com")
    assert "  admin  inactive" in await pegboard("users", "deactivate", "root@example.com")
    assert "last active admin" in await pegboard("users", "demote", "ann@example.com", code=1)
    assert (await pegboard("users", "reset-password", "ann@example.com")).splitlines()[1].startswith("password: ")
    lines = (await pegboard("users", "list")).splitlines()
    assert [line.split()[1:4] for line in lines] == [
        ["ann@example.com", "admin", "active"],
        ["root@example.com", "admin", "inactive"],
    ]


async def test_keys_of_before_there_were_users_go_on_working(
    database_url: str, tmp_path: Path, make_app: Any, ann: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = f"before_{tmp_path.name.replace('-', '_')}"
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").touch()
    source = Path(pegboard_accounts.migrations.__file__).with_name("0001_keys.py")
    shutil.copy(source, tmp_path / package / source.name)
    monkeypatch.syspath_prepend(str(tmp_path))
    config = testing.store_settings(database_url)
    line = Migrations("accounts", "API keys", package=package)
    await migrate(config, tmp_path, [line])
    row, text = new_key(ann, "old", ["widgets:read"])
    columns = {column.name: getattr(row, column.name) for column in KeyRow.__table__.columns}
    async with open_store(config, tmp_path, [line]) as store, store.begin() as session:
        assert isinstance(store, Store)
        await session.execute(insert(KeyRow).values(columns))
    async with client(make_app(registration="open")) as http:
        assert (await http.get("/whoami", headers={"X-API-Key": text})).json()["id"] == "ann"
        given = {"email": "ann@example.com", "password": "correct horse battery"}
        assert (await http.post("/api/v1/auth/register", json=given)).status_code == 200
        assert isinstance(http.app.state.board.services.get(Accounts), Accounts)
    sys.modules.pop(package, None)
