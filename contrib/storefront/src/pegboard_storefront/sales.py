"""``/analytics/sales``: sums of what was sold, made by the database."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import ColumnElement, Table, func, select

from pegboard import Call
from pegboard_models import Models, Reader
from pegboard_store import Store

from .inputs import SalesQuery
from .ordering import Order, OrderItem, Status
from .outputs import DaySales, ProductSales, Sales
from .pricing import CENT

TOP = 10


async def read_sales(call: Call[None, SalesQuery]) -> Sales:
    models, days = call.services.get(Models), call.query.days
    orders, items = models.table(Order), models.table(OrderItem)
    counted = _counted(orders, call.caller.tenant, days)
    async with models.read(call.caller, everyone=True) as reader:
        daily = await _daily(reader, orders, counted, call.services.get(Store).dialect)
        top = await _top(reader, orders, items, counted)
    revenue = sum((day.revenue for day in daily.values()), Decimal(0))
    count = sum(day.orders for day in daily.values())
    average = (revenue / count).quantize(CENT, ROUND_HALF_UP) if count else Decimal(0)
    return Sales(days, revenue, count, average, daily, top)


def _counted(orders: Table, tenant: str, days: int) -> Sequence[ColumnElement[bool]]:
    since = datetime.now(UTC) - timedelta(days=days)
    return orders.c.tenant == tenant, orders.c.created_at >= since, orders.c.status != Status.CANCELLED.value


async def _daily(
    reader: Reader, orders: Table, counted: Sequence[ColumnElement[bool]], dialect: str
) -> dict[str, DaySales]:
    time = orders.c.created_at
    day: Any = func.date(time if dialect == "sqlite" else func.timezone("UTC", time)).label("day")
    statement = select(day, func.count(), func.sum(orders.c.total)).where(*counted).group_by(day).order_by(day)
    found = (await reader.session.execute(statement)).all()
    return {str(date): DaySales(count, revenue) for date, count, revenue in found}


async def _top(
    reader: Reader, orders: Table, items: Table, counted: Sequence[ColumnElement[bool]]
) -> list[ProductSales]:
    product, revenue = items.c.product_id, func.sum(items.c.total_price)
    statement = (
        select(product, func.sum(items.c.quantity), revenue)
        .join(orders, orders.c.id == items.c.order_id)
        .where(*counted)
        .group_by(product)
        .order_by(revenue.desc(), product)
        .limit(TOP)
    )
    found = (await reader.session.execute(statement)).all()
    return [ProductSales(number, int(quantity), sold) for number, quantity, sold in found]
