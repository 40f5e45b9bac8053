"""JSON to typed values, strictly, and back.

A string is never read as a number, null never as a string, and an unknown key is an error: what a caller
meant is never guessed. Text that has no types of its own (query strings, the environment) has a
converter of its own, which reads the words that people use there.
"""

import collections.abc
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import EnumType
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import attrs
import orjson
from cattrs import ClassValidationError, IterableValidationError, IterableValidationNote
from cattrs.cols import is_mapping, mapping_structure_factory
from cattrs.preconf.orjson import OrjsonConverter, make_converter

from .invalid import refusals
from .secrets import Secret

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})

COLLECTIONS: dict[Any, Callable[[Any], Any]] = {
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    collections.abc.Sequence: tuple,
    collections.abc.Set: frozenset,
}

Structure = Callable[[Any, Any], Any]


def _expected(what: str, value: object) -> ValueError:
    kinds = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    kind = kinds.get(type(value), "a number" if isinstance(value, int | float) else type(value).__name__)
    return ValueError(f"expected {what}, got {kind}")


def _exactly(kinds: type | tuple[type, ...], what: str, make: Callable[[Any], Any] = lambda value: value) -> Structure:
    """Accept values of these kinds alone; a boolean is no number although Python says so."""

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise _expected(what, value)
        return make(value)

    return structure


def _parsed(parse: Callable[[str], Any], what: str) -> Structure:
    def structure(value: Any, _: Any) -> Any:
        try:
            return parse(value) if isinstance(value, str) else value
        except ValueError:
            raise ValueError(f"expected {what}, got {value!r}") from None

    return structure


def _switch(text: str) -> bool:
    word = text.strip().lower()
    if word not in TRUE | FALSE:
        raise ValueError(word)
    return word in TRUE


def _time(value: Any, _: Any) -> datetime:
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (ValueError, TypeError):
        raise ValueError("expected a time such as 2026-01-31T12:00:00Z (RFC 3339)") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _decimal(value: Any) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise ValueError("expected a finite number")
    return number


def _choice(kind: Any, text: bool = False) -> Structure:
    """Hooks for enumerations and literals, which name what is allowed. In text a number is its digits."""
    members: Any = kind
    allowed = {v.value: v for v in members} if isinstance(kind, EnumType) else {v: v for v in get_args(kind)}

    def structure(value: Any, _: Any) -> Any:
        for known, made in allowed.items():
            if (type(value) is type(known) and value == known) or (text and value == str(known)):
                return made
        shown = orjson.dumps(value).decode() if isinstance(value, str | int | float | None) else type(value).__name__
        raise ValueError(f"expected one of {', '.join(map(str, allowed))}; got {shown}")

    return structure


_cached_choice = cache(_choice)


def _but_for_choices(plain: Structure, text: bool) -> Structure:
    """cattrs takes the hook of a class for its subclasses too, and an enumeration of strings is one of `str`."""

    def structure(value: Any, kind: Any) -> Any:
        return _cached_choice(kind, text)(value, kind) if isinstance(kind, EnumType) else plain(value, kind)

    return structure


def _is_choice(kind: Any) -> bool:
    return get_origin(kind) is Literal or isinstance(kind, EnumType)


def _is_collection(kind: Any) -> bool:
    origin, args = get_origin(kind) or kind, get_args(kind)
    return origin in COLLECTIONS and (origin is not tuple or not args or args[-1] is Ellipsis)


def _collection(converter: OrjsonConverter, split: bool) -> Callable[[Any], Structure]:
    """Hooks for lists, tuples and sets: cattrs' own would take the letters of a string as items."""

    def factory(kind: Any) -> Structure:
        make = COLLECTIONS[get_origin(kind) or kind]
        item = (get_args(kind) or (Any,))[0]

        def structure(value: Any, _: Any) -> Any:
            if split and isinstance(value, str):
                value = [part.strip() for part in value.split(",") if part.strip()]
            if not isinstance(value, list | tuple):
                raise _expected("a list", value)
            return make(_items(converter, value, item))

        return structure

    return factory


def _items(converter: OrjsonConverter, values: Any, kind: Any) -> list[Any]:
    made, errors = [], []
    for index, value in enumerate(values):
        try:
            made.append(converter.structure(value, kind))
        except Exception as error:
            error.add_note(IterableValidationNote(f"item {index}", index, kind))
            errors.append(error)
    if errors:
        raise IterableValidationError("a list", errors, list)
    return made


def _object(converter: OrjsonConverter) -> Callable[[Any], Structure]:
    """Hooks for dictionaries: cattrs' own trips over what is none, without saying where."""

    def factory(kind: Any) -> Structure:
        inner: Any = mapping_structure_factory(kind, converter, detailed_validation=True)

        def structure(value: Any, as_kind: Any) -> Any:
            if not isinstance(value, Mapping):
                raise _expected("an object", value)
            return inner(value, as_kind)

        return structure

    return factory


def _record(converter: OrjsonConverter) -> Callable[[Any], Structure]:
    """Hooks for attrs classes that report every refused field at once."""

    def factory(kind: Any) -> Structure:
        inner: Any = converter.gen_structure_attrs_fromdict(kind)

        def structure(value: Any, as_kind: Any) -> Any:
            if not isinstance(value, dict):
                raise _expected("an object", value)
            try:
                return inner(value, as_kind)
            except ClassValidationError as error:
                noted, others = error.group_exceptions()
                told = {note.name for _, note in noted}
                refused = [r for r in refusals(kind, value, converter.structure) if r.field not in told]
                kept = [e for e in others if not (refused and type(e) in (ValueError, TypeError))]
                raise ClassValidationError(error.message, [*(e for e, _ in noted), *kept, *refused], kind) from None

        return structure

    return factory


def _plain(text: bool) -> dict[type, Structure]:
    """Hooks for the types that JSON has, and for the words that text has for them."""
    return {
        str: _exactly(str, "a string"),
        int: _parsed(int, "an integer") if text else _exactly(int, "an integer"),
        float: _parsed(float, "a number") if text else _exactly((int, float), "a number", float),
        bool: _parsed(_switch, "true or false") if text else _exactly(bool, "true or false"),
    }


def _converter(*, text: bool) -> OrjsonConverter:
    made = make_converter(forbid_extra_keys=True, detailed_validation=True)
    for kind, structure in _plain(text).items():
        made.register_structure_hook(kind, _but_for_choices(structure, text))
    made.register_structure_hook(datetime, _time)
    made.register_structure_hook(Decimal, _exactly((int, float, str), "a number", _decimal))
    made.register_structure_hook(Secret, _exactly(str, "a string", Secret))
    made.register_structure_hook(Path, _exactly(str, "a path", Path))
    made.register_structure_hook_factory(_is_collection, _collection(made, split=text))
    made.register_structure_hook_factory(is_mapping, _object(made))
    made.register_structure_hook_factory(_is_choice, partial(_choice, text=text))
    made.register_structure_hook_factory(attrs.has, _record(made))
    made.register_unstructure_hook(Secret, str)
    made.register_unstructure_hook(Decimal, float)
    made.register_unstructure_hook(bytes, lambda value: value)  # has no JSON form; cattrs would invent one
    return made


converter = _converter(text=False)
text_converter = _converter(text=True)


def _default(value: Any) -> Any:
    made = converter.unstructure(value)
    if made is value:
        raise TypeError(f"{type(value).__name__} has no JSON form")
    return made


def dumps(value: Any) -> bytes:
    """The JSON of a plain value or of attrs instances. Raises TypeError for anything else."""
    return orjson.dumps(value, _default, orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_NON_STR_KEYS)
