"""The service: the models of an app, and the way to their rows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Table
from starlette.requests import HTTPConnection

from pegboard import Principal, Services
from pegboard_store import Store

from .bulk import Transaction
from .catalog import Catalog
from .declaring import Model
from .reading import Reader


class Models:
    """Rows of models, read and changed as somebody.

    `everyone` reaches the rows of all owners, where a model has any; `public` is how routes ask: by fields that
    callers may read alone.
    """

    def __init__(self, store: Store, catalog: Catalog, services: Services) -> None:
        self._store = store
        self._services = services
        self.catalog = catalog

    @asynccontextmanager
    async def begin(
        self,
        principal: Principal,
        *,
        everyone: bool = False,
        public: bool = False,
        request: HTTPConnection | None = None,
    ) -> AsyncIterator[Transaction]:
        """One transaction, kept when the block ends and undone by an error that leaves it.

        Fetch nothing from elsewhere within it: on SQLite others wait. `request` is for the audit log.
        """
        async with self._store.begin() as session:
            yield Transaction(self._services, request, self.catalog, session, principal, everyone, public)

    @asynccontextmanager
    async def read(
        self, principal: Principal, *, everyone: bool = False, public: bool = False
    ) -> AsyncIterator[Reader]:
        """For reading alone: it never waits for writers, and each call sees what is committed by then."""
        async with self._store.read() as session:
            yield Reader(self.catalog, session, principal, everyone, public)

    def table(self, kind: type) -> Table:
        """The table of a model, for statements of its own plugin; the session is `Reader.session`.

        Such a statement sees the rows of every tenant: say whose it wants. Raises LookupError.
        """
        return self.catalog.of(kind).table

    def all(self) -> list[Model]:
        """Every model, by name."""
        return [entry.model for _, entry in sorted(self.catalog.entries.items())]
