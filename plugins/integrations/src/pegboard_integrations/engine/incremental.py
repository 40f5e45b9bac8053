"""Asking only for what changed: where a walk begins, and how far it has come."""

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from pegboard import MISSING, Registries, Transform, TransformContext
from pegboard.invalid import Refusal, field_errors
from pegboard.json import converter
from pegboard_jsonpath import Path, compile_path

from .endpoints import Incremental

UNTYPED = ("number", "text")
MILLIS = "epochMillis"

Change = Callable[[Any], Any]


@attrs.frozen
class Advance:
    """`read` makes of a record's value what can be compared; `write` makes of that what is sent."""

    path: Path
    param: str
    initial: Any
    read: Change = attrs.field(repr=False)
    write: Change = attrs.field(repr=False)

    def start(self, since: Any) -> Any:
        """What is sent: the look-back is taken off what earlier walks saw; None for a first walk without a start."""
        return self.initial if since is None else self.write(since)

    def seen(self, records: Sequence[Any], so_far: Any) -> Any:
        """The furthest value of these records and of those before. Raises ValueError."""
        for record in records:
            value = self.path.get(record)
            if value is MISSING or value is None or value == "":
                continue
            made = self.read(value)
            if so_far is None or made > so_far:
                so_far = made
        return so_far


def compile_advance(config: Incremental, registries: Registries, tenant: str, pointer: str) -> Advance:
    """Raises ValueError for what cannot work, PathError, and MissingService where nothing reads dates."""
    path = compile_path(config.cursorPath)
    if not path.singular:
        raise ValueError(f"cursorPath {config.cursorPath} may choose several values: take names and indexes")
    if config.format in UNTYPED:
        if config.lookbackSeconds:
            raise ValueError(f'lookbackSeconds needs a format of dates, and it is "{config.format}"')
        read: Change = _number if config.format == "number" else _text
        return Advance(path, config.param, config.initial, read, lambda value: value)
    dates = _Dates(registries, tenant, pointer)
    back = config.lookbackSeconds * 1000
    write = _named("format", lambda: dates.change(MILLIS, config.format))
    read = _named("inputFormat", lambda: dates.change(config.inputFormat or config.format, MILLIS))
    if config.initial is not None:
        _named("initial", lambda: dates.change(config.format, MILLIS)(config.initial))
    return Advance(path, config.param, config.initial, read, lambda value: write(value - back))


def _named(field: str, make: Callable[[], Any]) -> Any:
    """What `make` makes; its refusal is that of the setting which it is about."""
    try:
        return make()
    except ExceptionGroup as error:
        raise Refusal(field, next(field_errors(error)).detail) from None
    except ValueError as error:
        raise Refusal(field, str(error)) from None


@attrs.frozen
class _Dates:
    """Changes formats of dates by the transform `date`, whichever plugin brings it."""

    registries: Registries
    tenant: str
    pointer: str

    def change(self, source: str, target: str) -> Change:
        transform = self.registries[Transform].get("date")
        assert transform.compile is not None
        config: Any = converter.structure({"inputFormat": source, "outputFormat": target}, transform.config)
        apply = transform.compile(config, TransformContext("incremental", self.pointer, self.tenant))
        return lambda value: apply(value, {})


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("is no number")
    return value


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("is no text")
    return value
