"""The fields of a mapping, ready to run."""

from collections.abc import Sequence
from copy import deepcopy
from decimal import Decimal
from typing import Any

import attrs

from pegboard import MISSING, Apply, Registries, Transform, TransformContext
from pegboard_jsonpath import Path, compile_path

from .chains import Prepare, chained, compile_link
from .mappings import FieldMapping, TransformConfig

NUMBERS = frozenset({int, float, bool, Decimal})
PLAIN = (str, int, float, bool, type(None))


@attrs.frozen
class Field:
    """One field: `apply` for a value at a time, or `prepare` for those of a page; neither keeps the value as it is."""

    target: str
    path: Path
    transform: Transform
    config: Any = attrs.field(repr=False)
    apply: Apply | None = None
    prepare: Prepare | None = None
    default: Any = MISSING
    skip_empty: bool = False

    def made(self, record: Any, column: Any) -> Any:
        """The value of a record, or MISSING; `column` is what `prepare` made. Raises what the transform raises."""
        if self.prepare is not None:
            value = column
            if isinstance(value, Exception):
                raise value
        else:
            value = self.path.get(record)
            if self.apply is not None:
                value = self.apply(value, record)
        return self._finished(value)

    def _finished(self, value: Any) -> Any:
        if (value is None or value is MISSING) and self.default is not MISSING:
            value = self.default if isinstance(self.default, PLAIN) else deepcopy(self.default)
        return MISSING if self.skip_empty and is_empty(value) else value


def is_empty(value: Any) -> bool:
    """Null, missing, an empty text, list or object; zero and false are values."""
    return not value and type(value) not in NUMBERS


def compile_field(mapping: FieldMapping, registries: Registries, tenant: str, pointer: str) -> Field:
    """Raises MissingService for an unknown transform, and what its config raises."""
    first, *more = [
        compile_link(named, registries, TransformContext(mapping.target, f"{pointer}/{place}/config", tenant))
        for place, named in transforms_of(mapping)
    ]
    link = chained([first, *more]) if more else first
    return Field(
        mapping.target, compile_path(mapping.source), link.transform, link.config, link.apply, link.prepare,
        mapping.default, mapping.skipIfEmpty,
    )  # fmt: skip


def transforms_of(mapping: FieldMapping) -> Sequence[tuple[str, TransformConfig]]:
    """All transforms of a field in their order, each with its place in the mapping."""
    return [("transform", mapping.transform), *((f"then/{at}", one) for at, one in enumerate(mapping.then))]
