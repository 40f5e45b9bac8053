"""Shard types and the records of users, in Pegboard's database: fast upserts, filters, look-ups, export."""

from collections.abc import Iterator

import click

from pegboard import RouteSpec, ServiceRegistry, Services, Settings, hookimpl
from pegboard_events import sink_of
from pegboard_store import Migrations, Store

from .checking import Check
from .commands import records
from .fields import Field, Option
from .items import Item, Upserted
from .records import Records
from .routes import ROUTES
from .shard_types import ShardType, ShardTypeDraft
from .shards import Batch, BatchItem, BatchResult, ExportQuery, ItemResult, Shard, ShardDraft, Shards, ShardsQuery
from .type_routes import ROUTES as TYPE_ROUTES

__version__ = "0.1.0"

__all__ = [
    "Batch",
    "BatchItem",
    "BatchResult",
    "Check",
    "ExportQuery",
    "Field",
    "Item",
    "ItemResult",
    "Option",
    "Records",
    "Shard",
    "ShardDraft",
    "ShardType",
    "ShardTypeDraft",
    "Shards",
    "ShardsQuery",
    "Upserted",
]


@hookimpl
def pegboard_migrations() -> Migrations:
    return Migrations("records", "Shard types and shards", package="pegboard_records.migrations")


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    async def opened(services: Services) -> Records:
        return Records(await services.aget(Store), await sink_of(services))

    registry.offer(Records, opened, eager=True)


@hookimpl
def pegboard_routes() -> Iterator[RouteSpec]:
    yield from TYPE_ROUTES
    yield from ROUTES


@hookimpl
def pegboard_commands() -> click.Command:
    return records
