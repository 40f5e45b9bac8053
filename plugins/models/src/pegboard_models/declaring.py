"""`model`: a class becomes a `Model`, the description that tables, operations and routes are made from."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, TypeVar
from uuid import UUID

import attrs

from pegboard_store import table_prefix

from .fields import FieldSpec, read_fields

T = TypeVar("T", bound=type)

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
ATTRIBUTE = "__pegboard_model__"
SYSTEM = ("id", "tenant", "version", "created_at", "updated_at", "deleted_at")
"""Columns that the plugin keeps itself: no field may have one of these names."""
Operation = Literal[
    "list", "read", "create", "update", "delete", "restore", "count", "upsert", "export",
    "bulk_create", "bulk_update", "bulk_delete", "bulk_upsert",
]  # fmt: skip
READING: tuple[Operation, ...] = ("list", "read", "count", "export")
WRITING: tuple[Operation, ...] = ("create", "update", "delete", "restore", "upsert")
BULK: tuple[Operation, ...] = ("bulk_create", "bulk_update", "bulk_delete", "bulk_upsert")


@attrs.frozen
class Routes:
    """The HTTP side of a model: what is served below `path`.

    `resource` names the scopes (``products:read``, ``:write``, ``:delete``, ``:admin``), and is the last part of the
    path unless it is given. `anonymous` operations need no caller: of a model that belongs to tenants they show the
    rows of `public_tenant`. `limit` is how many rows a page has at most, `page` how many where nobody says.
    """

    path: str
    operations: tuple[Operation, ...] = READING + WRITING + BULK
    anonymous: tuple[Operation, ...] = ()
    public_tenant: str = ""
    resource: str = ""
    limit: int = 100
    page: int = 50
    match: Literal["optional", "required"] = "optional"

    def scope(self, level: str) -> str:
        return f"{self.resource or self.path.rpartition('/')[2]}:{level}"


@attrs.frozen(eq=False)
class Model:
    """What `model` made of a class; the record of the hook ``pegboard_models``.

    `name` is ``<plugin>.<model>``. `indexes` and `unique` are names of fields; `key` is those by which a row is
    upserted. `owner` is a text field that holds the id of the principal whose row it is.
    """

    name: str
    summary: str
    plugin: str
    table: str
    type: Any
    id: Literal["integer", "uuid"] = "integer"
    tenant: bool = True
    soft_delete: bool = False
    audit: bool = True
    owner: str = ""
    key: tuple[str, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    routes: Routes | None = None
    fields: Mapping[str, FieldSpec] = attrs.field(factory=dict, repr=False)

    @property
    def noun(self) -> str:
        """The model in messages: ``order item``."""
        return self.name.rpartition(".")[2].replace("_", " ")

    @property
    def id_type(self) -> Any:
        return int if self.id == "integer" else UUID

    @cached_property
    def system(self) -> dict[str, FieldSpec]:
        """The columns that every row has, but for the tenant, which nobody may ask for."""
        made = [
            FieldSpec("id", self.id_type, self.id, own=False),
            FieldSpec("version", int, "integer", own=False),
            FieldSpec("created_at", datetime, "time", own=False),
            FieldSpec("updated_at", datetime, "time", own=False),
        ]
        if self.soft_delete:
            made.append(FieldSpec("deleted_at", datetime, "time", nullable=True, own=False))
        return {spec.name: spec for spec in made}

    @cached_property
    def columns(self) -> dict[str, FieldSpec]:
        """All that filters and orders can name."""
        return self.system | dict(self.fields)

    @cached_property
    def uniques(self) -> tuple[tuple[str, ...], ...]:
        """Every unique key, those of single fields among them."""
        single = [(spec.name,) for spec in self.fields.values() if spec.rules.unique]
        return tuple(dict.fromkeys([*single, *self.unique]))

    @cached_property
    def indexed(self) -> tuple[tuple[str, ...], ...]:
        single = [(spec.name,) for spec in self.fields.values() if spec.rules.index or spec.rules.references]
        owner = [(self.owner,)] if self.owner else []
        return tuple(dict.fromkeys([*single, *owner, *self.indexes]))

    def referred(self, spec: FieldSpec) -> str:
        """The name of the model that a field refers to."""
        found = spec.rules.references
        return f"{self.plugin}.{found}" if isinstance(found, str) else model_of(found).name


def model(
    plugin: str,
    name: str,
    *,
    summary: str = "",
    table: str = "",
    id: Literal["integer", "uuid"] = "integer",
    tenant: bool = True,
    soft_delete: bool = False,
    audit: bool = True,
    owner: str = "",
    key: Sequence[str] = (),
    indexes: Sequence[Sequence[str]] = (),
    unique: Sequence[Sequence[str]] = (),
    routes: Routes | None = None,
) -> Callable[[T], T]:
    """Make an attrs class a model of `plugin`; nothing happens but that its description is attached.

    Its table is ``<plugin>_<table>``, where `table` is the model's name unless it is given. Rows belong to tenants
    unless `tenant` is false. Of a `soft_delete` model rows are marked as deleted, and can be restored. Raises
    TypeError, with the class and the field, for what cannot become a table.
    """

    def attach(kind: T) -> T:
        if not attrs.has(kind):
            raise TypeError(f"{kind.__name__}: a model is an attrs class: write @attrs.frozen below @model")
        made = Model(
            f"{plugin}.{name}",
            summary or _first_line(kind),
            plugin,
            table_prefix(plugin) + (table or name),
            kind,
            id,
            tenant,
            soft_delete,
            audit,
            owner,
            tuple(key),
            tuple(map(tuple, indexes)),
            tuple(map(tuple, unique)),
            routes,
            MappingProxyType(read_fields(kind)),
        )
        _check(made)
        setattr(kind, ATTRIBUTE, made)
        return kind  # type: ignore[return-value]  # attrs.has narrows it

    return attach


def model_of(kind: type) -> Model:
    """The description of a class. Raises TypeError where it is no model."""
    found = kind.__dict__.get(ATTRIBUTE)
    if found is None:
        raise TypeError(f"{kind.__name__} is no model: decorate it with @model")
    made: Model = found
    return made


def models_of(*kinds: type) -> list[Model]:
    """For the hook: ``return models_of(Product, Category)``."""
    return [model_of(kind) for kind in kinds]


def _first_line(kind: type) -> str:
    return (kind.__doc__ or kind.__name__).strip().partition("\n")[0]


def _check(made: Model) -> None:
    where = made.type.__name__
    for name in (made.name.rpartition(".")[2], made.table, *made.fields):
        if not NAME.fullmatch(name):
            raise TypeError(f"{where}: {name!r} is no name for a table or column: use lower-case words joined by _")
    taken = [name for name in made.fields if name in SYSTEM]
    if taken:
        raise TypeError(f"{where}: every table has {', '.join(taken)}: take the field out")
    _check_names(where, made, [made.key, *made.indexed, *made.uniques])
    if made.key and made.key not in made.uniques:
        raise TypeError(f"{where}: key {made.key} is not unique: name it in unique=, or say field(unique=True)")
    if made.owner and made.fields[made.owner].kind != "text":
        raise TypeError(f"{where}.{made.owner}: an owner is the id of a principal: its type is str")
    if made.routes is not None:
        _check_routes(where, made, made.routes)


def _check_names(where: str, made: Model, named: Iterable[Sequence[str]]) -> None:
    for name in (name for names in named for name in names):
        if name not in made.columns:
            raise TypeError(f"{where}: there is no field {name!r}; there are {', '.join(made.columns)}")
        if made.columns[name].kind == "json":
            raise TypeError(f"{where}.{name}: a JSON value is in no index and no key")


def _check_routes(where: str, made: Model, routes: Routes) -> None:
    writing = [operation for operation in routes.anonymous if operation not in READING]
    if writing:
        raise TypeError(
            f"{where}: nobody changes rows without a credential: take {', '.join(writing)} out of anonymous"
        )
    if routes.anonymous and made.owner:
        raise TypeError(f"{where}: rows have owners: an anonymous caller would see none")
    if routes.anonymous and made.tenant and not routes.public_tenant:
        raise TypeError(f"{where}: rows belong to tenants: say whose an anonymous caller sees by public_tenant")
    if routes.path.endswith("/"):
        raise TypeError(f'{where}: routes are below the path {routes.path!r}: leave out its last "/"')
    if not 1 <= routes.page <= routes.limit <= 1000:
        raise TypeError(f"{where}: page {routes.page} and limit {routes.limit}: 1 <= page <= limit <= 1000")
