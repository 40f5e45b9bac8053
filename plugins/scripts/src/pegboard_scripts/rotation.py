"""The sealed secrets of schedules, for the vault. Those of jobs are gone when their jobs are."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from pegboard import Services
from pegboard_store import Store
from pegboard_vault import Entry, Sealed

from .executions import place_of
from .tables import schedules


async def walk(services: Services, after: str, limit: int) -> Sequence[Entry]:
    some = select(schedules).where(schedules.c.id > after, schedules.c.sealed != "").order_by(schedules.c.id)
    async with services.get(Store).read() as session:
        rows = (await session.execute(some.limit(limit))).all()
    return [Entry(row.id, place_of(row.tenant, row.script_name), (row.sealed,)) for row in rows]


async def replace(services: Services, entry: Entry, new: Mapping[str, str]) -> bool:
    [(old, envelope)] = new.items()
    its = (schedules.c.id == entry.key, schedules.c.sealed == old)
    async with services.get(Store).begin() as session:
        result: Any = await session.execute(update(schedules).where(*its).values(sealed=envelope))
    return bool(result.rowcount)


SEALED = Sealed("schedules", "Secret parameters of scheduled scripts", walk=walk, replace=replace)
