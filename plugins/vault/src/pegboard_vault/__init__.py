"""Secrets that plugins store, sealed with AES-256-GCM under keys that can be changed."""

import click

from pegboard import Point, ServiceRegistry, Services, Settings, hookimpl

from .commands import vault
from .documents import MASK, envelopes, exchanged, is_sealed, opened, sealed
from .envelope import Place
from .errors import KeyMissing, SealBroken
from .opening import open_vault
from .records import Entry, Sealed
from .settings import VaultSettings
from .vault import Vault

__version__ = "0.1.0"

__all__ = [
    "MASK",
    "Entry",
    "KeyMissing",
    "Place",
    "SealBroken",
    "Sealed",
    "Vault",
    "VaultSettings",
    "envelopes",
    "exchanged",
    "is_sealed",
    "opened",
    "sealed",
    "testing",
]


@hookimpl
def pegboard_settings() -> type:
    return VaultSettings


@hookimpl
def pegboard_points() -> Point:
    return Point("sealed", "Where plugins keep sealed values", hook="pegboard_sealed", record=Sealed)


@hookimpl
def pegboard_commands() -> click.Command:
    return vault


@hookimpl
def pegboard_services(registry: ServiceRegistry, settings: Settings) -> None:
    def factory(services: Services) -> Vault:
        return open_vault(services, settings)

    registry.offer(Vault, factory, eager=True, ping=Vault.ping)
