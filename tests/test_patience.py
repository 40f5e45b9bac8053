"""What becomes of tests that wait for ever, in a run of pytest of their own."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CONFTEST = """import pytest

@pytest.fixture(scope="session", params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request):
    return "asyncio", {"use_uvloop": request.param}

@pytest.fixture
async def closed():
    yield
    with open("closed", "a") as closed:
        closed.write("again ")
"""
HANGING = """import asyncio
import pytest

pytestmark = pytest.mark.anyio

@pytest.mark.timeout(6)
async def test_hangs(closed):
    await asyncio.Event().wait()

async def test_goes_on(closed):
    assert True
"""
CLEANING = """import asyncio
import pytest

pytestmark = pytest.mark.anyio

@pytest.fixture
async def stubborn():
    yield
    await asyncio.Event().wait()

async def test_fails(stubborn):
    assert False
"""


def ran(folder: Path, tests: str, *options: str) -> tuple[int, str]:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_that.py").write_text(tests)
    plugins = ("-p", "no:cacheprovider", "-p", "workspace.patience")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, "--rootdir", folder, *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(HERE), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_test_that_hangs_fails_where_it_is_and_is_cleaned_up_after(tmp_path: Path) -> None:
    code, said = ran(tmp_path, HANGING, "-o", "timeout=600")
    assert code == 1, said
    assert "2 failed, 2 passed" in said
    assert "await asyncio.Event().wait()" in said
    assert "TimeoutError" in said
    assert (tmp_path / "closed").read_text().split() == ["again"] * 4


def test_what_hangs_after_a_test_that_failed_ends_the_process_and_tells_where(tmp_path: Path) -> None:
    ending = ("-o", "faulthandler_timeout=5", "-o", "faulthandler_exit_on_timeout=true")
    code, said = ran(tmp_path, CLEANING, "-o", "timeout=600", *ending)
    assert code == 1, said
    assert "Timeout (0:00:05)!" in said
    assert "run_asyncgen_fixture" in said
