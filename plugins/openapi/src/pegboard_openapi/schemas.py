"""Types as JSON Schema 2020-12, saying what the kernel's strict converter accepts.

Classes of attrs become components, unions ``anyOf``; what is neither is msgspec's to describe. Its own schemas of
attrs classes would not do: it refuses unions of two classes and defaults without a JSON form, such as a
`Secret`, and knows neither validators nor that unknown keys are errors.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, is_typeddict

import attrs
import structlog

from pegboard import Secret
from pegboard.json import COLLECTIONS, converter

from .validators import constrain

log = structlog.get_logger(__name__)

T = TypeVar("T")
Schema = dict[str, Any]

REF = "#/components/schemas/{name}"
OWN: dict[Any, Schema] = {
    Any: {},
    object: {},
    Path: {"type": "string"},
    Secret: {"type": "string", "format": "password", "writeOnly": True},
    datetime: {"type": "string", "format": "date-time"},
}
SETS = (set, frozenset)
UNKNOWN: Schema = {"description": "(this type cannot be described)"}


@attrs.define
class Schemas:
    """The schemas of one document.

    A class that some body or query is made of is closed (``additionalProperties: false``, as the converter refuses
    unknown keys); one that only results are made of is open, so that it may grow.
    """

    components: dict[str, Schema] = attrs.field(factory=dict)
    _names: dict[Any, str] = attrs.field(factory=dict)
    _closed: frozenset[str] = frozenset()

    def copy(self) -> "Schemas":
        """One to add to, which leaves this one as it is."""
        return Schemas(dict(self.components), dict(self._names), self._closed)

    def accepted(self, kind: Any) -> Schema:
        """The schema of an input."""
        return self._safely(kind, lambda: self._schema(kind, True), dict(UNKNOWN))

    def returned(self, kind: Any) -> Schema:
        """The schema of a result."""
        return self._safely(kind, lambda: self._schema(kind, False), dict(UNKNOWN))

    def fields(self, kind: type) -> list[tuple[str, Schema, bool]]:
        """Name, schema and whether it must be given, of each field of an attrs class that is an input."""

        def described() -> list[tuple[str, Schema, bool]]:
            return [(field.name, self._field(field, {}, True), _is_required(field)) for field in _fields(kind)]

        return self._safely(kind, described, [])

    def _safely(self, kind: Any, describe: Callable[[], T], otherwise: T) -> T:
        """A type that cannot be described must not cost the document."""
        before = self.copy()
        try:
            return describe()
        except Exception as error:
            self.components, self._names, self._closed = before.components, before._names, before._closed
            log.warning("type has no schema in the document", type=str(kind), reason=str(error))
            return otherwise

    def _schema(self, kind: Any, closed: bool) -> Schema:
        kind = _plain(kind)
        origin, args = get_origin(kind) or kind, get_args(kind)
        if kind in OWN:
            return dict(OWN[kind])
        if kind is Decimal:
            return {"type": ["number", "string"] if closed else "number"}
        if origin in (Union, UnionType):
            return {"anyOf": [self._schema(option, closed) for option in args]}
        if origin is Literal:
            return {"enum": list(args)}
        if isinstance(kind, type) and issubclass(kind, Enum):
            return {"enum": [member.value for member in kind]}
        if attrs.has(origin):
            return self._component(kind, closed)
        if is_typeddict(origin):
            return self._other(kind)
        if origin in COLLECTIONS or (isinstance(origin, type) and issubclass(origin, Mapping)):
            return self._container(origin, args, closed)
        return self._other(kind)

    def _container(self, origin: Any, args: tuple[Any, ...], closed: bool) -> Schema:
        if issubclass(origin, Mapping):
            value = self._schema(args[1], closed) if args else {}
            return {"type": "object", **({"additionalProperties": value} if value else {})}
        if origin is tuple and args and args[-1] is not Ellipsis:
            items = [self._schema(item, closed) for item in args]
            return {"type": "array", "prefixItems": items, "minItems": len(args), "maxItems": len(args)}
        item = self._schema(args[0], closed) if args else {}
        unique = {"uniqueItems": True} if origin in SETS else {}
        return {"type": "array", **({"items": item} if item else {}), **unique}

    def _other(self, kind: Any) -> Schema:
        """Plain values, dates, named tuples, typed dicts, data classes: whatever msgspec knows."""
        from msgspec.json import schema_components

        module = getattr(kind, "__module__", "")
        (schema,), components = schema_components((kind,), ref_template=REF.replace("{", f"{module}.{{"))
        self.components |= {f"{module}.{name}": component for name, component in components.items()}
        return schema

    def _component(self, kind: Any, closed: bool) -> Schema:
        name = self._name(kind)
        if name not in self.components or (closed and name not in self._closed):
            self._closed |= {name} if closed else set()
            self.components[name] = {}  # a class may have itself as a field
            self.components[name] = self._object(kind, closed)
        return {"$ref": REF.format(name=name)}

    def _name(self, kind: Any) -> str:
        if kind not in self._names:
            origin = get_origin(kind) or kind
            short = _word("_".join([origin.__name__, *(getattr(a, "__name__", str(a)) for a in get_args(kind))]))
            taken = short in self.components or short in self._names.values()
            self._names[kind] = _word(f"{origin.__module__}.{origin.__qualname__}.{short}") if taken else short
        return self._names[kind]

    def _object(self, kind: Any, closed: bool) -> Schema:
        origin = get_origin(kind) or kind
        given = dict(zip(getattr(origin, "__parameters__", ()), get_args(kind), strict=False))
        fields = [field for field in _fields(origin) if field.init or not closed]
        made: Schema = {
            "type": "object",
            "properties": {field.name: self._field(field, given, closed) for field in fields},
        }
        required = [field.name for field in fields if _is_required(field)]
        described = {"description": markdown(origin.__doc__)} if origin.__doc__ else {}
        return {
            **described,
            **made,
            **({"required": required} if required else {}),
            **({"additionalProperties": False} if closed else {}),
        }

    def _field(self, field: "attrs.Attribute[Any]", given: Mapping[Any, Any], closed: bool) -> Schema:
        schema = self._schema(_filled(field.type, given), closed)
        if field.validator is not None:
            constrain(schema, field.validator)
        if field.metadata.get("help"):
            schema["description"] = markdown(field.metadata["help"])
        if field.metadata.get("panel"):
            schema["x-panel"] = field.metadata["panel"]
        return schema | _default(field)


def markdown(text: str) -> str:
    """A docstring for readers of the document, who see Markdown."""
    return inspect.cleandoc(text).replace("``", "`")


def _plain(kind: Any) -> Any:
    """The type behind an alias, a NewType or an annotation."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif hasattr(kind, "__supertype__"):
            kind = kind.__supertype__
        elif type(kind).__name__ == "TypeAliasType":
            kind = kind.__value__
        else:
            return NoneType if kind is None else kind


def _filled(kind: Any, given: Mapping[Any, Any]) -> Any:
    """The type of a field of a generic class, with the class's own arguments in it."""
    if isinstance(kind, TypeVar):
        return given.get(kind, Any)
    parameters = getattr(kind, "__parameters__", ()) if not isinstance(kind, type) or get_args(kind) else ()
    return kind[tuple(given.get(parameter, Any) for parameter in parameters)] if parameters else kind


def _fields(kind: Any) -> tuple["attrs.Attribute[Any]", ...]:
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(attrs.resolve_types(kind))
    return fields


def _is_required(field: "attrs.Attribute[Any]") -> bool:
    return field.default is attrs.NOTHING


def _default(field: "attrs.Attribute[Any]") -> Schema:
    """The default where it has a plain JSON form; secrets and what factories compute have none."""
    default: Any = field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        default = default.factory() if default.factory in (*COLLECTIONS, dict) else attrs.NOTHING
    if default is attrs.NOTHING or isinstance(default, Secret):
        return {}
    value = converter.unstructure(default)
    return {"default": value} if isinstance(value, str | int | float | list | dict | NoneType) else {}


def _word(name: str) -> str:
    """A name that may stand in the components of a document (OpenAPI 3.1, section 4.8.7.1)."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("_")
