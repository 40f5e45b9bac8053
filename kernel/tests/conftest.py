"""What the kernel's own tests share. None of them needs an installed plugin."""

import importlib
import itertools
import os
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from pegboard.board import Board
from pegboard.cli import main
from pegboard.logs import configure
from pegboard.plugins import Plugin, find
from pegboard.settings import LogSettings

pytest_plugins = ["pegboard.testing.fixtures"]


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    """The product's own logging: structlog's default one renders traces at length."""
    configure(LogSettings())


GROUP = "pegboard.plugin.v1"
NUMBERS = itertools.count()


@attrs.define
class Site:
    """A folder of installed distributions, in front of those of this environment, whose own plugins are disabled."""

    folder: Path
    others: tuple[str, ...]

    def add(
        self,
        name: str,
        source: str,
        *,
        requires: tuple[str, ...] = (),
        group: str = GROUP,
        distribution: str = "",
        version: str = "1.0",
    ) -> None:
        """Install a plugin whose one module has this source."""
        module = f"site_{name.replace('-', '_')}_{next(NUMBERS)}"  # modules stay imported
        (self.folder / f"{module}.py").write_text(f"from pegboard import *\n{textwrap.dedent(source)}")
        distribution = distribution or f"pegboard-{name}"
        info = self.folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        wants = "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
        head = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\nSummary: The {name} of the tests\n"
        (info / "METADATA").write_text(head + wants)
        (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}\n")
        importlib.invalidate_caches()

    def environ(self, **settings: str) -> dict[str, str]:
        """The environment of an app that sees this site alone; `settings` such as ``strict="1"``."""
        off = ",".join(filter(None, [*self.others, settings.pop("disable", "")]))
        given = {f"PEGBOARD_{name.upper()}": value for name, value in settings.items()}
        return {"PEGBOARD_DISABLE": off, **given} if off else given

    def board(self, **settings: str) -> Board:
        return Board.build(environ=self.environ(**settings))

    def state(self, name: str, **settings: str) -> Plugin:
        """What became of one plugin."""
        return self.board(**settings).loader.plugins[name]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    others = tuple(find())
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.chdir(tmp_path)
    return Site(folder, others)


@attrs.frozen
class Ran:
    """What the command line did."""

    code: int
    out: str
    err: str


@pytest.fixture
def pegboard(site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """The command line in this process: a function of its arguments and, by name, of settings."""

    def run(*arguments: str, **settings: str) -> Ran:
        with monkeypatch.context() as patch:
            # the command line sets some: all are put back afterwards
            own = {"PEGBOARD_CONFIG", "PEGBOARD_DATA", "PEGBOARD_PUBLIC_URL", "PEGBOARD_SAMPLE"}
            for name in own | {name for name in os.environ if name.startswith("PEGBOARD_")}:
                patch.setenv(name, "")
                patch.delenv(name)
            for name, value in site.environ(**settings).items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["pegboard", *arguments])
            with pytest.raises(SystemExit) as ended:
                main()
        out, err = capsys.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return run
