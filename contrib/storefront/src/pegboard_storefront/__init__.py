"""A commerce API: users, products, orders and sales, as document 003 describes it."""

from collections.abc import Iterable, Iterator

import click

from pegboard import Panel, RouteSpec, ServiceRegistry, Services, Settings, hookimpl
from pegboard_accounts import AccountsSettings
from pegboard_models import Model, model_routes, models_of
from pegboard_store import Migrations

from .callers import Numbers
from .catalogue import Category, Product
from .ordering import Order, OrderItem, Payment, Status
from .panels import panels
from .routes import served
from .settings import StorefrontSettings

__version__ = "0.1.0"

__all__ = ["Category", "Order", "OrderItem", "Payment", "Product", "Status", "StorefrontSettings"]


@hookimpl
def pegboard_settings() -> type:
    return StorefrontSettings


@hookimpl
def pegboard_models() -> list[Model]:
    return models_of(Category, Product, Order, OrderItem)


@hookimpl
def pegboard_migrations() -> Migrations:
    return Migrations("storefront", "The catalogue and the orders", package="pegboard_storefront.migrations")


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    async def opened(services: Services) -> Numbers:
        settings.of(StorefrontSettings).check()
        return Numbers(services)

    registry.offer(Numbers, opened, eager=True)


@hookimpl
def pegboard_routes(settings: Settings) -> Iterator[RouteSpec]:
    yield from model_routes(Category, Product, Order)
    yield from served(settings.of(StorefrontSettings), settings.of(AccountsSettings).prefix)


@hookimpl
def pegboard_panels() -> Iterable[Panel]:
    return panels()


@hookimpl
def pegboard_commands() -> click.Command:
    from .commands import storefront  # it needs the command line, and that the server

    return storefront
