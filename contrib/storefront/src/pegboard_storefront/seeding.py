"""Samples: categories, products and people, made where they are not there yet."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from pegboard import Principal, Services, Settings
from pegboard.cli import operator
from pegboard_accounts import Accounts, NewUser
from pegboard_accounts.errors import AccountExists
from pegboard_models import Models, Transaction

from .catalogue import Category, Product

CATEGORIES: Sequence[tuple[str, str, str]] = (
    ("Electronics", "electronics", "What needs a charger"),
    ("Books", "books", "What needs a reader"),
    ("Home", "home", "What needs a place"),
)
PRODUCTS: Mapping[str, Sequence[tuple[str, str, str, int]]] = {
    "electronics": (("Headphones", "ELE-001", "79.90", 40), ("Charger", "ELE-002", "19.95", 120)),
    "books": (("A history of zero", "BOO-001", "24.00", 15), ("Bread, slowly", "BOO-002", "31.50", 22)),
    "home": (("Tea pot", "HOM-001", "42.00", 30), ("Wool blanket", "HOM-002", "89.00", 12)),
}
USERS = (("admin", "admin@example.com", "admin"), ("buyer", "buyer@example.com", "user"))


@attrs.frozen
class Seeded:
    """What was made. `passwords` are those of new users by their addresses; they are shown this once."""

    categories: int
    products: int
    passwords: Mapping[str, str] = attrs.field(repr=False)


async def seed(services: Services) -> Seeded:
    """Make the samples that are missing; what is there stays as it is."""
    who = operator(services.get(Settings).kernel.tenant)
    async with services.get(Models).begin(who) as tx:
        categories = {slug: await _category(tx, number, slug) for number, (_, slug, _) in enumerate(CATEGORIES)}
        made = [await _product(tx, draft) for draft in _drafts({slug: row for slug, (row, _) in categories.items()})]
    passwords = {email: await _user(services, who, username, email, role) for username, email, role in USERS}
    new = {email: password for email, password in passwords.items() if password}
    return Seeded(sum(new for _, new in categories.values()), sum(made), new)


async def _category(tx: Transaction, number: int, slug: str) -> tuple[int, bool]:
    """The id of a category, and whether it is new."""
    found = await tx.find(Category, {"slug": slug})
    if found is not None:
        return found.id, False
    name, _, description = CATEGORIES[number]
    values = {"name": name, "slug": slug, "description": description, "sort_order": number}
    return (await tx.create(Category, values)).id, True


def _drafts(categories: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    for slug, products in PRODUCTS.items():
        for number, (name, sku, price, stock) in enumerate(products):
            yield {
                "name": name, "sku": sku, "price": price, "stock_quantity": stock, "category_id": categories[slug],
                "description": f"{name}, as it should be", "featured": number == 0, "tags": [slug],
            }  # fmt: skip


async def _product(tx: Transaction, draft: Mapping[str, Any]) -> bool:
    """Whether it is new. One that was deleted stays so."""
    if await tx.find(Product, {"sku": draft["sku"]}, deleted="include") is not None:
        return False
    await tx.create(Product, draft)
    return True


async def _user(services: Services, who: Principal, username: str, email: str, role: str) -> str:
    """The password of a user who was made, or nothing where he is there."""
    password = secrets.token_urlsafe(12)
    new = NewUser(email, password, username, username.capitalize(), "Sample")
    try:
        await services.get(Accounts).create_user(new, role, who.tenant, by=who)
    except AccountExists:
        return ""
    return password
