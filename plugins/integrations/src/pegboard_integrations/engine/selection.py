"""The records of an answer."""

from typing import Any

import attrs

from pegboard import MISSING
from pegboard_jsonpath import Path, PathError, compile_path

from .values import shown


class NoRecords(ValueError):
    """The answer has nothing where its records should be."""


@attrs.frozen
class Selector:
    """`path` chooses the records; `holder` is what must be there for a path that may choose nothing."""

    path: Path
    holder: Path | None = None

    def select(self, body: Any) -> list[Any]:
        """A list as it is, an object as the only record; null is no record. Raises NoRecords."""
        if self.holder is not None and self.holder.get(body) is MISSING:
            raise NoRecords(f"dataPath {self.path.text} finds nothing: {_where(self.holder, body)}")
        found = self.path.get(body)
        if not self.path.singular or isinstance(found, list):
            return list(found) if not isinstance(found, list) else found
        if isinstance(found, dict):
            return [found]
        if found is None:
            return []
        if found is MISSING:
            raise NoRecords(f"dataPath {self.path.text} is not there: {_where(self.path, body)}")
        raise NoRecords(f"dataPath {self.path.text} is {shown(found)}: records are a list, or an object")


def _where(path: Path, body: Any) -> str:
    """How far a path leads, and what is there."""
    at, so_far = body, "$"
    for step in path.steps or ():
        inner = compile_path(f"$[{step}]" if isinstance(step, int) else f"$[{_quoted(step)}]").get(at)
        if inner is MISSING:
            names = ", ".join(sorted(map(str, at))[:10]) if isinstance(at, dict) else ""
            told = f"{shown(at)} with {names}" if names else f"{shown(at)}{' without members' if at == {} else ''}"
            return f"{so_far} is {told}"
        at, so_far = inner, f"{so_far}[{step}]" if isinstance(step, int) else f"{so_far}.{step}"
    return f"{so_far} is {shown(at)}"


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def compile_selector(text: str) -> Selector:
    """Raises PathError."""
    path = compile_path(text)
    return Selector(path, None if path.singular else _holder(text))


def _holder(text: str) -> Path:
    """The longest beginning that is a path of names and indexes: `$.items` of `$.items[*].node`."""
    for end in range(len(text) - 1, 0, -1):
        if text[end] in ".[":
            try:
                path = compile_path(text[:end])
            except PathError:
                continue
            if path.singular:
                return path
    return compile_path("$")
