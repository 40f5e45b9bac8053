"""The sealed credentials of all widgets, for the vault; and those that are not sealed yet."""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import bindparam, select, update

from pegboard import Services
from pegboard.json import converter
from pegboard_store import Store
from pegboard_vault import Entry, Sealed

from .sealing import Sealing, place_of
from .stored import StoredWidget
from .tables import widgets

log = structlog.get_logger(__name__)

STEP = 200


async def walk(services: Services, after: str, limit: int) -> Sequence[Entry]:
    some = select(*widgets.c).where(widgets.c.id > after, widgets.c.credentials != "")
    async with services.get(Store).read() as session:
        rows = await session.execute(some.order_by(widgets.c.id).limit(limit))
        return [_entry(StoredWidget.of(row)) for row in rows]


def _entry(stored: StoredWidget) -> Entry:
    return Entry(stored.id, place_of(stored), (stored.credentials,) if stored.credentials else ())


async def replace(services: Services, entry: Entry, new: Mapping[str, str]) -> bool:
    """The value stays what it was, so neither the revision changes nor anything that is kept in memory."""
    [(old, envelope)] = new.items()
    where = (widgets.c.id == entry.key, widgets.c.credentials == old)
    async with services.get(Store).begin() as session:
        result: Any = await session.execute(update(widgets).where(*where).values(credentials=envelope))
    return bool(result.rowcount)


SEALED = Sealed("endpoints", "Credentials of upstreams", walk=walk, replace=replace)


SEAL = (
    update(widgets)
    .where(
        widgets.c.id == bindparam("row"),
        widgets.c.revision == bindparam("read"),
        widgets.c.credentials.is_(None),
    )
    .values(endpoint_data=bindparam("data"), credentials=bindparam("envelope"))
)


async def seal_the_rest(store: Store, sealing: Sealing) -> int:
    """Seal what lies in the clear, from before there was a vault; how many rows were looked at.

    A row that somebody changes meanwhile is left to him, whose version may seal it, or else to the next start.
    """
    after, looked_at = "", 0
    while rows := await _clear(store, after):
        changes = [_change(stored, sealing.sealed(stored)) for stored in rows]
        async with store.begin() as session:
            await session.execute(SEAL, changes)
        after, looked_at = rows[-1].id, looked_at + len(rows)
    if looked_at:
        log.info("endpoints.sealed", widgets=looked_at)
    return looked_at


def _change(stored: StoredWidget, sealed: StoredWidget) -> dict[str, Any]:
    data = converter.unstructure(sealed.draft.endpoint_data)
    return {"row": stored.id, "read": stored.revision, "data": data, "envelope": sealed.credentials}


async def _clear(store: Store, after: str) -> list[StoredWidget]:
    some = select(*widgets.c).where(widgets.c.credentials.is_(None), widgets.c.id > after)
    async with store.read() as session:
        return [StoredWidget.of(row) for row in await session.execute(some.order_by(widgets.c.id).limit(STEP))]
