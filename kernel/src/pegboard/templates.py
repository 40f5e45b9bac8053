"""Path templates: ``/reports/{region}``."""

import re

import attrs

NAME = r"[a-zA-Z_][a-zA-Z0-9_]*"
TEXT = r"(?!\.\.?(?:/|$))[A-Za-z0-9._~!$&'()*+,;=:@-]+"
WHOLE = re.compile(rf"(?:/(?:{TEXT}|{{{NAME}(?::str)?}}))*(?:/{{{NAME}:path}})?|/")
STEP = re.compile(rf"{TEXT}|{{{NAME}(?::str)?}}")

Pattern = tuple[str | None, ...]


@attrs.frozen
class Template:
    """A parsed path: literal segments as text, parameters as None; `rest` is a last ``{name:path}``."""

    path: str
    pattern: Pattern
    names: tuple[str, ...]
    rest: bool

    @classmethod
    def parse(cls, path: str) -> "Template":
        """Raises ValueError, with the segment, for what cannot be a path template."""
        if not path or not WHOLE.fullmatch(path):
            raise ValueError(_mistake(path))
        steps = path.split("/")[1:]
        if "{" not in path:
            return cls(path, tuple(steps), (), False)
        names = tuple(step[1:-1].partition(":")[0] for step in steps if step[:1] == "{")
        if len(set(names)) != len(names):
            raise ValueError(f"path {path!r} names a parameter twice")
        return cls(path, _pattern(steps), names, path.endswith(":path}"))

    @classmethod
    def fixed(cls, path: str) -> "Template":
        """The template of an ordinary Starlette path; a segment that is not plain text may match anything."""
        return cls(path, _pattern(path.split("/")[1:]), (), path.endswith(":path}"))

    def overlaps(self, other: "Template") -> bool:
        """Whether some address matches both."""
        for mine, theirs in zip(self.pattern, other.pattern, strict=False):
            if mine is not None and theirs is not None and mine != theirs:
                return False
        shorter, longer = sorted((self, other), key=lambda t: len(t.pattern))
        return len(shorter.pattern) == len(longer.pattern) or shorter.rest


def _pattern(steps: list[str]) -> Pattern:
    return tuple([None if "{" in step else step for step in steps])


def _mistake(path: str) -> str:
    if not path.startswith("/"):
        return f'path {path!r} must start with "/"'
    wrong = next((step for step in path.split("/")[1:] if not STEP.fullmatch(step)), "")
    return f"path {path!r}: segment {wrong!r} is neither plain text nor one {{parameter}}"
