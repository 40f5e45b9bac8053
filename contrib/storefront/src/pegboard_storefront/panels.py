"""What a web console shows of the shop: the panels of its models, and how an order moves on."""

from collections.abc import Iterator

import attrs

from pegboard import Action, Collection, Panel
from pegboard_models import model_panels

from .catalogue import Category, Product
from .ordering import FOLLOWS, Order, Status

TITLES = {
    Status.CONFIRMED: "Confirm",
    Status.SHIPPED: "Mark as shipped",
    Status.DELIVERED: "Mark as delivered",
    Status.CANCELLED: "Cancel order",
}
SURE = {Status.CANCELLED: "Cancel this order? What it took from the stock goes back."}


def panels() -> Iterator[Panel]:
    """Categories, orders and products."""
    for panel in model_panels(Category, Product, Order):
        content = panel.content
        if isinstance(content, Collection) and panel.name == "storefront.orders":
            panel = attrs.evolve(panel, content=attrs.evolve(content, actions=(*content.actions, *_moves())))
        yield panel


def _moves() -> Iterator[Action]:
    """What may become of an order, offered where it may."""
    for status, title in TITLES.items():
        before = tuple(one.value for one in Status if status in FOLLOWS[one])
        path = f"/orders/{{id}}/status?status={status.value}"
        yield Action(title, path, "PUT", when={"/status": before}, confirm=SURE.get(status, ""), bulk=True)
