"""What callers ask for, read into a typed tree: every field allow-listed, every value of its field's type.

The tree knows no SQL; `conditions` writes it. How much a filter may ask is bounded here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import attrs

from pegboard.invalid import escape, field_errors
from pegboard.problems import nearest

from .errors import refused_filter
from .fields import FieldSpec
from .kinds import ORDERED, json_mistake, text_mistake
from .patterns import check_like, portable_regex
from .values import read_field

DEEPEST = 8
CONDITIONS = 100
SCANS = 8
"""Conditions of one filter that look into texts or lists, as no index helps with."""
VALUES = 1000
"""Values of one filter, those of its ``$in`` added up."""

EQUALITY = ("$eq", "$ne", "$in", "$nin")
ORDERING = ("$gt", "$gte", "$lt", "$lte")
SCANNING = ("$like", "$regex", "$contains")
PRESENCE = ("$exists", "$null")
OPERATORS = (*EQUALITY, *ORDERING, *SCANNING, *PRESENCE)
JOINING = ("$and", "$or", "$not")


@attrs.frozen
class Compare:
    """One condition; `value` is of the field's type, a list of such for ``$in``, a boolean for ``$null``."""

    spec: FieldSpec
    operator: str
    value: Any


@attrs.frozen
class Every:
    """All of `parts` hold; where there is none, everything does."""

    parts: Sequence["Node"]


@attrs.frozen
class Some:
    parts: Sequence["Node"]


@attrs.frozen
class Not:
    part: "Node"


Node = Compare | Every | Some | Not


def parse_filter(asked: Any, fields: Mapping[str, FieldSpec]) -> Every:
    """Read ``{"status": "open", "price": {"$gte": 10}, "$or": [...]}``; `fields` are those one may ask for.

    Raises Problem 422 with a JSON pointer to what is not possible.
    """
    return _Parser(fields).every(asked, "", 1)


@attrs.define
class _Parser:
    fields: Mapping[str, FieldSpec]
    conditions: int = 0
    scans: int = 0
    values: int = 0

    def every(self, asked: Any, place: str, depth: int) -> Every:
        if depth > DEEPEST:
            raise refused_filter(place, f"is nested deeper than {DEEPEST} levels")
        if not isinstance(asked, Mapping):
            raise refused_filter(place, 'write an object, such as {"status": "open", "price": {"$gte": 10}}')
        return Every([self.entry(name, value, f"{place}/{escape(name)}", depth) for name, value in asked.items()])

    def entry(self, name: Any, value: Any, place: str, depth: int) -> Node:
        if name == "$not":
            return Not(self.every(value, place, depth + 1))
        if name in JOINING:
            parts = self.several(value, place, depth)
            return Every(parts) if name == "$and" else Some(parts)
        spec = self.fields.get(name)
        if spec is None:
            raise refused_filter(place, f"is no field that can be asked for{nearest(str(name), self.fields)}")
        return self.field(spec, value, place, depth)

    def several(self, asked: Any, place: str, depth: int) -> list[Node]:
        if not isinstance(asked, list | tuple) or not asked:
            raise refused_filter(place, "write a list of at least one condition")
        return [self.every(one, f"{place}/{index}", depth + 1) for index, one in enumerate(asked)]

    def field(self, spec: FieldSpec, asked: Any, place: str, depth: int) -> Node:
        if depth > DEEPEST:
            raise refused_filter(place, f"is nested deeper than {DEEPEST} levels")
        if not isinstance(asked, Mapping):
            return self.compare(spec, "$eq", asked, place)
        if not asked:
            raise refused_filter(place, f"has no operator; there are {', '.join(OPERATORS)}")
        return Every([self.operator(spec, name, value, place, depth) for name, value in asked.items()])

    def operator(self, spec: FieldSpec, name: Any, value: Any, place: str, depth: int) -> Node:
        place = f"{place}/{escape(name)}"
        if name == "$not":
            return Not(self.field(spec, value, place, depth + 1))
        if name not in OPERATORS:
            raise refused_filter(place, f"is no operator{nearest(str(name), OPERATORS)}")
        return self.compare(spec, name, value, place)

    def compare(self, spec: FieldSpec, operator: str, value: Any, place: str) -> Compare:
        self.count(operator, value, place)
        if operator in PRESENCE:
            if not isinstance(value, bool):
                raise refused_filter(place, "write true or false")
            return Compare(spec, "$null", value if operator == "$null" else not value)
        if value is None and operator in ("$eq", "$ne"):
            return Compare(spec, "$null", operator == "$eq")
        return Compare(spec, operator, _READERS[operator](spec, value, place))

    def count(self, operator: str, value: Any, place: str) -> None:
        self.conditions += 1
        self.scans += operator in SCANNING
        self.values += len(value) if operator in ("$in", "$nin") and isinstance(value, list | tuple) else 1
        for found, most, what in (
            (self.conditions, CONDITIONS, "conditions"),
            (self.scans, SCANS, f"of {', '.join(SCANNING)}"),
            (self.values, VALUES, "values"),
        ):
            if found > most:
                raise refused_filter(place, f"is too much: a filter has at most {most} {what}")


