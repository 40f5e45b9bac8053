"""From what a caller gives to what a row holds, and back."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import attrs

from pegboard import FieldError, Secret
from pegboard.invalid import escape, field_errors, refusals
from pegboard.problems import nearest

from .declaring import Model
from .errors import invalid_row
from .fields import FieldSpec
from .kinds import read_value

T = TypeVar("T")

Id = int | UUID
Values = Mapping[str, Any]


@attrs.frozen
class Saved(Generic[T]):
    """A row: `data` is an instance of its model's class; `version` counts its changes and is its ETag."""

    id: Any
    data: T
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    tenant: str = ""


def values_of(model: Model, instance: Any) -> dict[str, Any]:
    """The fields of an instance. Raises TypeError for one of another class."""
    if not isinstance(instance, model.type):
        raise TypeError(f"{type(instance).__name__} is no {model.type.__name__}")
    return {name: getattr(instance, name) for name in model.fields}


def complete(model: Model, given: Any) -> dict[str, Any]:
    """All fields of a row that is to be made, checked, from an instance or from a mapping.

    Raises Problem 422 with every mistake at its place.
    """
    if isinstance(given, model.type):
        return _kept(model, values_of(model, given))
    read = _read(model, given)
    missing = [
        FieldError("is missing", f"/{name}")
        for name, spec in model.fields.items()
        if name not in read and spec.attribute.default is attrs.NOTHING
    ]
    if missing:
        raise invalid_row(missing)
    return _kept(model, values_of(model, _instance(model, read)))


def patched(model: Model, before: Values, changes: Values) -> dict[str, Any]:
    """All fields of a row after `changes`. Raises Problem 422."""
    read = _read(model, changes)
    return _kept(model, values_of(model, _instance(model, {**before, **read}, read)))


def _read(model: Model, given: Values) -> dict[str, Any]:
    read: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, value in given.items():
        spec = model.fields.get(name)
        if spec is None:
            errors.append(
                FieldError(f"is no field of a {model.noun}{nearest(str(name), model.fields)}", f"/{escape(name)}")
            )
            continue
        try:
            read[name] = None if value is None and spec.nullable else read_field(spec, value)
        except Exception as error:
            errors += field_errors(error, f"/{escape(name)}")
    if errors:
        raise invalid_row(errors)
    return read


def read_field(spec: FieldSpec, value: Any) -> Any:
    """One value as its field's type. Raises ValueError, and what cattrs raises for the parts of a JSON value."""
    return read_value(spec.type, spec.kind, value)


def _instance(model: Model, values: Values, checked: Values | None = None) -> Any:
    """The class makes the instance itself, so that its converters and validators hold."""
    try:
        return model.type(**{model.fields[name].attribute.alias: value for name, value in values.items()})
    except (ValueError, TypeError) as error:
        found = refusals(model.type, values if checked is None else checked, lambda value, _: value)
        errors = [FieldError(str(one), f"/{one.field}") for one in found] or [FieldError(str(error.args[0]), "")]
        raise invalid_row(errors) from None


def _kept(model: Model, values: dict[str, Any]) -> dict[str, Any]:
    found = ((name, model.fields[name].mistake(value)) for name, value in values.items())
    errors = [FieldError(mistake, f"/{name}") for name, mistake in found if mistake]
    if errors:
        raise invalid_row(errors)
    return values


def changed_fields(before: Values, after: Values) -> dict[str, Any]:
    """Those that differ; 1 and true are not the same."""
    return {
        name: value for name, value in after.items() if before[name] != value or type(before[name]) is not type(value)
    }


def key_of(model: Model, given: Values) -> dict[str, Any]:
    """The values by which a row is upserted, as the class would convert them. Raises Problem 422."""
    read = _read(model, {name: value for name, value in given.items() if name in model.key})
    missing = [
        FieldError("is missing, and rows are told apart by it", f"/{name}")
        for name in model.key
        if read.get(name) is None
    ]
    if missing:
        raise invalid_row(missing)
    return {name: _converted(model.fields[name], read[name]) for name in model.key}


def _converted(spec: FieldSpec, value: Any) -> Any:
    convert = spec.attribute.converter
    return value if convert is None or isinstance(convert, attrs.Converter) else convert(value)


def stored(model: Model, values: Values) -> dict[str, Any]:
    """Values as the columns take them."""
    return {name: model.fields[name].stored(value) for name, value in values.items()}


def maker_of(model: Model) -> Callable[[Values], Saved[Any]]:
    """Makes the columns of a row an instance of the class: what is stored is not checked anew, nor converted."""
    kind = model.type
    convert = {name: _conversion(spec) for name, spec in model.fields.items() if _conversion(spec)}
    identify: Any = _plain_uuid if model.id == "uuid" else int
    names, new, put = tuple(model.fields), object.__new__, object.__setattr__

    def make(columns: Values) -> Saved[Any]:
        instance: Any = new(kind)
        for name in names:
            value = columns[name]
            put(instance, name, convert[name](value) if name in convert and value is not None else value)
        return Saved(
            identify(columns["id"]), instance, columns["version"], columns["created_at"], columns["updated_at"],
            columns.get("deleted_at"), columns.get("tenant", ""),
        )  # fmt: skip

    return make


def _conversion(spec: FieldSpec) -> Any:
    """What makes a column's value one of the field's type, where it is none yet."""
    if spec.kind == "uuid":
        return _plain_uuid
    return spec.type if spec.kind == "choice" and isinstance(spec.type, type) else None


def _plain_uuid(value: UUID) -> UUID:
    """asyncpg has a class of its own, which JSON encoders do not know."""
    return value if type(value) is UUID else UUID(int=value.int)


def document(model: Model, row: Saved[Any]) -> dict[str, Any]:
    """A row as it goes over the wire: what callers may not read is not in it."""
    made = {"id": row.id}
    made |= {name: getattr(row.data, name) for name, spec in model.fields.items() if spec.readable}
    made |= {"version": row.version, "created_at": row.created_at, "updated_at": row.updated_at}
    return made | ({"deleted_at": row.deleted_at} if model.soft_delete else {})


def recorded(model: Model, row: Saved[Any] | None) -> dict[str, Any] | None:
    """A row for an auditor: of what callers may not read it is told that it changed, and not what it is."""
    if row is None:
        return None
    made: dict[str, Any] = {name: _told(spec, getattr(row.data, name)) for name, spec in model.fields.items()}
    return made | {"version": row.version, "deleted_at": row.deleted_at}


def _told(spec: FieldSpec, value: Any) -> Any:
    if value is None or spec.kind in ("boolean", "integer", "number", "json"):
        return value if spec.readable or value is None else Secret(str(value))
    text = str(spec.stored(value))
    return text if spec.readable else Secret(text)
