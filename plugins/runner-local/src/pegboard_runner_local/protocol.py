"""What a script says in lines of its own: ``progress: 40``, ``stage: upload``, ``artifact: PATH``, ``result: JSON``."""

import json
import math
import re

from pegboard import Artifact, Progress, RunEvent, ScriptResult, Stage

LONGEST = 64 * 1024  # bytes of a line that is looked at; what is longer is log alone
LINE = re.compile(rb"(progress|stage|artifact|result):[ \t]*(.*?)[ \t\r]*$")


class Lines:
    """Takes the bytes of standard output and gives what they say. Everything is a line of the log all the same."""

    def __init__(self) -> None:
        self._held = b""
        self._skipping = False

    def take(self, data: bytes) -> list[RunEvent]:
        *whole, rest = (self._held + data).split(b"\n")
        found = [event for line in self._read(whole) if (event := said(line)) is not None]
        self._skipping = self._skipping or len(rest) > LONGEST
        self._held = b"" if self._skipping else rest
        return found

    def end(self) -> list[RunEvent]:
        """What the last line says, where it does not end."""
        return self.take(b"\n") if self._held else []

    def _read(self, whole: list[bytes]) -> list[bytes]:
        if whole and self._skipping:
            self._skipping = False
            return whole[1:]
        return whole


def said(line: bytes) -> RunEvent | None:
    """What a line says; None for one that is log alone, such as a progress that is no number."""
    found = LINE.match(line) if len(line) <= LONGEST else None
    if found is None:
        return None
    word, text = found[1].decode(), found[2].decode("utf-8", "replace")
    if word == "progress":
        return _progress(text)
    if word == "result":
        return _result(text)
    if not text:
        return None
    return Stage(text[:200]) if word == "stage" else Artifact(text)


def _progress(text: str) -> Progress | None:
    try:
        percent = float(text.removesuffix("%"))
    except ValueError:
        return None
    return Progress(min(max(percent, 0.0), 100.0)) if math.isfinite(percent) else None


def _result(text: str) -> ScriptResult | None:
    try:
        return ScriptResult(json.loads(text))
    except ValueError:
        return None
