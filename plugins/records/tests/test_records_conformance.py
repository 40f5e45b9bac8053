"""This plugin keeps what every plugin keeps, and its migrations make its tables."""

import pytest

import pegboard_records
import pegboard_store
from pegboard.testing.suites import PluginSuite
from pegboard_records.tables import metadata
from pegboard_store.testing import check_migrations

pytestmark = pytest.mark.anyio


class TestRecords(PluginSuite):
    plugin = pegboard_records
    name = "records"
    plugins = {"store": pegboard_store}  # noqa: RUF012


async def test_the_migrations_make_the_tables(database_url: str) -> None:
    await check_migrations(database_url, pegboard_records.pegboard_migrations(), metadata)
