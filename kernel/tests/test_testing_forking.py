"""What is forked: processes of their own in every respect, with settings of their own."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path

import httpx
import pytest

from pegboard.testing import Forking, caller, forking

pytestmark = pytest.mark.anyio

BARE = {"PEGBOARD_DISABLE": ",".join(sorted(entry_points(group="pegboard.plugin.v1").names))}


@pytest.fixture(scope="module")
async def servers() -> AsyncIterator[Forking]:
    async with forking(environ=BARE) as made:
        yield made


async def test_two_servers_of_one_origin_have_lives_of_their_own(servers: Forking, tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    one, two = (servers.served(folder, environ=BARE) for folder in folders)
    async with two as other:
        async with one as server:
            assert os.getpgid(server.pid) == server.pid != other.pid
            assert server.url != other.url
            await server.kill()
            with pytest.raises(ProcessLookupError):
                os.killpg(server.pid, 0)
            assert await server.wait() == -signal.SIGKILL
        async with httpx.AsyncClient(base_url=other.url, trust_env=False) as api:
            assert (await api.get("/-/plugins", headers=caller("*"))).status_code == 200
        assert await other.interrupt() == 0
        assert "stopping" in other.output


async def test_each_has_its_own_environment_and_tells_why_it_does_not_start(servers: Forking, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"the process ended \(1\)") as told:
        await servers.served(tmp_path, environ={**BARE, "PEGBOARD_STRICKT": "1"}).__aenter__()
    assert "PEGBOARD_STRICKT" in str(told.value)


async def test_a_server_that_nobody_closed_ends_with_its_context(servers: Forking, tmp_path: Path) -> None:
    async with servers.served(tmp_path, environ=BARE) as server:
        pid = server.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_command_runs_to_its_end_and_its_streams_are_apart(servers: Forking, tmp_path: Path) -> None:
    done = await servers.run("check", cwd=tmp_path, environ=BARE)
    assert done.code == 0, done.stderr
    assert "plugins fit" in done.stdout
    wrong = await servers.run("check", cwd=tmp_path, environ={**BARE, "PEGBOARD_STRICKT": "1"})
    assert (wrong.code, wrong.stdout) == (1, "")
    assert "PEGBOARD_STRICKT" in wrong.stderr


async def test_a_command_imports_what_its_environment_names(servers: Forking, tmp_path: Path) -> None:
    (tmp_path / "pegs").mkdir()
    (tmp_path / "pegs/pegs.py").touch()
    metadata = tmp_path / "pegs/pegs-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: pegs\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[pegboard.plugin.v1]\npegs = pegs\n")
    for named in (False, True):
        more = {"PYTHONPATH": str(tmp_path / "pegs")} if named else {}
        done = await servers.run("plugins", cwd=tmp_path, environ={**BARE, **more})
        assert ("pegs" in done.stdout) is named


async def test_a_command_that_does_not_end_is_ended(servers: Forking, tmp_path: Path) -> None:
    with pytest.raises(TimeoutError):
        await servers.run("serve", "--port", "0", "--data", str(tmp_path), cwd=tmp_path, environ=BARE, patience=0.5)
    assert str(tmp_path) not in folders_of_processes()


def folders_of_processes() -> set[str]:
    """Where all processes of this machine work."""
    found = set()
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):  # it has ended meanwhile
            found.add(str(link.readlink()))
    return found
