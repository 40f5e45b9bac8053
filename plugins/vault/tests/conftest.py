"""An app whose plugin `notes` keeps sealed texts in a table, on either database."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from sqlalchemy import Column, Table, Text, insert, select, update

import pegboard_store
import pegboard_vault
from pegboard import RouteSpec, Secret, Services, create_app, hookimpl
from pegboard.testing import client
from pegboard_store import Store, metadata_for
from pegboard_store.testing import (  # noqa: F401
    database_url,
    postgresql_url,
    store_section,
)
from pegboard_vault import Entry, Place, Sealed, Vault

metadata = metadata_for("notes")
notes = Table("notes_notes", metadata, Column("id", Text, primary_key=True), Column("body", Text, nullable=False))


def place_of(name: str) -> Place:
    return Place("acme", name, "note")


async def walk(services: Services, after: str, limit: int) -> Sequence[Entry]:
    statement = select(notes).where(notes.c.id > after).order_by(notes.c.id).limit(limit)
    async with services.get(Store).read() as session:
        return [Entry(row.id, place_of(row.id), (row.body,)) for row in await session.execute(statement)]


async def replace(services: Services, entry: Entry, new: Mapping[str, str]) -> bool:
    [(old, body)] = new.items()
    statement = update(notes).where(notes.c.id == entry.key, notes.c.body == old).values(body=body)
    async with services.get(Store).begin() as session:
        result: Any = await session.execute(statement)
    return bool(result.rowcount)


async def read(call: Any) -> dict[str, Any]:
    note = await Notes(call.services).stored(call.path["id"])
    return {"length": len(call.services.get(Vault).open(note, place_of(call.path["id"])).reveal())}


class Plugin:
    """The plugin; `walk` and `replace` may be others for a test."""

    def __init__(self, walk: Any = walk, replace: Any = replace) -> None:
        self.record = Sealed("notes", "Notes", walk=walk, replace=replace)

    @hookimpl
    def pegboard_sealed(self, settings: Any) -> Sealed:
        return self.record

    @hookimpl
    def pegboard_routes(self, settings: Any) -> RouteSpec:
        return RouteSpec("notes.read", "/notes/{id}", read, summary="The length of a note", anonymous=True)


@attrs.frozen
class Notes:
    """The notes of an open app."""

    services: Services

    async def make_table(self) -> None:
        async with self.services.get(Store).begin() as session:
            await (await session.connection()).run_sync(metadata.create_all)

    async def write(self, name: str, text: str) -> str:
        envelope = self.services.get(Vault).seal(Secret(text), place_of(name))
        await self.put(name, envelope)
        return envelope

    async def put(self, name: str, body: str) -> None:
        async with self.services.get(Store).begin() as session:
            changed: Any = await session.execute(update(notes).where(notes.c.id == name).values(body=body))
            if not changed.rowcount:
                await session.execute(insert(notes).values(id=name, body=body))

    async def stored(self, name: str) -> str:
        async with self.services.get(Store).read() as session:
            return str(await session.scalar(select(notes.c.body).where(notes.c.id == name)))

    async def text(self, name: str) -> str:
        return self.services.get(Vault).open(await self.stored(name), place_of(name)).reveal()


def document(folder: Path, url: str, **vault: Any) -> dict[str, Any]:
    return {"data": str(folder), "plugins": {"store": store_section(url), "vault": vault}}


def plugins(plugin: Plugin | None = None) -> dict[str, Any]:
    return {"store": pegboard_store, "vault": pegboard_vault, "notes": plugin or Plugin()}


@pytest.fixture
def shelf() -> SimpleNamespace:
    """What tests need of the plugin: its classes and its functions."""
    return SimpleNamespace(
        Notes=Notes, Plugin=Plugin, document=document, place_of=place_of, plugins=plugins, replace=replace, walk=walk
    )


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def noted(database_url: str, tmp_path: Path) -> Any:  # noqa: F811
    """An app over this test's database, with keys as given; its notes, and a client at `api`."""

    @asynccontextmanager
    async def make(keys: str = "", plugin: Plugin | None = None) -> AsyncIterator[Any]:
        settings = document(tmp_path, database_url, **({"keys": keys} if keys else {}))
        app = create_app(settings=settings, plugins=plugins(plugin), environ={}, installed=False)
        async with client(app) as api:
            notes = Notes(app.state.board.services)
            await notes.make_table()
            api.notes = notes
            yield api

    return make
