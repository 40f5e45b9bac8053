"""What a shard type says of its records: their fields."""

import re
from collections.abc import Sequence
from typing import Any, Literal

import attrs
from attrs.validators import and_, deep_iterable, ge, instance_of, matches_re, max_len, min_len, optional

FieldType = Literal[
    "text", "textarea", "select", "email", "url", "number", "integer", "boolean", "date", "datetime", "array", "object",
    "json",
]  # fmt: skip

TEXTS = frozenset({"text", "textarea", "select", "email", "url", "date", "datetime"})
NUMBERS = frozenset({"number", "integer"})

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")

Value = str | int | float | bool


def no_nul(instance: object, attribute: Any, value: str) -> None:
    """PostgreSQL can store every character but this one. Raises ValueError."""
    if "\0" in value:
        raise ValueError("must not hold the character U+0000")


def _only(kinds: frozenset[str], what: str) -> Any:
    """A setting that only some types of fields have."""

    def check(field: Any, attribute: Any, value: Any) -> None:
        if value is not None and field is not None and field.type not in kinds:
            raise ValueError(f"{what} is for {', '.join(sorted(kinds))}; this field is {field.type}")

    return check


@attrs.frozen
class Option:
    """A value that a field of the type select may have, and how people read it."""

    value: str = attrs.field(validator=and_(min_len(1), max_len(500), no_nul))
    label: str = attrs.field(default="", validator=and_(max_len(200), no_nul))


@attrs.frozen
class Field:
    """A field of the records of a type. A value that is missing or null is right unless the field is `required`.

    A datetime is RFC 3339 with an offset, a date its first part. `items` is the type of an array's items, `maxLength`
    counts the characters of a text or the items of an array, `min` and `max` are inclusive.
    """

    name: str = attrs.field(validator=matches_re(NAME))
    type: FieldType
    label: str = attrs.field(default="", validator=and_(max_len(200), no_nul))
    description: str = attrs.field(default="", validator=and_(max_len(4000), no_nul))
    group: str = attrs.field(default="", validator=and_(max_len(100), no_nul))
    required: bool = False
    options: Sequence[Option] | None = attrs.field(
        default=None, validator=optional(and_(min_len(1), max_len(1000), _only(frozenset({"select"}), "options")))
    )
    items: FieldType | None = attrs.field(default=None, validator=_only(frozenset({"array"}), "items"))
    min: float | None = attrs.field(default=None, validator=_only(NUMBERS, "min"))
    max: float | None = attrs.field(default=None, validator=_only(NUMBERS, "max"))
    maxLength: int | None = attrs.field(
        default=None, validator=optional(and_(ge(0), _only(TEXTS | {"array"}, "maxLength")))
    )

    def __attrs_post_init__(self) -> None:
        if self.type == "select" and not self.options:
            raise ValueError(f'field "{self.name}" is a select and needs options')
        if self.items == "select":
            raise ValueError(f'field "{self.name}": items cannot be select; use text')
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f'field "{self.name}": min {self.min:g} is above max {self.max:g}')


def once(instance: object, attribute: Any, value: Sequence[Field]) -> None:
    """Raises ValueError where two fields have one name."""
    seen: set[str] = set()
    for field in value:
        if field.name in seen:
            raise ValueError(f'field "{field.name}" is there twice')
        seen.add(field.name)


FIELDS: Any = and_(max_len(500), deep_iterable(instance_of(Field)), once)
