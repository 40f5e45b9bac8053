"""The script protocol: what a script says on standard output while it runs.

``progress: 40`` (per cent), ``stage: uploading``, ``artifact: rejects.csv`` and ``result: {"kept": 3}``; every other
line is a line of the log. A log line that begins like one of these gets a ``| `` before it, so that no text
out of a catalogue is taken for a report.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

MASK = "***"
_REPORT = re.compile(r"\s*(progress|stage|artifact|result)\s*:", re.IGNORECASE)


def write_line(line: str) -> None:
    """One line at once, so that whoever follows the script sees it now."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def mask(text: str, secrets: Iterable[str]) -> str:
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


@attrs.define
class Report:
    """Reports of one script. `low` and `high` are the part of the whole that it is: 0 and 100 when it runs alone.

    `step` stands before its stages, and `artifacts` collects what it made; those that will not last are `passing`.
    """

    secrets: tuple[str, ...] = attrs.field(default=(), repr=False)
    debugging: bool = False
    low: float = 0.0
    high: float = 100.0
    step: str = ""
    passing: bool = False
    artifacts: list[Path] = attrs.field(factory=list)
    write: Callable[[str], None] = attrs.field(default=write_line, repr=False)
    _last: int = attrs.field(default=-1, init=False)

    def progress(self, share: float) -> None:
        """`share` of the work, 0 to 1; said only when the whole per cent has grown."""
        percent = int(self.low + (self.high - self.low) * min(max(share, 0.0), 1.0))
        if percent > self._last:
            self._last = percent
            self._say(f"progress: {percent}")

    def stage(self, name: str) -> None:
        self._say(f"stage: {self.step}{name}")

    def artifact(self, path: Path) -> None:
        self.artifacts.append(path)
        if not self.passing:
            self._say(f"artifact: {path}")

    def result(self, result: Mapping[str, Any]) -> None:
        self._say(f"result: {json.dumps(result, ensure_ascii=False, sort_keys=True)}")

    def log(self, text: str) -> None:
        line = _one_line(text)
        self._say(f"| {line}" if _REPORT.match(line) else line)

    def debug(self, text: str) -> None:
        if self.debugging:
            self.log(text)

    def part(self, low: float, high: float, step: str = "") -> "Report":
        """The reports of a part of this work, from `low` to `high` (0 to 1). A named `step` collects for itself."""
        width = self.high - self.low
        found = attrs.evolve(self, low=self.low + width * low, high=self.low + width * high)
        return attrs.evolve(found, step=f"{self.step}{step}: ", artifacts=[]) if step else found

    def _say(self, line: str) -> None:
        self.write(mask(_one_line(line), self.secrets))


def _one_line(text: str) -> str:
    """Control characters and line ends as one space each, and what is no text as its escape."""
    line = "".join(char if char.isprintable() else " " for char in text)
    return line.encode("utf-8", "backslashreplace").decode()
