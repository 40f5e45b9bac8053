"""Models as tables of SQLAlchemy Core: the only place that knows which columns, keys and indexes a model has."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import md5
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Table, Uuid, text
from sqlalchemy.types import TypeEngine

from pegboard import StartupError
from pegboard.problems import nearest
from pegboard_store import UtcDateTime, metadata_for

from .columns import PlainText
from .declaring import Model
from .fields import FieldSpec

LONGEST_NAME = 60

Tables = Mapping[str, Table]
"""Tables by the names of their models."""


def build_tables(plugin: str, models: Iterable[Model]) -> tuple[MetaData, Tables]:
    """The tables of one plugin. Raises StartupError for a reference to what the plugin does not have."""
    known = {model.name: model for model in models}
    metadata = metadata_for(plugin)
    return metadata, {model.name: _table(model, known, metadata) for model in known.values()}


def _table(model: Model, known: Mapping[str, Model], metadata: MetaData) -> Table:
    system: list[Column[Any]] = [
        Column("id", _id_type(model), primary_key=True, autoincrement=model.id == "integer"),
        *([Column("tenant", PlainText(), nullable=False)] if model.tenant else []),
        Column("version", BigInteger, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        Column("updated_at", UtcDateTime, nullable=False),
        *([Column("deleted_at", UtcDateTime)] if model.soft_delete else []),
    ]
    columns: list[Column[Any]] = [
        Column(spec.name, spec.column, *_reference(model, spec, known), nullable=spec.nullable)
        for spec in model.fields.values()
    ]
    table: Table = Table(
        model.table,
        metadata,
        *system,
        *columns,
        sqlite_autoincrement=model.id == "integer",
    )
    _add_indexes(model, table)
    return table


def _id_type(model: Model) -> TypeEngine[Any]:
    return BigInteger().with_variant(Integer, "sqlite") if model.id == "integer" else Uuid()


def _reference(model: Model, spec: FieldSpec, known: Mapping[str, Model]) -> Sequence[ForeignKey]:
    if not spec.rules.references:
        return ()
    other = known.get(model.referred(spec))
    if other is None:
        hint = nearest(model.referred(spec), known)
        raise StartupError(f'model "{model.name}": {spec.name} refers to {model.referred(spec)}{hint}')
    if spec.type is not other.id_type:
        raise StartupError(
            f'model "{model.name}": {spec.name} must be {other.id_type.__name__}, as ids of {other.name}'
        )
    return (ForeignKey(f"{other.table}.id"),)


def _add_indexes(model: Model, table: Table) -> None:
    """Each begins with the tenant and ends with the id, so that a list walks along it in the order of its rows.

    Of rows that are marked as deleted nothing is looked up, and their unique values are free.
    """
    tenant = ["tenant"] if model.tenant else []
    alive = text("deleted_at IS NULL") if model.soft_delete else None
    partial: dict[str, Any] = {"sqlite_where": alive, "postgresql_where": alive} if model.soft_delete else {}
    for names in model.uniques:
        unique = [*tenant, *names]
        Index(index_name("uq", table, unique), *(table.c[name] for name in unique), unique=True, **partial)
    for names in dict.fromkeys([*([()] if tenant else []), *model.indexed]):
        columns = [*tenant, *names, *([] if "id" in names else ["id"])]
        Index(index_name("ix", table, columns), *(table.c[name] for name in columns), **partial)


def index_name(prefix: str, table: Table, columns: Sequence[str]) -> str:
    """The name by rule, cut where PostgreSQL would cut it without asking, at 63 bytes."""
    name = f"{prefix}_{table.name}_{'_'.join(columns)}"
    return (
        name
        if len(name) <= LONGEST_NAME
        else f"{name[:50]}_{md5(name.encode(), usedforsecurity=False).hexdigest()[:8]}"
    )
