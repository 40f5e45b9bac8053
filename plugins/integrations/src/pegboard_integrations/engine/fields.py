"""The fields of a mapping, ready to run."""

from collections.abc import Awaitable, Callable, Sequence
from copy import deepcopy
from decimal import Decimal
from typing import Any

import attrs

from pegboard import MISSING, Apply, PageValues, Registries, Services, Transform, TransformContext
from pegboard.json import converter
from pegboard_jsonpath import Path, compile_path

from .mappings import FieldMapping

NUMBERS = frozenset({int, float, bool, Decimal})
PLAIN = (str, int, float, bool, type(None))

Prepare = Callable[[PageValues, Services], Awaitable[Sequence[Any]]]


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
    named = mapping.transform
    transform = registries[Transform].get(named.type)
    config: Any = converter.structure(named.config, transform.config)
    context = TransformContext(mapping.target, f"{pointer}/transform/config", tenant)
    options = {"default": mapping.default, "skip_empty": mapping.skipIfEmpty}
    path = compile_path(mapping.source)
    if transform.compile is not None:
        apply = None if named.type == "direct" else transform.compile(config, context)
        return Field(mapping.target, path, transform, config, apply, **options)
    return Field(mapping.target, path, transform, config, prepare=_prepare(transform, config, context), **options)


def _prepare(transform: Transform, config: Any, context: TransformContext) -> Prepare:
    ready = transform.prepare
    assert ready is not None

    async def prepare(page: PageValues, services: Services) -> Sequence[Any]:
        return await ready(config, context, page, services)

    return prepare
