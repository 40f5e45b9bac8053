import pytest

import pegboard_integrations
from pegboard_integrations.tables import metadata
from pegboard_store.testing import check_migrations

pytestmark = pytest.mark.anyio


async def test_the_migrations_make_the_tables(database_url: str) -> None:
    await check_migrations(database_url, pegboard_integrations.pegboard_migrations(), metadata)
