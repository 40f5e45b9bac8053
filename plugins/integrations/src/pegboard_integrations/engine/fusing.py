"""Pegboard's own transforms, written into the function of a mapping for the values that they mostly meet.

Whatever a value is besides goes to the transform itself, so that nothing here decides what a transform means. A call
costs as much as what most transforms do: a page of ten fields takes half the time.
"""

import ast
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from pegboard_jsonpath import Path, compile_path
from pegboard_transforms import (
    BOOLEAN,
    CONCAT,
    DATE,
    MAP,
    NUMBER,
    TEMPLATE,
    BooleanConfig,
    ConcatConfig,
    DateConfig,
    MapConfig,
    NumberConfig,
    TemplateConfig,
)

from . import syntax as s
from .fields import Field
from .writing import RECORD, Writer, sure

Fused = Callable[[Writer, Field, Any], str | None]
"""Adds the statements of a field and gives the name of its value, which is never MISSING; None where it cannot."""

DIGITS = 15
DAYS = DateConfig(inputFormat="YYYY-MM-DD")
BRACES = "{{"


def _fallback(writer: Writer, field: Field, value: str, result: str) -> list[ast.stmt]:
    """`result = transform(value, record)`, and the careful way for a record in which that is MISSING."""
    made = s.assign(result, s.call(writer.bind(field.apply), s.name(value), s.name(RECORD)))
    return [made, s.if_(s.same(s.name(result), s.name("MISSING")), [ast.Raise(s.name("KeyError"), None)])]


def _concat(writer: Writer, field: Field, config: ConcatConfig) -> str | None:
    paths = [compile_path(text) for text in config.fields]
    if not paths or not config.skipEmpty or not all(map(sure, paths)):
        return None
    value = writer.read(field.path)
    parts = [writer.read(path) for path in paths]
    texts: list[str | ast.expr] = []
    for part in parts:
        texts += [config.separator, s.name(part)]
    full = s.both(*(test for part in parts for test in (s.is_text(s.name(part)), s.name(part))))
    return _either(writer, field, value, full, s.text(texts[1:]))


def _template(writer: Writer, field: Field, config: TemplateConfig) -> str | None:
    pieces = _pieces(config.template)
    paths = [piece for piece in pieces or () if isinstance(piece, Path)]
    if not pieces or len(pieces) < 2 or not all(map(sure, paths)):
        return None
    value = writer.read(field.path)
    names = {id(path): writer.read(path) for path in paths}
    parts: list[str | ast.expr] = [p if isinstance(p, str) else s.name(names[id(p)]) for p in pieces]
    full = s.both(*(s.is_text(s.name(part)) for part in names.values()))
    return _either(writer, field, value, full, s.text(parts))


def _pieces(template: str) -> list[str | Path] | None:
    """Literals and paths from the record's root; None for a template with anything else, or with quotes in a path."""
    pieces: list[str | Path] = []
    for index, part in enumerate(template.split(BRACES)):
        if not index:
            pieces += [part] if part else []
            continue
        inner, closed, literal = part.partition("}}")
        inner = inner.strip()
        if not closed or not inner.startswith("$") or any(sign in inner for sign in "'\"{}"):
            return None
        pieces += [compile_path(inner), *([literal] if literal else [])]
    return pieces


def _date(writer: Writer, field: Field, config: DateConfig) -> str | None:
    if config != DAYS:
        return None
    value = writer.read(field.path)
    text = s.name(value)
    # Of ten characters Python reads besides 2024-01-31 only a week's day: 2024-W05-3.
    long = s.equal(s.call(s.name("len"), text), s.constant(10))
    day = s.both(s.is_text(text), long, s.unequal(s.item(text, s.constant(5)), s.constant("W")))
    result = writer.local()
    read: ast.stmt = ast.Expr(s.call(writer.bind(date.fromisoformat), text))
    made = s.assign(result, s.plus(text, s.constant("T00:00:00Z")))
    writer.add(s.if_(day, [read, made], _fallback(writer, field, value, result)))
    return result


def _map(writer: Writer, field: Field, config: MapConfig) -> str | None:
    if config.ignoreCase:
        return None
    return _table(writer, field, dict(config.mapping))


def _boolean(writer: Writer, field: Field, config: BooleanConfig) -> str | None:
    words = {value: False for value in config.falseValues} | {value: True for value in config.trueValues}
    return _table(writer, field, {k: v for k, v in words.items() if isinstance(k, str) and k == k.strip().casefold()})


def _table(writer: Writer, field: Field, table: dict[str, Any]) -> str:
    """What a text is looked up as; whatever is not in the table is the transform's affair."""
    value, result = writer.read(field.path), writer.local()
    found = s.call(writer.bind(table.get), s.name(value), s.name("MISSING"))
    fallback = _fallback(writer, field, value, result)
    writer.add(s.assign(result, found), s.if_(s.same(s.name(result), s.name("MISSING")), fallback))
    return result


def _number(writer: Writer, field: Field, config: NumberConfig) -> str | None:
    if config.round is not None or config.decimalSeparator != "." or config.type not in ("auto", "float"):
        return None
    value, result = writer.read(field.path), writer.local()
    text, whole, point, fraction = s.name(value), writer.local(), writer.local(), writer.local()
    targets: list[ast.expr] = [ast.Name(part, ast.Store()) for part in (whole, point, fraction)]
    cut = s.call(s.attribute(text, "partition"), s.constant("."))
    digits = [s.call(s.attribute(s.name(part), "isdigit")) for part in (whole, fraction)]
    ascii_ = s.call(s.attribute(text, "isascii"))
    short = s.less(s.call(s.name("len"), text), s.constant(DIGITS + 1))
    plain = s.both(s.name(point), *digits, short, ascii_)
    fallback = _fallback(writer, field, value, result)
    made = s.if_(plain, [s.assign(result, s.call(s.name("float"), text))], fallback)
    split = ast.Assign([ast.Tuple(targets, ast.Store())], cut)
    writer.add(s.if_(s.is_text(text), [split, made], fallback))
    return result


def _either(writer: Writer, field: Field, value: str, test: ast.expr, quick: ast.expr) -> str:
    result = writer.local()
    writer.add(s.if_(test, [s.assign(result, quick)], _fallback(writer, field, value, result)))
    return result


FUSED: Sequence[tuple[Any, Any]] = (
    (CONCAT, _concat),
    (TEMPLATE, _template),
    (DATE, _date),
    (MAP, _map),
    (BOOLEAN, _boolean),
    (NUMBER, _number),
)


def fused(writer: Writer, field: Field) -> str | None:
    """The name of a field's value, where its transform is one of Pegboard's own and can be written out."""
    if not sure(field.path):
        return None
    write = next((write for transform, write in FUSED if transform is field.transform), None)
    if write is None:
        return None
    made: str | None = write(writer, field, field.config)
    return made
