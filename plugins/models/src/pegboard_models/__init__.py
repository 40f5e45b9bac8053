"""Tables out of attrs classes: migrations, operations, filters and routes."""

from collections.abc import AsyncIterator

import click

from pegboard import Point, Registries, ServiceRegistry, Services, Settings, hookimpl
from pegboard_store import Store

from .bulk import Transaction
from .catalog import Catalog
from .columns import Exact, PlainText
from .commands import models
from .declaring import Model, Routes, model, model_of, models_of
from .fields import field
from .panels import model_panels
from .reading import Listing, Query, Reader
from .results import BulkResult, Change, ItemResult
from .routes import model_routes
from .schemas import check_owners, check_schemas
from .service import Models
from .shapes import draft_of, given, patch_of
from .values import Saved

__version__ = "0.1.0"

__all__ = [
    "BulkResult",
    "Change",
    "Exact",
    "ItemResult",
    "Listing",
    "Model",
    "Models",
    "PlainText",
    "Query",
    "Reader",
    "Routes",
    "Saved",
    "Transaction",
    "draft_of",
    "field",
    "given",
    "model",
    "model_of",
    "model_panels",
    "model_routes",
    "models_of",
    "patch_of",
    "testing",
]


@hookimpl
def pegboard_points() -> Point:
    return Point("models", "Tables out of attrs classes", hook="pegboard_models", record=Model)


@hookimpl
def pegboard_commands() -> click.Command:
    return models


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    async def opened(services: Services) -> AsyncIterator[Models]:
        store = await services.aget(Store)
        declared = services.get(Registries)[Model]
        check_owners({model.name: (model.plugin, declared.owner(model.name)) for model in declared})
        catalog = Catalog.of_models(declared, store.dialect)
        await check_schemas(store, catalog)
        yield Models(store, catalog, services)

    registry.offer(Models, opened, eager=True)
