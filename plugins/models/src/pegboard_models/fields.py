"""The fields of a model: `field` says what one keeps, `FieldSpec` is what the plugin reads of it."""

from collections.abc import Callable
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import attrs
from attrs.validators import and_, ge, le, matches_re, max_len, min_len, optional
from sqlalchemy.types import TypeEngine

from .columns import LARGEST_PRECISION
from .kinds import SORTED, Kind, column_type, kind_of, stored_form, unstorable

RULES = "pegboard_models.rules"

Access = Literal["", "read_only", "write_only", "hidden"]
"""How callers over HTTP see a field: not in their input, not in answers, in neither; Python sees all."""


@attrs.frozen
class Rules:
    """What `field` was told beside the type."""

    max_length: int | None = None
    precision: int = 12
    scale: int = 2
    unique: bool = False
    index: bool = False
    references: Any = None
    access: Access = ""
    searchable: bool = False
    filterable: bool = True
    sortable: bool = True


def field(
    *,
    default: Any = attrs.NOTHING,
    factory: Callable[[], Any] | None = None,
    converter: Callable[[Any], Any] | None = None,
    validator: Any = None,
    help: str = "",
    min: Any = None,
    max: Any = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | None = None,
    precision: int = 12,
    scale: int = 2,
    unique: bool = False,
    index: bool = False,
    references: Any = None,
    access: Access = "",
    searchable: bool = False,
    filterable: bool = True,
    sortable: bool = True,
) -> Any:
    """A field of a model: an `attrs.field` with what a table needs to know.

    `min` and `max` are for values that have an order, the lengths for texts and lists; `pattern` must match the whole
    text. `precision` and `scale` are the digits of a Decimal, all of them and those behind the point. `references` is
    another model of the plugin, or its name; the value is the id of one of its rows. Raises ValueError for a decimal
    that both databases could not keep exactly.
    """
    if not 0 <= scale <= precision <= LARGEST_PRECISION:
        raise ValueError(f"precision {precision}, scale {scale}: at most {LARGEST_PRECISION} digits, scale among them")
    rules = Rules(max_length, precision, scale, unique, index, references, access, searchable, filterable, sortable)
    checks = [
        *([min_len(min_length)] if min_length is not None else []),
        *([max_len(max_length)] if max_length is not None else []),
        *([ge(min)] if min is not None else []),
        *([le(max)] if max is not None else []),
        *([matches_re(pattern)] if pattern is not None else []),
        *([validator] if validator is not None else []),
    ]
    return attrs.field(
        default=default if factory is None else attrs.Factory(factory),
        converter=converter,
        validator=optional(and_(*checks)) if checks else None,
        metadata={RULES: rules, **({"help": help} if help else {})},
    )


@attrs.frozen
class FieldSpec:
    """One column. `type` is its type in Python, without None; `own` is false for those that every table has."""

    name: str
    type: Any
    kind: Kind
    nullable: bool = False
    rules: Rules = Rules()
    attribute: Any = attrs.field(default=None, eq=False, repr=False)
    own: bool = True

    @property
    def readable(self) -> bool:
        return self.rules.access in ("", "read_only")

    @property
    def writable(self) -> bool:
        return self.rules.access in ("", "write_only")

    @property
    def filterable(self) -> bool:
        """Whether callers over HTTP may filter by it: never by what they may not read."""
        return self.rules.filterable and self.readable

    @property
    def sortable(self) -> bool:
        return self.rules.sortable and self.readable and self.kind in SORTED

    @property
    def column(self) -> TypeEngine[Any]:
        return column_type(self.kind, self.rules.max_length, self.rules.precision, self.rules.scale)

    def mistake(self, value: Any) -> str | None:
        """Why a value cannot be kept, or None."""
        if value is None:
            return None if self.nullable else "must not be null"
        return unstorable(self.kind, value, self.rules.precision, self.rules.scale)

    def stored(self, value: Any) -> Any:
        return stored_form(self.kind, value)


def read_fields(kind: type) -> dict[str, FieldSpec]:
    """The fields of an attrs class. Raises TypeError with the field that has no column."""
    return {attribute.name: _read(kind, attribute) for attribute in attrs.fields(attrs.resolve_types(kind))}


def _read(kind: type, attribute: "attrs.Attribute[Any]") -> FieldSpec:
    annotation, nullable = _without_none(attribute.type)
    try:
        found = kind_of(annotation)
    except TypeError as error:
        raise TypeError(f"{kind.__name__}.{attribute.name}: {error}") from None
    rules = attribute.metadata.get(RULES, Rules())
    if rules.searchable and found != "text":
        raise TypeError(f"{kind.__name__}.{attribute.name}: only a str can be searchable")
    return FieldSpec(attribute.name, annotation, found, nullable, rules, attribute)


def _without_none(annotation: Any) -> tuple[Any, bool]:
    if get_origin(annotation) not in (Union, UnionType):
        return annotation, annotation is Any
    others = [option for option in get_args(annotation) if option is not NoneType]
    return (others[0] if len(others) == 1 else annotation), len(others) < len(get_args(annotation))
