"""``pegboard storefront``: for whoever has the machine."""

import click

from pegboard import Services
from pegboard.cli import with_services

from .seeding import seed


@click.group()
def storefront() -> None:
    """The shop: fill it with samples."""


@storefront.command(name="seed")
@with_services
async def seed_samples(services: Services) -> None:
    """Make sample categories, products and users, where they are not there yet. New passwords are printed once."""
    made = await seed(services)
    click.echo(f"{made.categories} categories, {made.products} products, {len(made.passwords)} users made")
    for email, password in made.passwords.items():
        click.echo(f"{email}  password: {password}")
