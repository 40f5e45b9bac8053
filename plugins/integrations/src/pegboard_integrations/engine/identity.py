"""What tells the records of an endpoint apart."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import attrs

from pegboard import MISSING
from pegboard.problems import nearest
from pegboard_jsonpath import Path, compile_path, text_of

from .mappings import FieldMapping

LONGEST = 512
Identify = Callable[[Any, dict[str, Any]], str | None]


@attrs.frozen
class Identifier:
    """A mapping's `target`, or a `path` in the record; neither where an endpoint names none."""

    text: str = ""
    target: str | None = None
    path: Path | None = None

    def identify(self, record: Any, data: dict[str, Any]) -> str | None:
        """The external id of a record. Raises ValueError for one that has none."""
        if self.target is not None:
            return self._text(data.get(self.target, MISSING))
        return None if self.path is None else self._text(self.path.get(record))

    def _text(self, value: Any) -> str:
        if value is MISSING or value is None or value == "":
            told = "missing" if value is MISSING else "null" if value is None else "empty"
            raise ValueError(f"{self.text} is {told}: without it the record cannot be told from others")
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise ValueError(f"{self.text} is of type {type(value).__name__}: it must be a text or a number")
        text = text_of(value)
        if len(text) > LONGEST:
            raise ValueError(f"{self.text} has {len(text)} characters: at most {LONGEST}")
        return text


def compile_identifier(text: str, mappings: Sequence[FieldMapping]) -> Identifier:
    """A path from the root, the target of a mapping, or a field that a mapping reads. Raises ValueError."""
    if not text:
        return Identifier()
    if text.startswith("$"):
        path = compile_path(text)
        if not path.singular:
            raise ValueError(f"{text} may choose several values: take a path of names and indexes")
        return Identifier(text, path=path)
    targets = [mapping.target for mapping in mappings]
    if text in targets:
        return Identifier(text, target=text)
    field = next((path for path in _sources(mappings) if path.steps == (text,)), None)
    if field is not None or not mappings:
        return Identifier(text, path=field or _named(text))
    raise ValueError(
        f'no mapping makes "{text}"{nearest(text, targets)}: map it, or write its path in the record, such as $.{text}'
    )


def _sources(mappings: Sequence[FieldMapping]) -> list[Path]:
    return [compile_path(mapping.source) for mapping in mappings]


def _named(text: str) -> Path:
    return Path(text, (text,), lambda record: record.get(text, MISSING) if isinstance(record, dict) else MISSING)
