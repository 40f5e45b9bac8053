"""``/orders``: an order is made in one transaction, and its status moves on in one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

import attrs

from pegboard import Call, Problem
from pegboard_accounts.errors import AccessDenied
from pegboard_models import Models, Query, Reader, Saved, Transaction

from .callers import Numbers, is_admin, path_id
from .catalogue import Product
from .inputs import MOST_ITEMS, OrderDraft, OrderQuery, StatusQuery
from .ordering import FOLLOWS, Order, OrderItem, Status
from .outputs import Shown, Told, shown_order
from .pricing import Stock, check_stock, lines, quantities, totals

NEWEST = "id:desc"
TRIES = 5
STATUSES = [status.value for status in Status]
STAMPS = {Status.SHIPPED: "shipped_at", Status.DELIVERED: "delivered_at"}

Items = Sequence[Saved[OrderItem]]


class OrderNotFound(Problem):
    def __init__(self) -> None:
        super().__init__(404, "order-not-found", "Order not found")


class InvalidStatus(Problem):
    """No status at all."""

    def __init__(self) -> None:
        super().__init__(400, "invalid-status", f"Invalid status. Must be one of: {STATUSES}")


class IllegalStep(Problem):
    """A status that does not follow the one that an order has."""

    def __init__(self, before: Status, after: Status) -> None:
        possible = ", ".join(sorted(status.value for status in FOLLOWS[before])) or "nothing"
        detail = f"Order is {before.value} and cannot become {after.value}; what follows is {possible}"
        super().__init__(409, "illegal-status", detail)


async def create_order(call: Call[OrderDraft, None]) -> Shown:
    number = await call.services.get(Numbers).of(call.caller)
    for attempt in range(TRIES):
        try:
            async with _models(call).begin(call.caller, request=call.request) as tx:
                return shown_order(*await place(tx, call.body, number))
        except Problem as problem:
            if problem.code != "row-exists" or attempt == TRIES - 1:
                raise  # else somebody's order has this number: 32 bits are not many
    raise AssertionError("the last attempt returns or raises")


async def place(tx: Transaction, draft: OrderDraft, user: int) -> tuple[Saved[Order], Items]:
    """Make an order out of what is in stock. Products are locked in the order of their ids, so that nobody waits in
    a circle. Raises `UnknownProduct`, `InsufficientStock`, `TooExpensive`."""
    wanted = quantities(draft.items)
    stock = await tx.lock(Product, wanted)
    check_stock(wanted, stock)
    bought = lines(draft.items, stock)
    order = await tx.create(Order, ordered(draft, user, [line["total_price"] for line in bought]))
    items = await tx.create_all(OrderItem, [line | {"order_id": order.id} for line in bought])
    await move_stock(tx, stock, {product: -quantity for product, quantity in wanted.items()})
    return order, items


def ordered(draft: OrderDraft, user: int, prices: Sequence[Any]) -> dict[str, Any]:
    """An order as it is kept. Raises `TooExpensive`."""
    return {
        "user_id": user,
        "order_number": f"ORD-{token_hex(4).upper()}",
        "payment_method": draft.payment_method,
        "shipping_address": draft.shipping_address,
        "billing_address": draft.billing_address or draft.shipping_address,
        "notes": draft.notes,
        **attrs.asdict(totals(prices)),
    }


async def move_stock(tx: Transaction, stock: Stock, pieces: Mapping[int, int]) -> None:
    """So many pieces more, or fewer, of products that are locked."""
    changes = [
        (stock[product], {"stock_quantity": stock[product].data.stock_quantity + n}) for product, n in pieces.items()
    ]
    await tx.update_held(Product, changes)


async def list_orders(call: Call[None, OrderQuery]) -> list[Shown]:
    asked, everyone = call.query, is_admin(call.caller, "orders")
    filters = {} if asked.status is None else {"status": read_status(asked.status)}
    async with _models(call).read(call.caller, everyone=everyone) as reader:
        found = await reader.list(Order, Query(filters, sort=NEWEST, limit=asked.limit, skip=asked.skip))
        items = await items_of(reader, [order.id for order in found.items])
    return [shown_order(order, items[order.id]) for order in found.items]


async def read_order(call: Call[None, None]) -> Shown:
    number, caller = path_id(call), call.caller
    async with _models(call).read(caller, everyone=True) as reader:
        order = (await reader.read_many(Order, [number])).get(number)
        if order is None:
            raise OrderNotFound()
        if order.data.buyer != caller.id and not is_admin(caller, "orders"):
            raise AccessDenied("the order is somebody else's")
        return shown_order(order, (await items_of(reader, [number]))[number])


async def items_of(reader: Reader, orders: Sequence[int]) -> Mapping[int, list[Saved[OrderItem]]]:
    """The items of orders, by the ids of these."""
    found: defaultdict[int, list[Saved[OrderItem]]] = defaultdict(list)
    if orders:
        query = Query({"order_id": {"$in": list(orders)}}, sort="id", limit=len(orders) * MOST_ITEMS)
        for item in (await reader.list(OrderItem, query)).items:
            found[item.data.order_id].append(item)
    return found


async def update_status(call: Call[None, StatusQuery]) -> Told:
    number, status = path_id(call), read_status(call.query.status)
    async with _models(call).begin(call.caller, everyone=True, request=call.request) as tx:
        order = (await tx.lock(Order, [number])).get(number)
        if order is None:
            raise OrderNotFound()
        if status not in FOLLOWS[order.data.status]:
            raise IllegalStep(order.data.status, status)
        if status is Status.CANCELLED:
            await put_back(tx, (await items_of(tx, [number]))[number])
        await tx.update_held(Order, [(order, moved_on(status))])
    return Told(f"Order status updated to {status.value}")


def read_status(text: str) -> Status:
    """Raises `InvalidStatus`."""
    if text not in STATUSES:
        raise InvalidStatus()
    return Status(text)


def moved_on(status: Status) -> dict[str, Any]:
    stamp = STAMPS.get(status)
    return {"status": status} | ({stamp: datetime.now(UTC)} if stamp else {})


async def put_back(tx: Transaction, items: Iterable[Saved[OrderItem]]) -> None:
    """The pieces of an order are in stock again, those of products that were taken out of the shop among them."""
    pieces = quantities(item.data for item in items)
    stock = await tx.lock(Product, pieces, deleted="include")
    await move_stock(tx, stock, {product: pieces[product] for product in stock})


def _models(call: Call[Any, Any]) -> Models:
    return call.services.get(Models)
