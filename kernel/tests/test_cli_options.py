"""The options before a command count for every command, those that plugins bring included."""

from pathlib import Path

import pytest

from pegboard.testing import run_pegboard

pytestmark = pytest.mark.anyio

GREETER = """
from pathlib import Path

import click

from pegboard import hookimpl


@hookimpl
def pegboard_commands(settings):
    @click.command()
    def where() -> None:
        click.echo(f"{settings.kernel.data} {settings.kernel.tenant}")

    return where
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment in which a plugin with a command is installed."""
    (tmp_path / "greeter.py").write_text(GREETER)
    info = tmp_path / "greeter-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: greeter\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pegboard.plugin.v1]\ngreeter = greeter\n")
    return {"PYTHONPATH": str(tmp_path)}


async def test_the_data_folder_is_that_of_the_option(tmp_path: Path, environ: dict[str, str]) -> None:
    ended = await run_pegboard("--data", "elsewhere", "where", cwd=tmp_path, environ=environ)
    assert (ended.code, ended.stdout) == (0, "elsewhere default\n"), ended.stderr


async def test_the_settings_are_those_of_the_option(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "other.toml").write_text('tenant = "acme"\n')
    ended = await run_pegboard("--config", "other.toml", "where", cwd=tmp_path, environ=environ)
    assert (ended.code, ended.stdout) == (0, ". acme\n"), ended.stderr


async def test_a_trace_is_shown_where_one_is_asked_for(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "other.toml").write_text("tenant = 1\n")
    silent = await run_pegboard("--config", "other.toml", "where", cwd=tmp_path, environ=environ)
    assert silent.code == 1
    assert "Traceback" not in silent.stderr
    told = await run_pegboard("--debug", "--config", "other.toml", "where", cwd=tmp_path, environ=environ)
    assert told.code == 1
    assert "Traceback" in told.stderr
