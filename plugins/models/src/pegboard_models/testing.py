"""What a plugin tests its models with, beside `pegboard_store.testing`.

class TestBooks(ModelSuite):
    plugin = pegboard_books
    name = "books"
    plugins = {"models": pegboard_models, "store": pegboard_store}
    kinds = (Shelf, Book)

    async def example(self, tx, kind):
        if kind is Shelf:
            return {"name": "Science"}
        shelf = await tx.create(Shelf, {"name": "Science"})
        return {"title": "Cosmos", "isbn": "0-394-50294-9", "price": 12, "shelf_id": shelf.id}
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from sqlalchemy import MetaData

from pegboard import Principal, Problem
from pegboard.board import Board
from pegboard.testing.suites import PluginSuite

from .bulk import Transaction
from .declaring import SYSTEM, model_of, models_of
from .reading import Query
from .service import Models
from .tables import build_tables
from .values import Saved

ADA, STRANGER = Principal("ada", "acme"), Principal("eve", "elsewhere")


def metadata_of(*kinds: type) -> MetaData:
    """The tables of a plugin's models, all of them: for `pegboard_store.testing.check_migrations`."""
    models = models_of(*kinds)
    [plugin] = {model.plugin for model in models}
    return build_tables(plugin, models)[0]


class ModelSuite(PluginSuite):
    """What every plugin keeps, and what each of its models does. Give `kinds`, and override `example`."""

    kinds: ClassVar[tuple[type, ...]] = ()

    async def example(self, tx: Transaction, kind: type) -> Mapping[str, Any]:
        """The fields of a row that can be made; what it refers to is made before, by `tx`."""
        raise NotImplementedError(f"say what a {kind.__name__} is made of")

    async def test_all_models_are_given(self) -> None:
        async with self.started() as (_, board):
            found = {model.type for model in models(board).all() if model.plugin == self.name}
        assert found == set(self.kinds), f"kinds are {self.kinds}, the plugin's models {found}"

    async def test_a_row_is_read_as_it_was_made(self) -> None:
        async with self.started() as (_, board):
            for kind in self.kinds:
                async with models(board).begin(ADA) as tx:
                    made: Saved[Any] = await tx.create(kind, await self.example(tx, kind))
                async with models(board).read(ADA) as reader:
                    assert await reader.read(kind, made.id) == made

    async def test_another_tenant_sees_none(self) -> None:
        async with self.started() as (_, board):
            for kind in (kind for kind in self.kinds if model_of(kind).tenant):
                async with models(board).begin(ADA) as tx:
                    made: Saved[Any] = await tx.create(kind, await self.example(tx, kind))
                async with models(board).read(STRANGER, everyone=True) as reader:
                    assert (await reader.list(kind, Query(deleted="include"))).items == []
                    with pytest.raises(Problem):
                        await reader.read(kind, made.id, deleted="include")

    async def test_columns_of_the_table_are_no_fields(self) -> None:
        async with self.started() as (_, board):
            for kind in self.kinds:
                async with models(board).begin(ADA) as tx:
                    example = dict(await self.example(tx, kind))
                    for name in SYSTEM:
                        with pytest.raises(Problem):
                            await tx.create(kind, example | {name: 1})

    async def test_a_deleted_row_is_gone(self) -> None:
        async with self.started() as (_, board):
            for kind in self.kinds:
                async with models(board).begin(ADA) as tx:
                    made: Saved[Any] = await tx.create(kind, await self.example(tx, kind))
                    await tx.delete(kind, made.id)
                    with pytest.raises(Problem):
                        await tx.read(kind, made.id)


def models(board: Board) -> Models:
    """The service of an app."""
    return board.services.get(Models)
