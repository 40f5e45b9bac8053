"""The mapper of an endpoint: one function for a page."""

import ast
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import attrs

from pegboard import MISSING, PageValues, Services

from . import syntax as s
from .fields import NUMBERS, PLAIN, Field
from .fusing import fused
from .identity import LONGEST, Identifier, Identify
from .pages import Failed, Mapped, MappedRecords, RecordError
from .writing import RECORD, Writer, sure

Columns = Sequence[Sequence[Any]]
Slow = Callable[[int, Any, Columns], Mapped | Failed]
Made = tuple[list[str | None], list[dict[str, Any]], list[Failed]]
"""External ids and data of what was mapped, and what was not."""
Quick = Callable[[Sequence[Any], Columns], Made]


@attrs.frozen
class Value:
    """What a field becomes: the name of the value, and whether it is `sure` to be there."""

    field: Field
    name: str
    sure: bool

    @property
    def certain(self) -> bool:
        return self.sure and not self.field.skip_empty


@attrs.frozen
class Mapper:
    """Maps pages. A record that does not map is `Failed`, and the others go on."""

    fields: tuple[Field, ...]
    identifier: Identifier
    _quick: Quick = attrs.field(repr=False)

    async def page(self, records: Sequence[Any], services: Services) -> tuple[MappedRecords, list[Failed]]:
        """The mapped records and those that failed, both in the page's order."""
        columns = await self._columns(records, services) if records else ()
        ids, data, failed = self._quick(records, columns)
        return MappedRecords(ids, data), failed

    async def _columns(self, records: Sequence[Any], services: Services) -> Columns:
        columns = []
        for field in self.fields:
            if field.prepare is not None:
                values = PageValues([field.path.get(record) for record in records], records)
                columns.append(_checked(field, await field.prepare(values, services), len(records)))
        return columns


def _checked(field: Field, values: Sequence[Any], count: int) -> Sequence[Any]:
    if len(values) != count:
        raise RuntimeError(
            f'transform "{field.transform.name}" of "{field.target}" gave {len(values)} values for {count} records'
        )
    return values


def compile_mapper(fields: Sequence[Field], identifier: Identifier) -> Mapper:
    return Mapper(tuple(fields), identifier, _written(fields, identifier))


def careful(fields: Sequence[Field], identify: Identify) -> Slow:
    """What maps one record field by field and tells all that is wrong with it."""

    def slow(index: int, record: Any, columns: Columns) -> Mapped | Failed:
        data: dict[str, Any] = {}
        errors: list[RecordError] = []
        column = iter(columns)
        for field in fields:
            prepared = next(column)[index] if field.prepare is not None else None
            try:
                value = field.made(record, prepared)
            except Exception as error:
                errors.append(RecordError(field.target, words(error)))
                continue
            if value is not MISSING:
                data[field.target] = value
        return _finished(index, record, data, errors, identify, bool(fields))

    return slow


def with_care(slow: Slow) -> Callable[[Any, Columns, Made], None]:
    """What puts a record to those that were made or to those that failed. So many are done as are in either."""

    def one(record: Any, columns: Columns, out: Made) -> None:
        ids, data, failed = out
        made = slow(len(data) + len(failed), record, columns)
        if isinstance(made, Failed):
            failed.append(made)
        else:
            ids.append(made.external_id)
            data.append(made.data)

    return one


def _finished(
    index: int, record: Any, data: dict[str, Any], errors: list[RecordError], identify: Identify, mapped: bool
) -> Mapped | Failed:
    if not mapped:
        if type(record) is not dict:
            return Failed(
                index, record, (RecordError("", "is no object, and no fieldMappings say what becomes of it"),)
            )
        data = record
    try:
        external = identify(record, data)
    except ValueError as error:
        errors.append(RecordError("identifierField", str(error)))
        external = None
    return Failed(index, record, tuple(errors), data) if errors else Mapped(external, data)


def words(error: Exception) -> str:
    """What went wrong, for whoever wrote the mapping."""
    if isinstance(error, ValueError) and str(error):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _written(fields: Sequence[Field], identifier: Identifier) -> Quick:
    writer = Writer()
    slow = writer.bind(with_care(careful(fields, identifier.identify)))
    prepared = [f"c{index}" for index, field in enumerate(fields) if field.prepare is not None]
    _record(writer, fields, identifier)
    caught = s.call(slow, s.name(RECORD), s.name("columns"), s.name("out"))
    handler = ast.ExceptHandler(s.name("Exception"), None, [ast.Expr(caught)])
    one = ast.Try(writer.statements, [handler], [], [])
    names: list[ast.expr] = [ast.Name(part, ast.Store()) for part in (RECORD, *prepared)]
    source = s.call(s.name("zip"), s.name("records"), ast.Starred(s.name("columns"), ast.Load()))
    loop = ast.For(
        ast.Tuple(names, ast.Store()) if prepared else names[0],
        source if prepared else s.name("records"),
        [one],
        [],
    )
    body = [*_start(), loop, ast.Return(s.name("out"))]
    quick: Quick = s.function(body, writer.namespace)
    return quick


