"""The database of a Pegboard app: SQLite out of the box, PostgreSQL by URL, migrations per plugin."""

from collections.abc import AsyncIterator

import click

from pegboard import Point, Registries, ServiceRegistry, Services, Settings, hookimpl

from .changes import Changes
from .columns import Json, UtcDateTime
from .commands import db
from .failures import StoreProblem
from .inserting import insert_into
from .lines import LineState, Migrations
from .lookout import Lookout
from .opening import migrate, open_store, read_database
from .pages import Page, PageQuery, Pagination, order_by, paginate
from .seldom import Seldom
from .settings import StoreSettings
from .store import Store, execute_last
from .tables import metadata_for, table_prefix

__version__ = "0.1.0"

__all__ = [
    "Changes",
    "Json",
    "LineState",
    "Lookout",
    "Migrations",
    "Page",
    "PageQuery",
    "Pagination",
    "Seldom",
    "Store",
    "StoreProblem",
    "StoreSettings",
    "UtcDateTime",
    "execute_last",
    "insert_into",
    "metadata_for",
    "migrate",
    "open_store",
    "order_by",
    "paginate",
    "read_database",
    "table_prefix",
    "testing",
]


@hookimpl
def pegboard_settings() -> type:
    return StoreSettings


@hookimpl
def pegboard_points() -> Point:
    return Point("migrations", "Version lines of the database", hook="pegboard_migrations", record=Migrations)


@hookimpl
def pegboard_commands() -> click.Command:
    return db


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    async def factory(services: Services) -> AsyncIterator[Store]:
        lines = tuple(services.get(Registries)[Migrations])
        async with open_store(settings.of(StoreSettings), settings.kernel.data, lines) as store:
            yield store

    registry.offer(Store, factory, eager=True, ping=Store.ping)
