"""Running a script from a shell: its own process, its output as it comes, its exit code."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import pegboard_runner_local
from pegboard.board import Board
from pegboard.cli import Session
from pegboard.testing import run_pegboard

from .conftest import PLUGINS

TELL = """# /// pegboard-script
# [[parameters]]
# name = "source"
# type = "file"
# extensions = [".csv"]
# [[parameters]]
# name = "dry_run"
# type = "boolean"
# default = true
# [[parameters]]
# name = "code"
# type = "int"
# default = 0
# [[secrets]]
# variable = "API_TOKEN"
# ///
import argparse
import os
import sys

parser = argparse.ArgumentParser()
parser.add_argument("--source")
parser.add_argument("--dry-run", action=argparse.BooleanOptionalAction)
parser.add_argument("--code", type=int)
options = parser.parse_args()
print("dry" if options.dry_run else "wet", os.environ["API_TOKEN"], sorted(os.environ))
if options.source:
    with open("copy.csv", "w") as copy:
        copy.write(open(options.source).read())
    print("artifact: copy.csv")
print("artifact: /etc/passwd")
print('result: {"done": true}')
sys.exit(options.code)
"""


@pytest.fixture
def settings(folder: Path, tmp_path: Path) -> dict[str, Any]:
    (folder / "tell.py").write_text(TELL)
    scripts = {"folders": [str(folder)], "wall": 20, "secrets": {"API_TOKEN": "tok-1234567"}}
    store = {"url": f"sqlite:///{tmp_path / 'a.db'}", "migrate": "start"}
    return {"data": str(tmp_path), "plugins": {"scripts": scripts, "store": store}}


@pytest.fixture
def shell(settings: dict[str, Any]) -> Any:
    """Types a command, in this process."""

    def typed(*words: str) -> Result:
        plugins = {**PLUGINS, "runner-local": pegboard_runner_local}
        session = Session(board=Board.build(settings=settings, plugins=plugins, environ={}, installed=False))
        return CliRunner().invoke(session.commands()["scripts"], words, obj=session)

    return typed


@pytest.mark.anyio
async def test_a_script_runs_with_what_was_typed(settings: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("sku\n")
    scripts = settings["plugins"]["scripts"]
    text = f"[plugins.scripts]\nfolders = {scripts['folders']}\n[plugins.scripts.secrets]\nAPI_TOKEN = 'tok-1234567'\n"
    (tmp_path / "pegboard.toml").write_text(text)
    words = ("run", "tell", "--source", "in.csv", "--no-dry-run", "--artifacts", "out")
    told = await run_pegboard("scripts", *words, cwd=tmp_path)
    assert told.code == 0, told.stderr
    assert "wet *** ['API_TOKEN'" in told.stdout
    assert (tmp_path / "out" / "copy.csv").read_text() == "sku\n"
    assert 'result: {"done":true}' in told.stderr
    assert "artifact refused: /etc/passwd" in told.stderr
    assert "tok-1234567" not in told.stdout + told.stderr


def test_its_exit_code_is_the_scripts_own(shell: Any) -> None:
    told = shell("run", "tell", "--code=3")
    assert (told.exit_code, "dry ***" in told.stdout) == (3, True)
    assert 'script "tell" ended with exit code 3' in told.stderr


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("run", "tel"), 'did you mean "tell"?'),
        (("run", "tell", "--cdoe", "1"), 'has no parameter --cdoe; did you mean "--code"?'),
        (("run", "tell", "--code", "x"), "code must be a whole number"),
        (("run", "tell", "--code"), "--code wants a value"),
        (("run", "tell", "--source", "nowhere.csv"), "there is no file nowhere.csv"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_runs(shell: Any, words: tuple[str, ...], reason: str) -> None:
    told = shell(*words)
    assert told.exit_code != 0
    assert reason in told.output + str(told.exception)
    assert "dry " not in told.stdout


def test_a_script_that_takes_too_long_is_ended(shell: Any, folder: Path) -> None:
    (folder / "slow.sh").write_text(
        "# /// pegboard-script\n# limits = { wall = 0.5 }\n# ///\necho started\nsleep 600\n"
    )
    before = time.monotonic()
    told = shell("run", "slow")
    assert (told.exit_code, told.stdout.splitlines()[-1]) == (124, "started")
    assert 'script "slow" was ended: it went over its limit of wall' in told.stderr
    assert time.monotonic() - before < 30


def test_the_list_says_where_they_come_from(shell: Any, folder: Path) -> None:
    told = json.loads(shell("list", "--json").stdout.splitlines()[-1])
    assert "count" in [script["name"] for script in told["data_processing"]]
    assert str(folder / "tell.py") in "".join(shell("list").stdout.split())
