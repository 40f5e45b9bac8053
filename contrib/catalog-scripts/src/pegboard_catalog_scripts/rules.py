"""Filter rules as data: a field, an operator, a value. Nothing of them is ever run as code.

[[rule]]
field = "brand"
operator = "in"
value = ["Acme", "Globex"]
"""

import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs

from .columns import Columns, plain_text, price
from .failures import InputError

Test = Callable[[str, Any], bool]


def _number(text: str) -> Decimal:
    return price(text.removeprefix("-")) * (-1 if text.startswith("-") else 1)


OPERATORS: Mapping[str, tuple[type | tuple[type, ...] | None, Test]] = {
    "equals": (str, lambda cell, value: plain_text(cell) == plain_text(value)),
    "not_equals": (str, lambda cell, value: plain_text(cell) != plain_text(value)),
    "contains": (str, lambda cell, value: plain_text(value) in plain_text(cell)),
    "not_contains": (str, lambda cell, value: plain_text(value) not in plain_text(cell)),
    "starts_with": (str, lambda cell, value: plain_text(cell).startswith(plain_text(value))),
    "in": (list, lambda cell, value: plain_text(cell) in set(map(plain_text, value))),
    "not_in": (list, lambda cell, value: plain_text(cell) not in set(map(plain_text, value))),
    "less": ((int, float), lambda cell, value: _number(cell) < Decimal(str(value))),
    "less_or_equal": ((int, float), lambda cell, value: _number(cell) <= Decimal(str(value))),
    "greater": ((int, float), lambda cell, value: _number(cell) > Decimal(str(value))),
    "greater_or_equal": ((int, float), lambda cell, value: _number(cell) >= Decimal(str(value))),
    "empty": (None, lambda cell, value: not cell),
    "not_empty": (None, lambda cell, value: bool(cell)),
}


@attrs.frozen
class Rule:
    """A row is kept if the cell of `field` passes. Raises ValueError for a cell that should be a number and is none."""

    field: str
    operator: str
    value: Any = None

    @property
    def reason(self) -> str:
        return f"{self.field} {self.operator}" + ("" if self.value is None else f" {self.value}")

    def keeps(self, columns: Columns, cells: Mapping[str, str]) -> bool:
        test = OPERATORS[self.operator][1]
        try:
            return test(columns.value(cells, self.field), self.value)
        except ValueError as error:
            raise ValueError(f"column {self.field!r}: {error}") from None


def read_rules(path: Path) -> tuple[Rule, ...]:
    """The ``[[rule]]`` tables of a TOML file. Raises InputError with the rule's number and the key."""
    tables = read_tables(path, "rule")
    return tuple(_rule(table, f"{path.name}: rule {number}") for number, table in enumerate(tables, 1))


def read_tables(path: Path, name: str) -> list[Mapping[str, Any]]:
    """The tables ``[[name]]`` of a TOML file that has nothing else."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name}: is not TOML: {error}") from None
    tables = document.pop(name, None)
    if document:
        raise InputError(f"{path.name}: {next(iter(document))!r} is not known; write [[{name}]] tables")
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InputError(f"{path.name}: has no [[{name}]] table")
    return tables


def check_keys(table: Mapping[str, Any], required: set[str], allowed: set[str], place: str) -> None:
    """Raises InputError for a key that is missing or unknown."""
    for key in sorted(required - table.keys()):
        raise InputError(f"{place}: {key} is missing")
    for key in sorted(table.keys() - allowed):
        raise InputError(f"{place}: {key} is not known; there are {', '.join(sorted(allowed))}")


def _rule(table: Mapping[str, Any], place: str) -> Rule:
    check_keys(table, {"field", "operator"}, {"field", "operator", "value"}, place)
    rule = Rule(str(table["field"]), str(table["operator"]), table.get("value"))
    if rule.operator not in OPERATORS:
        raise InputError(f"{place}: operator {rule.operator!r} is none of {', '.join(OPERATORS)}")
    kind = OPERATORS[rule.operator][0]
    if kind is None and rule.value is not None:
        raise InputError(f"{place}: {rule.operator} takes no value")
    if kind is not None and (isinstance(rule.value, bool) or not isinstance(rule.value, kind)):
        wanted = {str: "a text", list: "a list of texts"}.get(kind, "a number")  # type: ignore[call-overload]
        raise InputError(f"{place}: value must be {wanted} for {rule.operator}")
    if kind is list and not all(isinstance(entry, str) for entry in rule.value):
        raise InputError(f"{place}: value must be a list of texts for {rule.operator}")
    return rule
