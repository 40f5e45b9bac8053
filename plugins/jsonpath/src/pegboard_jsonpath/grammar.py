"""Reading singular queries: names and indexes (RFC 9535, sections 2.1, 2.3.1, 2.3.3, 2.5.1)."""

import json
import re

from .errors import PathError

Step = str | int

BLANKS = re.compile(r"[ \t\n\r]*")
NAME = re.compile(r"[A-Za-z_\u0080-\ud7ff\ue000-\U0010ffff][0-9A-Za-z_\u0080-\ud7ff\ue000-\U0010ffff]*")
WORD = re.compile(r"[^\s.\[\]'\"]+")
INDEX = re.compile(r"0|-?[1-9][0-9]*")
FARTHEST = 2**53 - 1
"""An index is an integer within the range of I-JSON (RFC 7493)."""

UNICODE = (
    r"u(?:[0-9A-Ca-cEFef][0-9A-Fa-f]{3}|[Dd][0-7][0-9A-Fa-f]{2}"
    r"|[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2})"
)
TEXTS = {
    "'": re.compile(rf"(?:[ -&(-\[\]-\ud7ff\ue000-\U0010ffff]|\\(?:['bfnrt/\\]|{UNICODE}))*"),
    '"': re.compile(rf'(?:[ !#-\[\]-\ud7ff\ue000-\U0010ffff]|\\(?:["bfnrt/\\]|{UNICODE}))*'),
}
UNQUOTED = re.compile(r"\\.|\"")
GENERAL = ("*", "?", ":")


class _General(Exception):
    """The path has a selector that may choose several values, or none."""


def singular(text: str) -> tuple[Step, ...] | None:
    """The names and indexes of a singular query; None for a query of another kind, which is read no further.

    Raises PathError.
    """
    if not text.startswith("$"):
        hint = f"; write $.{text}" if NAME.match(text) else ""
        raise PathError(text, 1, f'"$", the root{hint}')
    steps: list[Step] = []
    position = 1
    try:
        while position < len(text):
            step, position = _segment(text, _blanks(text, position))
            steps.append(step)
    except _General:
        return None
    return tuple(steps)


def _segment(text: str, at: int) -> tuple[Step, int]:
    match text[at : at + 1]:
        case ".":
            return _member(text, at + 1)
        case "[":
            return _bracketed(text, at)
        case "":
            raise PathError(text, len(text), "no white space at the end")
    raise PathError(text, at + 1, '".name" or "["')


def _member(text: str, at: int) -> tuple[Step, int]:
    if text[at : at + 1] in ("*", "."):
        raise _General
    name, word = NAME.match(text, at), WORD.match(text, at)
    if word is None:
        raise PathError(text, at + 1, "a name")
    if name is None or word.end() > name.end():
        end = name.end() if name else at
        raise PathError(text, end + 1, f"letters, digits and _ in a name; write [{word.group()!r}] instead")
    return name.group(), name.end()


def _bracketed(text: str, at: int) -> tuple[Step, int]:
    start = _blanks(text, at + 1)
    first = text[start : start + 1]
    if first in GENERAL:
        raise _General
    step, end = _quoted(text, start) if first in TEXTS else _index(text, start)
    end = _blanks(text, end)
    match text[end : end + 1]:
        case "]":
            return step, end + 1
        case "," | ":":
            raise _General
    raise PathError(text, end + 1, '"]"')


def _quoted(text: str, at: int) -> tuple[str, int]:
    quote = text[at]
    found = TEXTS[quote].match(text, at + 1)
    end = found.end() if found else at + 1
    if text[end : end + 1] != quote:
        what = "an escape of RFC 9535 such as \\u00e9" if text[end : end + 1] == "\\" else f"the closing {quote}"
        raise PathError(text, end + 1, what)
    inner = text[at + 1 : end]
    plain = inner if quote == '"' else UNQUOTED.sub(_requoted, inner)
    name: str = json.loads(f'"{plain}"')
    return name, end + 1


def _requoted(found: re.Match[str]) -> str:
    """What single quotes write as JSON's double quotes do."""
    return {"\\'": "'", '"': '\\"'}.get(found.group(), found.group())


def _index(text: str, at: int) -> tuple[int, int]:
    found = INDEX.match(text, at)
    if found is None:
        raise PathError(text, at + 1, "an index, a quoted name, *, a slice or a filter")
    if len(found.group()) > 17 or abs(int(found.group())) > FARTHEST:
        raise PathError(text, at + 1, f"an index between -{FARTHEST} and {FARTHEST}")
    return int(found.group()), found.end()


def _blanks(text: str, at: int) -> int:
    found = BLANKS.match(text, at)
    return found.end() if found else at
