"""Where a JSON pointer (RFC 6901) leads in the answers of a route: their type alone says it."""

from collections.abc import Collection, Iterator, Mapping
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import attrs


def follow(kind: Any, pointer: str) -> Any:
    """The type of what is there; a union where several may be. Raises LookupError with the member that is not."""
    kinds = [kind]
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        kinds = [inner for outer in kinds for option in _options(outer) for inner in _members(option, name)]
        if not kinds:
            raise LookupError(name)
    return Union[tuple(kinds)]  # noqa: UP007 - how many there are is not known here


def item_of(kind: Any) -> Any:
    """The type of a list's items. Raises LookupError for what is no list."""
    for option in _options(kind):
        if option is Any:
            return Any
        if _is_list(option):
            return (get_args(option) or (Any,))[0]
    raise LookupError("a list")


def names_of(kind: Any) -> set[str] | None:
    """The names of an input's fields; None where it takes any."""
    fields = [_fields(option) for option in _options(kind)]
    known = [field for field in fields if field is not None]
    return {name for field in known for name in field} if fields and len(known) == len(fields) else None


def _options(kind: Any) -> Iterator[Any]:
    if get_origin(kind) in (Union, UnionType):
        for option in get_args(kind):
            yield from _options(option)
    elif kind is None or kind is object:
        yield Any  # nothing is said of it
    elif kind is not NoneType:
        yield kind


def _members(kind: Any, name: str) -> Iterator[Any]:
    origin, args = get_origin(kind) or kind, get_args(kind)
    fields = _fields(kind)
    if kind is Any:
        yield Any
    elif fields is not None:
        if name in fields:
            given = dict(zip(getattr(origin, "__parameters__", ()), args, strict=False))
            yield _filled(fields[name], given)
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield args[1] if args else Any
    elif _is_list(kind) and name.isdigit():
        yield args[0] if args else Any


def _fields(kind: Any) -> dict[str, Any] | None:
    origin = get_origin(kind) or kind
    if not (isinstance(origin, type) and attrs.has(origin)):
        return None
    return {field.name: field.type for field in attrs.fields(attrs.resolve_types(origin))}


def _is_list(kind: Any) -> bool:
    origin = get_origin(kind) or kind
    return isinstance(origin, type) and issubclass(origin, Collection) and not issubclass(origin, str | bytes | Mapping)


def _filled(kind: Any, given: Mapping[Any, Any]) -> Any:
    """The type of a field of a generic class, with the class's own arguments in it."""
    if isinstance(kind, TypeVar):
        return given.get(kind, Any)
    parameters = getattr(kind, "__parameters__", ()) if get_args(kind) else ()
    return kind[tuple(given.get(parameter, Any) for parameter in parameters)] if parameters else kind
