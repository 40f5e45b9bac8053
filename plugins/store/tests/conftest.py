import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import dedent

import pytest

from pegboard_store import Migrations, Store, open_store
from pegboard_store.testing import (  # noqa: F401
    database_url,
    forked,
    postgresql_url,
    store_settings,
)

BOOKS = """
    import sqlalchemy as sa
    from alembic import op

    revision = "0001"
    down_revision = None

    def upgrade():
        op.create_table(
            "shelf_books",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("title", sa.Text, nullable=False, unique=True),
        )
"""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def write_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, str]], Migrations]:
    """A version line "shelf" whose files are made by the test; called again it replaces them."""
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / "shelf_migrations"

    def write(files: Mapping[str, str]) -> Migrations:
        folder.mkdir(exist_ok=True)
        for old in folder.glob("*.py"):
            old.unlink()
        for name, source in {"__init__.py": '"""Books."""', **files}.items():
            (folder / name).write_text(dedent(source))
        sys.modules.pop("shelf_migrations", None)
        return Migrations("shelf", "Books", package="shelf_migrations")

    return write


@pytest.fixture
def shelf(write_line: Callable[[Mapping[str, str]], Migrations]) -> Migrations:
    return write_line({"0001_books.py": BOOKS})


@pytest.fixture
async def store(database_url: str, shelf: Migrations) -> AsyncIterator[Store]:  # noqa: F811
    async with open_store(store_settings(database_url), Path(), [shelf]) as opened:
        yield opened


@asynccontextmanager
async def _process(script: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    path = Path(__file__).parent / "processes" / script
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(path),
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
def start_process() -> Callable[..., object]:
    """Runs a script of the folder ``processes`` in a process of its own, killed at the end of the block."""
    return _process
