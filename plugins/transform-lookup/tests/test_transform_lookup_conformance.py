"""The plugin and its transform keep what all keep; the examples are what it is for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest

import pegboard_records
import pegboard_store
import pegboard_transform_lookup
from pegboard import MISSING, PageValues, Problem, TransformContext
from pegboard.json import converter
from pegboard.testing.suites import Example, Failing, PluginSuite, TransformSuite
from pegboard_records import Field, Item, Records, ShardTypeDraft
from pegboard_store import Store
from pegboard_transform_lookup import LOOKUP, LookupConfig

PLUGINS = {"records": pegboard_records, "store": pegboard_store}
COMPANY = {"shardTypeId": "c_company"}
NAME = {**COMPANY, "returnField": "name"}
BY_CODE = {**COMPANY, "matchField": "code", "returnField": "externalId"}


class TestPlugin(PluginSuite):
    plugin = pegboard_transform_lookup
    name = "transform-lookup"
    plugins = PLUGINS


async def fill(services: Any, tenant: str) -> None:
    records, store = services.get(Records), services.get(Store)
    fields = (Field("name", "text"), Field("code", "integer"))
    await records.types.create(tenant, ShardTypeDraft("c_company", fields=fields, strict=True))
    items = [Item("1", {"name": "Engines", "code": 7}), Item("2", {"name": None}), Item("3", {"name": "Looms"})]
    async with store.begin() as session:
        await records.upsert(session, tenant, "c_company", items, "test")


class TestLookup(TransformSuite):
    record = LOOKUP
    config: ClassVar = COMPANY
    plugins = PLUGINS
    bad_configs = ({}, {"shardTypeId": ""}, {**COMPANY, "onMissing": "never"}, {**COMPANY, "returnField": 7})
    examples = (
        Example("1", "Engines", NAME),
        Example("3", "Looms", NAME),
        Example(1, "Engines", NAME),
        Example("2", None, NAME),
        Example(MISSING, MISSING, NAME),
        Example(None, None, NAME),
        Example(7, "1", BY_CODE),
        Example("9", "?", {**NAME, "default": "?"}),
        Example(None, "?", {**NAME, "default": "?"}),
        Example(MISSING, MISSING, {**NAME, "default": "?"}),
        Example("9", None, {**NAME, "onMissing": "null"}),
        Example("9", MISSING, {**NAME, "onMissing": "skip"}),
        Example("9", None, {**NAME, "default": None}),
    )
    failures = (Failing("9", NAME), Failing("7", BY_CODE), Failing(["1"], NAME), Failing({"id": "1"}, NAME))

    @asynccontextmanager
    async def services(self) -> AsyncIterator[Any]:
        async with super().services() as services:
            await fill(services, "test")
            yield services

    async def page(self, services: Any, tenant: str, document: Any, *values: Any) -> Any:
        config: LookupConfig = converter.structure(document, LookupConfig)
        context = TransformContext("company", "/mapping/0", tenant)
        given = PageValues(values, [{}] * len(values))
        return await pegboard_transform_lookup.LOOKUP.prepare(config, context, given, services)  # type: ignore[misc]

    async def test_the_record_of_another_tenant_is_not_found(self) -> None:
        async with self.services() as services:
            with pytest.raises(Problem) as caught:
                await self.page(services, "stranger", NAME, "1")
            assert caught.value.code == "shard-type-not-found"

    async def test_without_a_return_field_the_id_is_given(self) -> None:
        async with self.services() as services:
            found = await services.get(Records).find("test", "c_company", "1")
            assert await self.page(services, "test", COMPANY, "1") == [found.id]

    async def test_a_field_that_is_not_there_fails_the_page_with_the_nearest(self) -> None:
        async with self.services() as services:
            with pytest.raises(Problem, match='did you mean "name"'):
                await self.page(services, "test", {**COMPANY, "returnField": "nme"}, "1")

    async def test_a_failure_names_the_way_out(self) -> None:
        async with self.services() as services:
            [error] = await self.page(services, "test", NAME, "9")
            assert "lookup: '9' is not found: \"c_company\" has no record with this externalId" in str(error)
