"""What keeps the app from starting: one clear line, no trace, an exit code that is not 0."""

import os
import socket
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from pegboard.testing import Forking
from pegboard.testing.processes import Finished

pytestmark = pytest.mark.anyio


Refusal = Callable[..., Awaitable[str]]


@pytest.fixture
def refusal(forked: Forking, tmp_path: Path) -> Refusal:
    """The one line with which a start ends, in the test's folder."""

    async def start(*arguments: str, **environ: str) -> str:
        words = ("serve", *(arguments or ("--port", "0")))
        return line_of(await forked.run(*words, cwd=tmp_path, environ=environ))

    return start


def line_of(ended: Finished) -> str:
    assert ended.code != 0, ended.stdout
    lines = ended.stderr.splitlines()
    assert len(lines) == 1, ended.stderr
    assert lines[0].startswith("pegboard: ")
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "Pegboard serves" not in ended.stdout
    return lines[0]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


async def test_a_port_in_use(refusal: Refusal, tmp_path: Path, taken_port: int) -> None:
    line = await refusal("--port", str(taken_port))
    assert f"port {taken_port}" in line
    assert "in use" in line
    assert "--port" in line
    assert os.listdir(tmp_path) == [], "nothing is made for a port that cannot be had"


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("data = '.'\ndisable = = []", ("pegboard.toml", "not valid TOML", "line 2")),
        ("colour = 1", ("pegboard.toml", "colour", "unknown setting")),
        ("[plugins.endpoints]\nsandboxx = 'x'", ("plugins.endpoints.sandboxx", 'did you mean "sandbox"?')),
        ("[plugins.endpoint]\nsandbox = 'x'", ("plugins.endpoint", "no such plugin", "endpoints")),
        ("[plugins.endpoints]\nplans = 'many'", ("plugins.endpoints.plans", "integer")),
        ("required = ['nonsense']", ("required", '"nonsense"', "not installed", "pip install pegboard-nonsense")),
    ],
)
async def test_a_settings_file_that_is_wrong(
    refusal: Refusal, tmp_path: Path, toml: str, words: tuple[str, ...]
) -> None:
    (tmp_path / "pegboard.toml").write_text(toml)
    line = await refusal()
    assert [word for word in words if word not in line] == [], line


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"PEGBOARD_COLOUR": "1"}, ("PEGBOARD_COLOUR", "unknown setting")),
        ({"PEGBOARD_ENDPOINTS__PLAN": "1"}, ("PEGBOARD_ENDPOINTS__PLAN", "PEGBOARD_ENDPOINTS__PLANS")),
        ({"PEGBOARD_CONFIG": "nowhere.toml"}, ("nowhere.toml", "No such file")),
        ({"DATABASE_URL": "postgresql://me:topsecret@127.0.0.1:1/x"}, ("127.0.0.1:1", "connection is refused")),
        ({"DATABASE_URL": "sqlite:////nowhere/at/all.db"}, ("/nowhere/at/all.db", "cannot be opened")),
    ],
)
async def test_an_environment_that_is_wrong(refusal: Refusal, environ: dict[str, str], words: tuple[str, ...]) -> None:
    line = await refusal(**environ)
    assert [word for word in words if word not in line] == [], line
    assert "topsecret" not in line


async def test_a_database_that_is_newer_than_the_code(forked: Forking, refusal: Refusal, tmp_path: Path) -> None:
    done = await forked.run("db", "upgrade", cwd=tmp_path)
    assert done.code == 0, done.stderr
    with sqlite3.connect(tmp_path / "pegboard.db") as database:
        database.execute("UPDATE alembic_version_endpoints SET version_num = '9999'")
    database.close()
    line = await refusal()
    assert "endpoints" in line
    assert "9999" in line
    assert "newer" in line


async def test_a_postgresql_database_without_its_tables(
    forked: Forking, refusal: Refusal, tmp_path: Path, postgresql_url: str
) -> None:
    line = await refusal(DATABASE_URL=postgresql_url)
    assert "pegboard db upgrade" in line
    upgraded = await forked.run("db", "upgrade", cwd=tmp_path, environ={"DATABASE_URL": postgresql_url})
    assert upgraded.code == 0, upgraded.stderr
    async with forked.served(tmp_path, environ={"DATABASE_URL": postgresql_url}) as server:
        assert server.url


@pytest.fixture
def broken_plugin(tmp_path: Path) -> dict[str, str]:
    """An installed distribution whose plugin raises when it is imported; the environment in which it is."""
    folder = tmp_path / "site"
    metadata = folder / "pegboard_broken-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: pegboard-broken\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[pegboard.plugin.v1]\nbroken = pegboard_broken\n")
    (folder / "pegboard_broken.py").write_text("raise RuntimeError('no luck today')\n")
    return {"PYTHONPATH": str(folder)}


@pytest.mark.parametrize("rule", [{"PEGBOARD_REQUIRED": "broken"}, {"PEGBOARD_STRICT": "1"}])
async def test_a_plugin_that_raises_at_import(
    refusal: Refusal, broken_plugin: dict[str, str], rule: dict[str, str]
) -> None:
    line = await refusal(**broken_plugin, **rule)
    for word in ('plugin "broken"', "import", "no luck today", "PEGBOARD_DISABLE=broken"):
        assert word in line


async def test_a_broken_plugin_that_nobody_requires_stops_nobody(
    forked: Forking, tmp_path: Path, broken_plugin: dict[str, str]
) -> None:
    async with forked.served(tmp_path, environ=broken_plugin) as server:
        async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
            health = (await http.get("/-/health")).json()
        assert (health["status"], health["quarantined"]) == ("degraded", ["broken"])
        await server.printed('plugin "broken" failed in phase import: .*no luck today.*PEGBOARD_DISABLE=broken')
        assert "Traceback" not in server.output
    way_out = broken_plugin | {"PEGBOARD_DISABLE": "broken"}
    async with forked.served(tmp_path, environ=way_out) as server, httpx.AsyncClient(base_url=server.url) as http:
        assert (await http.get("/-/health")).json()["status"] == "ok"
