"""The wheel proof sees what is wrong: with a wheel, with an environment, with a server that does not start."""

import os
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from workspace.server import serving
from workspace.tree import ROOT, Distribution, distributions
from workspace.wheels.__main__ import main, placed, table
from workspace.wheels.build import faults
from workspace.wheels.proof import Result, closure
from workspace.wheels.room import Failed, Room

PYPROJECT = """
[project]
name = "pegboard-{name}"
dependencies = [{needs}]
[project.optional-dependencies]
test = ["attrs"]
[project.entry-points."pegboard.plugin.v1"]
{name} = "pegboard_{name}"
"""

INFO = "pegboard_shelf-0.1.0.dist-info"

SOUND = {
    "pegboard_shelf/__init__.py": "",
    "pegboard_shelf/py.typed": "",
    f"{INFO}/METADATA": "Metadata-Version: 2.4\nName: pegboard-shelf\nSummary: Shelves.\n"
    "License-Expression: Apache-2.0\n"
    'Requires-Dist: attrs>=24.2\nRequires-Dist: attrs ; extra == "test"\n',
    f"{INFO}/entry_points.txt": "[pegboard.plugin.v1]\nshelf=pegboard_shelf\n",
}


def add(root: Path, name: str, needs: str) -> None:
    package = root / f"plugins/{name}/src/pegboard_{name}"
    package.mkdir(parents=True)
    for file in ("__init__.py", "py.typed"):
        (package / file).touch()
    (root / f"plugins/{name}/pyproject.toml").write_text(PYPROJECT.format(name=name, needs=needs))


@pytest.fixture
def shelf(tmp_path: Path) -> Distribution:
    add(tmp_path, "shelf", '"attrs >=24.2"')
    return Distribution(tmp_path, "plugins/shelf")


def packed(folder: Path, files: Mapping[str, str]) -> Path:
    path = folder / "pegboard_shelf-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_a_sound_wheel_has_no_fault(shelf: Distribution, tmp_path: Path) -> None:
    assert faults(packed(tmp_path, SOUND), shelf) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"pegboard_shelf/py.typed": None}, "lacks pegboard_shelf/py.typed"),
        ({"tests/test_shelf.py": ""}, "has tests/test_shelf.py, which is not in src"),
        ({f"{INFO}/entry_points.txt": "[pegboard.plugin.v1]\nshelves=pegboard_shelf\n"}, "has the entry points"),
        ({f"{INFO}/entry_points.txt": None}, "has the entry points {}"),
        ({f"{INFO}/METADATA": SOUND[f"{INFO}/METADATA"] + "Requires-Dist: httpx\n"}, "needs"),
        ({f"{INFO}/METADATA": SOUND[f"{INFO}/METADATA"].replace("pegboard-shelf", "shelf")}, "is named shelf"),
        ({f"{INFO}/METADATA": SOUND[f"{INFO}/METADATA"].replace("Summary: Shelves.\n", "")}, "tells no Summary"),
    ],
)
def test_a_fault_of_a_wheel_is_told(
    shelf: Distribution, tmp_path: Path, change: dict[str, str | None], told: str
) -> None:
    files = {name: text for name, text in {**SOUND, **change}.items() if text is not None}
    found = faults(packed(tmp_path, files), shelf)
    assert len(found) == 1
    assert found[0].startswith(told)


def test_what_a_build_makes_is_in_the_wheel_and_need_not_be_in_src(shelf: Distribution, tmp_path: Path) -> None:
    pyproject = shelf.folder / "pyproject.toml"
    pyproject.write_text(f'{pyproject.read_text()}\n[tool.pegboard]\nbuilt = ["static"]\n')
    made, other = {"pegboard_shelf/static/page.js": ""}, {"pegboard_shelf/statics/page.js": ""}
    assert faults(packed(tmp_path, {**SOUND, **made}), shelf) == []
    assert faults(packed(tmp_path, SOUND), shelf) == ["lacks what is built into pegboard_shelf/static/"]
    assert faults(packed(tmp_path, {**SOUND, **made, **other}), shelf) == [
        "has pegboard_shelf/statics/page.js, which is not in src"
    ]


def test_neighbours_of_neighbours_come_along(tmp_path: Path) -> None:
    add(tmp_path, "shelf", "")
    add(tmp_path, "book", '"pegboard-shelf"')
    add(tmp_path, "page", '"Pegboard_Book >=0.1"')
    found = {one.name: one for one in distributions(tmp_path)}
    assert closure([found["pegboard-page"]], found) == ["pegboard-book", "pegboard-page", "pegboard-shelf"]


def test_the_table_shows_where_a_proof_ended(shelf: Distribution) -> None:
    results = [Result("contents", "ok", 0.25), Result("install", "no such thing", 1.0, failed=True)]
    assert table([(shelf, results)]).splitlines()[1].split() == ["pegboard-shelf", "ok", "FAILED", "-", "-", "-", "1.2"]


def test_a_room_tells_what_a_failed_command_said(tmp_path: Path) -> None:
    room = Room.make(tmp_path / "room")
    with pytest.raises(Failed, match="no such module"):
        room.run("python", "-c", "raise SystemExit('no such module')")


def test_a_room_has_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    room = Room.make(tmp_path / "room")
    with pytest.raises(Failed, match="No module named 'pytest'"):
        room.run("python", "-c", "import pytest")
    with pytest.raises(Failed, match="No module named 'workspace'"):
        room.run("python", "-c", "import workspace")


def test_a_server_that_does_not_start_is_told_with_its_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('the port is taken')"]
    with pytest.raises(RuntimeError, match="the port is taken"), serving(command, tmp_path, os.environ):
        raise AssertionError("it started")


@pytest.mark.parametrize("given", ["kernel", "../kernel", "../kernel/", "../plugins/store", "store", "plugins/store"])
def test_a_distribution_is_found_by_its_name_and_by_any_path_to_it(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """tox makes a path below tests/ of an argument that names a folder."""
    monkeypatch.chdir(ROOT / "tests")
    known = {name for one in distributions(ROOT) for name in (one.place, one.folder.name)}
    assert placed(given) in known
    assert placed(given).endswith("kernel" if "kernel" in given else "store")


def test_a_name_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kernel", "kernle"]) == 2
    assert "no such distribution: kernle" in capsys.readouterr().err
