"""Where sealed values are, for the vault: the tokens of grants, and the logins under way."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, select, update

from pegboard import Services
from pegboard_store import Store
from pegboard_vault import Entry, Place, Sealed

from .grants import Grant
from .pending import place_of
from .tables import grants, logins


def _sealed(name: str, summary: str, table: Table, place: Callable[[Any], Place]) -> Sealed:
    async def walk(services: Services, after: str, limit: int) -> Sequence[Entry]:
        some = select(*table.c).where(table.c.id > after, table.c.sealed != "").order_by(table.c.id).limit(limit)
        async with services.get(Store).read() as session:
            return [Entry(row.id, place(row), (row.sealed,)) for row in await session.execute(some)]

    async def replace(services: Services, entry: Entry, new: Mapping[str, str]) -> bool:
        [(old, envelope)] = new.items()
        where = (table.c.id == entry.key, table.c.sealed == old)
        async with services.get(Store).begin() as session:
            result: Any = await session.execute(update(table).where(*where).values(sealed=envelope))
        return bool(result.rowcount)

    return Sealed(name, summary, walk=walk, replace=replace)


def _place_of_grant(row: Any) -> Place:
    return Grant(**row._mapping).place


def _place_of_login(row: Any) -> Place:
    return place_of(row.tenant, row.id)


SEALED = (
    _sealed("auth-oauth2.grants", "OAuth tokens", grants, _place_of_grant),
    _sealed("auth-oauth2.logins", "OAuth logins under way", logins, _place_of_login),
)