def _equal(spec: FieldSpec, value: Any, place: str) -> Any:
    if spec.kind == "json":
        raise refused_filter(place, f'"{spec.name}" is JSON: it can be $null, $exists, and a list can $contains')
    try:
        read = read_field(spec, value)
    except Exception as error:
        reasons = "; ".join(one.detail for one in field_errors(error))
        raise refused_filter(place, reasons) from None
    mistake = spec.mistake(read)
    if mistake:
        raise refused_filter(place, mistake)
    return read


def _ordered(spec: FieldSpec, value: Any, place: str) -> Any:
    if spec.kind not in ORDERED:
        raise refused_filter(place, f'"{spec.name}" is {spec.kind}, which has no order')
    return _equal(spec, value, place)


def _list(spec: FieldSpec, value: Any, place: str) -> list[Any]:
    if not isinstance(value, list | tuple) or not value:
        raise refused_filter(place, f"write a list of 1 to {VALUES} values")
    if None in value:
        raise refused_filter(place, "has null in it: ask for that by $null")
    return [_equal(spec, one, f"{place}/{index}") for index, one in enumerate(value)]


def _pattern(check: Callable[[str], Any]) -> Callable[[FieldSpec, Any, str], str]:
    def read(spec: FieldSpec, value: Any, place: str) -> str:
        text = _text(spec, value, place)
        try:
            return check(text) or text
        except ValueError as error:
            raise refused_filter(place, str(error)) from None

    return read


def _text(spec: FieldSpec, value: Any, place: str) -> str:
    if spec.kind not in ("text", "choice"):
        raise refused_filter(place, f'"{spec.name}" is {spec.kind}: only a text can be asked for that')
    mistake = text_mistake(value)
    if mistake:
        raise refused_filter(place, mistake)
    return str(value)


def _contained(spec: FieldSpec, value: Any, place: str) -> Any:
    if spec.kind != "json":
        return _text(spec, value, place)
    if not isinstance(value, str | int | float):
        raise refused_filter(place, "an item is a text, a number, or true or false")
    mistake = json_mistake(value)
    if mistake:
        raise refused_filter(place, mistake)
    return value


_READERS: Mapping[str, Callable[[FieldSpec, Any, str], Any]] = {
    **dict.fromkeys(("$eq", "$ne"), _equal),
    **dict.fromkeys(("$in", "$nin"), _list),
    **dict.fromkeys(ORDERING, _ordered),
    "$like": _pattern(check_like),
    "$regex": _pattern(portable_regex),
    "$contains": _contained,
}


def compares(node: Node) -> Iterator[Compare]:
    """Every single condition of a tree."""
    match node:
        case Compare():
            yield node
        case Not(part):
            yield from compares(part)
        case Every(parts) | Some(parts):
            for part in parts:
                yield from compares(part)
