"""One distribution's way through the proof, step by step."""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import attrs

from ..files import tools
from ..imports import imports_of
from ..server import serving
from ..tree import Distribution
from .build import faults
from .room import Failed, Room

Step = Callable[[], str]


@attrs.frozen
class Result:
    """How one step went: `said` is a word for the table, or all that a failed command wrote."""

    step: str
    said: str
    seconds: float
    failed: bool = False


@attrs.frozen
class Proof:
    """The steps for `distribution`, with `wheels` by name for it and all its neighbours."""

    distribution: Distribution
    shelf: dict[str, Distribution]
    wheels: dict[str, Path]
    folder: Path

    def results(self) -> Iterator[Result]:
        """Each step's result, up to the first that fails."""
        for step in (self.contents, self.install, self.check, self.active, self.tests):
            started = time.monotonic()
            try:
                said, failed = step(), False
            except (Failed, AssertionError, OSError, RuntimeError) as error:
                said, failed = str(error), True
            yield Result(step.__name__, said, time.monotonic() - started, failed)
            if failed:
                return

    def contents(self) -> str:
        """The wheel holds what src holds, and its metadata say what pyproject says."""
        found = faults(self.wheels[self.distribution.name], self.distribution)
        assert not found, "the wheel " + "; it ".join(found)
        return "ok"

    def install(self) -> str:
        """With what it declares; neighbours come from the wheels just built, never from elsewhere."""
        room = Room.make(self.folder)
        room.install(*(self.wheels[name] for name in self.wanted()))
        assert room.installed() == self.wanted(), f"{room.installed()} came along, declared are {self.wanted()}"
        return "ok"

    def check(self) -> str:
        """Nothing that is installed lacks anything."""
        Room(self.folder).check()
        return "ok"

    def active(self) -> str:
        """The kernel finds this plugin and those it stands on, all sound, and no other."""
        if "pegboard" not in self.wanted():
            return "no plugin"
        room = Room(self.folder)
        told = json.loads(room.run("pegboard", "check", "--strict", "--json"))["plugins"]
        active = sorted(plugin["name"] for plugin in told if plugin["state"] == "active")
        wanted = sorted(self.shelf[name].suffix for name in self.wanted() if self.shelf[name].is_plugin)
        assert active == wanted, f"active are {active}, declared are {wanted}: {told}"
        with serving([str(room.programs / "pegboard"), "serve"], room.data, room.environ()) as server:
            served = json.loads(server.get("/-/plugins"))
        assert sorted(plugin["name"] for plugin in served) == wanted, f"/-/plugins is {served}"
        return " ".join(active) or "[]"

    def tests(self) -> str:
        """Its own tests pass there, with the test tools that they use and its ``test`` extra."""
        room = Room(self.folder)
        further = set(self.distribution.requirements("test")) - set(self.distribution.requirements())
        outside = {str(need) for need in further if need.name.split("-")[0] != "pegboard"}
        room.install(*sorted(self._tools() | outside), *(self.wheels[name] for name in self.wanted("test")))
        tests = self.distribution.folder / "tests"
        options = ("-q", "-p", "no:cacheprovider", "--config-file", self.distribution.root / "pyproject.toml")
        said = room.run("pytest", *options, tests, cwd=self.distribution.root)
        return re.sub(r" in .*", "", said.rstrip().rpartition("\n")[2])

    def wanted(self, *extras: str) -> list[str]:
        """The distribution and all of its neighbours, theirs included."""
        return closure([self.distribution], self.shelf, *extras)

    def _tools(self) -> set[str]:
        used = {use.top for use in imports_of(self.distribution, self.distribution.tests())}
        return {tool for tool in tools(self.distribution.root) if tool.startswith("pytest") or tool in used}


def closure(start: Iterable[Distribution], shelf: Mapping[str, Distribution], *extras: str) -> list[str]:
    """The names of the distributions, of their neighbours (with those of `extras`), and so on."""
    start = list(start)
    found = {one.name for one in start}
    waiting = [name for one in start for name in one.neighbours(*extras)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += shelf[name].neighbours()
    return sorted(found)
