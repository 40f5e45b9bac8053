"""Whether the tables that are there are those that the models say, asked at each start."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Dialect, Inspector, MetaData, Table, inspect
from sqlalchemy.types import TypeEngine

from pegboard import StartupError
from pegboard_store import Store

from .catalog import Catalog

COLLATION = re.compile(r' COLLATE "?\w+"?')
SHOWN = 5


def check_owners(owners: Mapping[str, tuple[str, str]]) -> None:
    """Raises StartupError where a plugin brings a model of another: `owners` are whose it is and who brings it."""
    for name, (plugin, owner) in owners.items():
        if plugin != owner:
            raise StartupError(
                f'models: plugin "{owner}" brings the model "{name}": its tables would be those of "{plugin}": '
                f'declare it with @model("{owner}", ...)'
            )


async def check_schemas(store: Store, catalog: Catalog) -> None:
    """Raises StartupError where a table differs from its model, with the command that writes the migration."""
    async with store.read() as session:
        found = await (await session.connection()).run_sync(_differences, catalog)
    lines = [
        f'models: the tables of "{plugin}" are not what its models say: {"; ".join(told[:SHOWN])}'
        f"{f'; and {len(told) - SHOWN} more' if len(told) > SHOWN else ''}. "
        f'`pegboard models migrate {plugin} -m "what changed"` writes the migration'
        for plugin, told in found.items()
        if told
    ]
    if lines:
        raise StartupError("\n".join(lines))


def _differences(connection: Connection, catalog: Catalog) -> dict[str, list[str]]:
    return {plugin: list(differences(connection, metadata)) for plugin, metadata in catalog.schemas.items()}


def differences(connection: Connection, metadata: MetaData) -> Iterator[str]:
    """How the database differs from the tables of `metadata`: in columns, their types, and indexes."""
    inspector, there = inspect(connection), None
    for table in metadata.sorted_tables:
        there = there or set(inspector.get_table_names())
        if table.name not in there:
            yield f"there is no table {table.name}"
            continue
        yield from _columns(inspector, table, connection.dialect)
        yield from _indexes(inspector, table)


def _columns(inspector: Inspector, table: Table, dialect: Dialect) -> Iterator[str]:
    there: dict[str, Any] = {column["name"]: column for column in inspector.get_columns(table.name)}
    for column in table.columns:
        found = there.pop(column.name, None)
        if found is None:
            yield f"{table.name} lacks the column {column.name}"
            continue
        wanted, has = _written(column.type, dialect), _written(found["type"], dialect)
        if wanted != has:
            yield f"{table.name}.{column.name} is {has}, and should be {wanted}"
        if not column.primary_key and found["nullable"] != column.nullable:
            yield f"{table.name}.{column.name} {'may' if found['nullable'] else 'may not'} be null"
    yield from (f"{table.name} has the column {name}, which no field is" for name in there)


def _written(kind: TypeEngine[Any], dialect: Dialect) -> str:
    return COLLATION.sub("", kind.compile(dialect=dialect))


def _indexes(inspector: Inspector, table: Table) -> Iterator[str]:
    there = {index["name"]: bool(index["unique"]) for index in inspector.get_indexes(table.name)}
    wanted = {str(index.name): bool(index.unique) for index in table.indexes}
    yield from (f"{table.name} lacks the index {name}" for name in sorted(wanted.keys() - there.keys()))
    yield from (
        f"{table.name} has the index {name}, which no model has"
        for name in sorted(there.keys() - wanted.keys(), key=str)
    )
