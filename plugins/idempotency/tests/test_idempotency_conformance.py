"""This plugin keeps what every plugin keeps."""

import pytest

import pegboard_idempotency
import pegboard_store
from pegboard.testing.suites import PluginSuite
from pegboard_idempotency.tables import metadata
from pegboard_store.testing import check_migrations


class TestIdempotency(PluginSuite):
    plugin = pegboard_idempotency
    name = "idempotency"
    plugins = {"store": pegboard_store}  # noqa: RUF012


del PluginSuite


@pytest.mark.anyio
async def test_the_migrations_make_the_table(database_url: str) -> None:
    await check_migrations(database_url, pegboard_idempotency.pegboard_migrations(), metadata)
