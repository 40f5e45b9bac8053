"""The validators of attrs as keywords of JSON Schema (2020-12, Validation).

attrs has no public classes for them, so they are told apart by an example of each. A validator that is
unknown, such as a function, is left out: it stays a rule of the server's.
"""

import re
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from attrs import validators as v

Schema = dict[str, Any]

BOUNDS = {">=": "minimum", ">": "exclusiveMinimum", "<=": "maximum", "<": "exclusiveMaximum"}
LENGTHS = {"string": "Length", "array": "Items", "object": "Properties"}
FOREIGN = re.compile(r"\(\?[aiLmsux-]+[:)]|\(\?P=|\(\?\(")
"""What Python's regular expressions have and ECMAScript's have not."""


def constrain(schema: Schema, validator: Any, optional: bool = False) -> None:
    """Add to `schema`, in place, what `validator` asks for; `optional` says that null is let through."""
    rule = RULES.get(type(validator))
    if rule is not None:
        rule(schema, validator, optional)


def _all(schema: Schema, validator: Any, optional: bool) -> None:
    for part in validator._validators:
        constrain(schema, part, optional)


def _optional(schema: Schema, validator: Any, optional: bool) -> None:
    constrain(schema, validator.validator, True)


def _bound(schema: Schema, validator: Any, optional: bool) -> None:
    schema[BOUNDS[validator.compare_op]] = validator.bound


def _min_length(schema: Schema, validator: Any, optional: bool) -> None:
    schema.update({f"min{unit}": validator.min_length for unit in _units(schema)})


def _max_length(schema: Schema, validator: Any, optional: bool) -> None:
    schema.update({f"max{unit}": validator.max_length for unit in _units(schema)})


def _units(schema: Schema) -> list[str]:
    return [unit for kind, unit in LENGTHS.items() if kind in _types(schema)]


def _types(schema: Schema) -> Iterable[str]:
    for option in schema.get("anyOf", [schema]):
        kinds = option.get("type", ())
        yield from [kinds] if isinstance(kinds, str) else kinds


def _matches(schema: Schema, validator: Any, optional: bool) -> None:
    pattern = validator.pattern
    if pattern.flags & ~re.UNICODE or FOREIGN.search(pattern.pattern):
        return
    text = pattern.pattern.replace("(?P<", "(?<").replace(r"\A", "^").replace(r"\Z", "$")
    how = validator.match_func.__name__
    schema["pattern"] = {"fullmatch": f"^(?:{text})$", "match": f"^(?:{text})"}.get(how, text)


def _in(schema: Schema, validator: Any, optional: bool) -> None:
    options = [option.value if isinstance(option, Enum) else option for option in validator.options]
    if all(isinstance(option, str | int | float | None) for option in options):
        schema["enum"] = [*options, *([None] if optional and None not in options else [])]


def _items(schema: Schema, validator: Any, optional: bool) -> None:
    for array in _options(schema, "array"):
        constrain(array.setdefault("items", {}), validator.member_validator)
    if validator.iterable_validator is not None:
        constrain(schema, validator.iterable_validator, optional)


def _members(schema: Schema, validator: Any, optional: bool) -> None:
    for mapping in _options(schema, "object"):
        constrain(mapping.setdefault("propertyNames", {"type": "string"}), validator.key_validator)
        constrain(mapping.setdefault("additionalProperties", {}), validator.value_validator)
    if validator.mapping_validator is not None:
        constrain(schema, validator.mapping_validator, optional)


def _options(schema: Schema, kind: str) -> list[Schema]:
    return [option for option in schema.get("anyOf", [schema]) if option.get("type") == kind]


RULES: dict[type, Callable[[Schema, Any, bool], None]] = {
    type(v.and_(v.ge(0))): _all,
    type(v.optional(v.ge(0))): _optional,
    type(v.ge(0)): _bound,
    type(v.min_len(0)): _min_length,
    type(v.max_len(0)): _max_length,
    type(v.matches_re("")): _matches,
    type(v.in_(())): _in,
    type(v.deep_iterable(v.ge(0))): _items,
    type(v.deep_mapping(v.ge(0), v.ge(0))): _members,
}
