"""A fresh environment for one distribution, and commands in it."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import attrs

from ..tree import ROOT

CONSTRAINTS = ROOT / "tests/constraints.txt"
KEPT = (
    "PEGBOARD_TEST_",
    "PYTEST_ADDOPTS",
    "PIP_",
    "LANG",
    "LC_",
    "HOME",
    "TMPDIR",
    "CI",
    "SSL_",
    "PATH",
    "http",
    "no_proxy",
)


class Failed(Exception):
    """A command ended badly; the text is what it said."""


@attrs.frozen
class Room:
    """An environment in `folder` that holds what was installed into it and nothing of the one we run in."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Room":
        room = cls(folder)
        room.data.mkdir(parents=True)
        room._spoken([sys.executable, "-m", "venv", "--without-pip", str(folder / "env")])
        return room

    @property
    def data(self) -> Path:
        """An empty folder to run in."""
        return self.folder / "data"

    @property
    def programs(self) -> Path:
        return self.folder / "env/bin"

    def install(self, *wanted: str | Path) -> None:
        self._pip("install", "--quiet", "--no-compile", "--constraint", CONSTRAINTS, *wanted)

    def check(self) -> str:
        return self._pip("check")

    def installed(self) -> list[str]:
        """The names of this repository's distributions in it."""
        lines = self._pip("list", "--format", "freeze").splitlines()
        return sorted(line.partition("==")[0] for line in lines if line.split("=")[0].split("-")[0] == "pegboard")

    def run(self, program: str, *arguments: str | Path, cwd: Path | None = None) -> str:
        """What a program of the environment writes. Raises Failed with all that it wrote."""
        return self._spoken([str(self.programs / program), *map(str, arguments)], cwd)

    def environ(self) -> dict[str, str]:
        """Our own environment without what could reach into it, and with its programs first."""
        kept = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
        return {**kept, "PATH": f"{self.programs}{os.pathsep}{kept.get('PATH', '')}", "PYTHONDONTWRITEBYTECODE": "1"}

    def _pip(self, command: str, *arguments: str | Path) -> str:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
        return self._spoken([*pip, "--python", str(self.programs / "python"), command, *map(str, arguments)])

    def _spoken(self, command: Iterable[str], cwd: Path | None = None) -> str:
        options = {"cwd": cwd or self.data, "env": self.environ(), "stdin": subprocess.DEVNULL}
        done = subprocess.run(list(command), **options, capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}".rstrip())
        return done.stdout