def _start() -> list[ast.stmt]:
    """`out = [], [], []`: ids, data, and what failed; and how the first two grow."""
    lists = ast.Tuple([ast.List([], ast.Load()) for _ in range(3)], ast.Load())
    place = [s.item(s.name("out"), s.constant(number)) for number in range(2)]
    return [
        s.assign("out", lists),
        s.assign("identified", s.attribute(place[0], "append")),
        s.assign("mapped", s.attribute(place[1], "append")),
    ]


def _record(writer: Writer, fields: Sequence[Field], identifier: Identifier) -> None:
    """The statements for one record. Whatever is out of the ordinary raises, and is then done with care."""
    values: list[Value] = []
    if fields:
        values = [_value(writer, field, f"c{index}") for index, field in enumerate(fields)]
        _data(writer, values)
    else:
        plain = s.other(s.kind(s.name(RECORD)), s.name("dict"))
        writer.add(s.if_(plain, [ast.Raise(s.name("TypeError"), None)]), s.assign("data", s.name(RECORD)))
    identified = s.call(s.name("identified"), _external(writer, identifier, values))
    writer.add(ast.Expr(identified), ast.Expr(s.call(s.name("mapped"), s.name("data"))))


def _data(writer: Writer, values: Sequence[Value]) -> None:
    """The object of all values that are there in any case, and then of those that may not be."""
    certain = [value for value in values if value.certain]
    keys: list[ast.expr | None] = [s.constant(value.field.target) for value in certain]
    writer.add(s.assign("data", ast.Dict(keys, [s.name(value.name) for value in certain])))
    for value in values:
        if value.certain:
            continue
        kept: ast.expr = s.other(s.name(value.name), s.name("MISSING"))
        if value.field.skip_empty:
            kept = s.either(s.name(value.name), s.within(s.kind(s.name(value.name)), writer.bind(NUMBERS)))
        writer.add(s.if_(kept, [s.put("data", s.constant(value.field.target), s.name(value.name))]))


def _value(writer: Writer, field: Field, column: str) -> Value:
    if field.default is MISSING:
        return Value(field, *_transformed(writer, field, column))
    if field.apply is None and field.prepare is None:
        # Records that lack a field with a default are nothing out of the ordinary: no exception for them.
        mine = _got(writer, field)
    else:
        mine = writer.let(s.name(_transformed(writer, field, column)[0]))
    default = writer.bind(field.default)
    value = default if isinstance(field.default, PLAIN) else s.call(writer.bind(deepcopy), default)
    lacking = s.either(s.same(s.name(mine), s.constant(None)), s.same(s.name(mine), s.name("MISSING")))
    writer.add(s.if_(lacking, [s.assign(mine, value)]))
    return Value(field, mine, True)


def _got(writer: Writer, field: Field) -> str:
    """The name of the source's value, which may be MISSING."""
    return writer.let(s.call(writer.bind(field.path.get), s.name(RECORD)))


def _transformed(writer: Writer, field: Field, column: str) -> tuple[str, bool]:
    if field.prepare is not None:
        failed = s.call(s.name("isinstance"), s.name(column), s.name("Exception"))
        writer.add(s.if_(failed, [ast.Raise(s.name("KeyError"), None)]))
        return column, False
    if field.apply is None:
        required = sure(field.path) and not field.skip_empty
        return (writer.read(field.path), True) if required else (_got(writer, field), False)
    name = fused(writer, field)
    if name is not None:
        return name, True
    value = s.name(_got(writer, field))
    return writer.let(s.call(writer.bind(field.apply), value, s.name(RECORD))), False


def _external(writer: Writer, identifier: Identifier, values: Sequence[Value]) -> ast.expr:
    """The identifier of a text or of an integer is written out; for anything else it is worked out, or refused."""
    if identifier.path is None and identifier.target is None:
        return s.constant(None)
    careful_ = s.call(writer.bind(identifier.identify), s.name(RECORD), s.name("data"))
    known = next((value.name for value in values if value.certain and value.field.target == identifier.target), None)
    if identifier.path is not None and sure(identifier.path):
        known = writer.read(identifier.path)
    if known is None:
        return careful_
    number = s.same(s.kind(s.name(known)), s.name("int"))
    text = s.both(s.is_text(s.name(known)), s.less(s.constant(0), s.call(s.name("len"), s.name(known))))
    short = s.both(text, s.less(s.call(s.name("len"), s.name(known)), s.constant(LONGEST)))
    return s.choose(number, s.call(s.name("str"), s.name(known)), s.choose(short, s.name(known), careful_))
