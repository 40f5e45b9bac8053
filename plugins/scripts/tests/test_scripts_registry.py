"""Where scripts come from, and what is said when they cannot be read."""

from pathlib import Path

import pytest

from pegboard import StartupError, create_app
from pegboard.testing import client
from pegboard_scripts.manifests import ManifestError
from pegboard_scripts.registry import registered

from .conftest import COUNT, PLUGINS

pytestmark = pytest.mark.anyio

MANIFEST = '[[script]]\nname = "listed"\nargv = ["/bin/true"]\ncategory = "nightly"\n'


def test_programs_of_a_folder_and_tables_of_a_manifest_are_scripts(folder: Path, tmp_path: Path) -> None:
    (folder / "note.txt").write_text("no program")
    (folder / "plain.py").write_text("print('not for callers')")
    (folder / "shell.sh").write_text('# /// pegboard-script\n# display_name = "In a shell"\n# ///\necho hello\n')
    manifest = tmp_path / "more.toml"
    manifest.write_text(MANIFEST)
    scripts = registered([folder], [manifest])
    own = {name: one for name, one in scripts.by_name.items() if str(tmp_path) in one.source}
    assert list(own) == ["count", "listed", "shell"]
    assert own["shell"].script.argv == ("/bin/sh", str(folder / "shell.sh"))
    assert own["count"].script.argv == ("{python}", str(folder / "count.py"))
    assert [script.name for script in scripts.by_category()["nightly"]] == ["listed"]


def test_a_name_that_is_there_twice_is_told_with_both_places(folder: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "more.toml"
    manifest.write_text('[[script]]\nname = "count"\nargv = ["/bin/true"]\n')
    with pytest.raises(ManifestError, match=r'"count" is in .*more\.toml and in .*count\.py'):
        registered([folder], [manifest])


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_a_manifest_that_cannot_be_read_says_why(tmp_path: Path, content: bytes | None) -> None:
    manifest = tmp_path / "more.toml"
    if content is not None:
        manifest.write_bytes(content)
    with pytest.raises(ManifestError, match=r"more\.toml: (is not UTF-8|cannot be read: No such file)"):
        registered([], [manifest])


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="nowhere: cannot be read"):
        registered([tmp_path / "nowhere"], [])


async def test_an_app_does_not_start_with_a_script_that_it_could_not_run(tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "count.py").write_text(COUNT.replace("# min = 1\n", "# mni = 1\n"))
    plugins = {
        "scripts": {"folders": [str(bad)]},
        "store": {"url": f"sqlite:///{tmp_path / 'a.db'}", "migrate": "start"},
    }
    settings = {"data": str(tmp_path), "strict": True, "plugins": plugins}
    app = create_app(settings=settings, plugins=PLUGINS, installed=False, environ={})
    with pytest.raises(StartupError, match=r"count\.py.*parameters\.0\.mni: unknown key; did you mean \"min\""):
        async with client(app):
            raise AssertionError("it started")


def test_a_block_may_be_empty_and_must_have_an_end(folder: Path) -> None:
    (folder / "bare.py").write_text("# /// pegboard-script\n# ///\nprint(1)\n")
    assert registered([folder], []).by_name["bare"].script.argv == ("{python}", str(folder / "bare.py"))
    (folder / "open.py").write_text('# /// pegboard-script\n# category = "nightly"\nprint(1)\n')
    with pytest.raises(ManifestError, match=r"open\.py: its block .* has no end"):
        registered([folder], [])
