from pegboard.testing.fixtures import anyio_backend  # noqa: F401
from pegboard_store.testing import database_url, forked, postgresql_url  # noqa: F401
