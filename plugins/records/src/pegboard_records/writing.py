"""One statement that inserts what is new, replaces what is different, and leaves alone what is the same.

The database decides about each row, so two processes that write the same ids at once make no doubles; rows come in the
order of their external ids, so that neither waits for the other in a circle. The statement also looks for the shard
type, and on PostgreSQL holds it until the end of the transaction: nobody deletes a type under its records.
"""

import secrets
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Row, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard_store import UtcDateTime

from .items import Row as Given
from .items import Upserted
from .tables import shard_types

Common = tuple[str, str, str]
"""Tenant, shard type and source."""

STEP = 1000
"""Rows of a statement; SQLite binds 32,766 values at most."""

KIND = "SELECT 1 FROM records_types WHERE tenant = {tenant} AND id = {type}"

INSERT = (
    "INSERT INTO records_shards"
    " (id, tenant, type, external_id, digest, revision, source, created_at, updated_at, data) "
)
CONFLICT = (
    " ON CONFLICT (tenant, type, external_id) DO UPDATE SET digest = excluded.digest, data = excluded.data,"
    " revision = records_shards.revision + 1, source = excluded.source, updated_at = excluded.updated_at,"
    " deleted_at = NULL"
    " WHERE records_shards.digest <> excluded.digest OR records_shards.deleted_at IS NOT NULL"
)
RETURNING = " RETURNING external_id, revision, id"

POSTGRESQL_KIND = f"WITH kind AS MATERIALIZED ({KIND.format(tenant='$1', type='$2')} FOR KEY SHARE)"
POSTGRESQL_INSERT = (
    f"{INSERT}SELECT v.id, $1, $2, v.external_id, v.digest, 1, $3, $4, $4, v.data::jsonb"
    " FROM unnest($5::text[], $6::text[], $7::bytea[], $8::text[]) AS v (id, external_id, digest, data)"
    f" WHERE EXISTS (SELECT 1 FROM kind){CONFLICT}{RETURNING}"
)
POSTGRESQL = f"{POSTGRESQL_KIND} {POSTGRESQL_INSERT}"
POSTGRESQL_COUNTED = (
    f"{POSTGRESQL_KIND}, written AS ({POSTGRESQL_INSERT})"
    " SELECT count(*) FILTER (WHERE revision = 1), count(*), EXISTS (SELECT 1 FROM kind) FROM written"
)
SQLITE_COUNTS = (
    "SELECT (SELECT count(*) FROM records_shards WHERE id BETWEEN ?3 AND ?4),"
    f" EXISTS ({KIND.format(tenant='?1', type='?2')})"
)
"""What is new bears one of the ids that were made for the statement, which no other row does."""


@cache
def _sqlite(size: int) -> str:
    """The statement for so many rows: it holds nothing but their number of question marks."""
    values = ", ".join(["(?, ?, ?, ?)"] * size)
    return (
        f"{INSERT}SELECT v.column1, ?1, ?2, v.column2, v.column3, 1, ?3, ?4, ?4, v.column4"
        f" FROM (VALUES {values}) AS v WHERE EXISTS ({KIND.format(tenant='?1', type='?2')}){CONFLICT}"
    )


def new_ids(count: int) -> list[str]:
    """Ids that sort by the time they were made: 44 bits of milliseconds, 40 at random, and a number."""
    prefix = f"shard_{time.time_ns() // 1_000_000:011x}{secrets.token_hex(5)}"
    return [f"{prefix}{number:03x}" for number in range(count)]


async def put(session: AsyncSession, tenant: str, type_id: str, rows: Sequence[Given], source: str) -> Upserted | None:
    """Write rows and count what became of them, in the database: SQLite lets other threads in for each row it gives.

    None where the shard type is not there.
    """
    return await session.run_sync(lambda sync: _put(sync.connection(), tenant, type_id, rows, source))


def _put(connection: Connection, tenant: str, type_id: str, rows: Sequence[Given], source: str) -> Upserted | None:
    step = _postgresql_counted if connection.dialect.name == "postgresql" else _sqlite_counted
    done = Upserted()
    for start in range(0, len(rows), STEP):
        part = rows[start : start + STEP]
        created, written, there = step(connection, (tenant, type_id, source), part)
        if not there:
            return None
        done += Upserted(created, written - created, len(part) - written)
    return done


def _postgresql_counted(connection: Connection, common: Common, rows: Sequence[Given]) -> tuple[int, int, bool]:
    given = _postgresql_given(connection, common, rows, new_ids(len(rows)))
    created, written, there = connection.exec_driver_sql(POSTGRESQL_COUNTED, given).one()
    return created, written, there


def _sqlite_counted(connection: Connection, common: Common, rows: Sequence[Given]) -> tuple[int, int, bool]:
    ids = new_ids(len(rows))
    written = connection.exec_driver_sql(_sqlite(len(rows)), _sqlite_given(connection, common, rows, ids)).rowcount
    created, there = connection.exec_driver_sql(SQLITE_COUNTS, (*common[:2], ids[0], ids[-1])).one()
    return created, written, bool(there)


async def write(session: AsyncSession, tenant: str, type_id: str, rows: Sequence[Given], source: str) -> Any:
    """(external id, revision, id) of each row that was written: revision 1 is a new one. The others were the same.

    None where the shard type is not there.
    """
    return await session.run_sync(lambda sync: _write(sync.connection(), tenant, type_id, rows, source))


def _write(
    connection: Connection, tenant: str, type_id: str, rows: Sequence[Given], source: str
) -> list[Row[Any]] | None:
    written: list[Row[Any]] = []
    for start in range(0, len(rows), STEP):
        written += _step(connection, (tenant, type_id, source), rows[start : start + STEP])
    if not written and not _is_there(connection, tenant, type_id):
        return None
    return written


def _step(connection: Connection, common: Common, rows: Sequence[Given]) -> Sequence[Row[Any]]:
    ids = new_ids(len(rows))
    if connection.dialect.name == "postgresql":
        return connection.exec_driver_sql(POSTGRESQL, _postgresql_given(connection, common, rows, ids)).all()
    given = _sqlite_given(connection, common, rows, ids)
    return connection.exec_driver_sql(_sqlite(len(rows)) + RETURNING, given).all()


def _postgresql_given(connection: Connection, common: Common, rows: Sequence[Given], ids: list[str]) -> tuple[Any, ...]:
    return (*common, _bound_time(connection), ids, *map(list, zip(*rows, strict=True)))


def _sqlite_given(connection: Connection, common: Common, rows: Sequence[Given], ids: list[str]) -> tuple[Any, ...]:
    values = chain.from_iterable((shard_id, *row) for shard_id, row in zip(ids, rows, strict=True))
    return (*common, _bound_time(connection), *values)


def _bound_time(connection: Connection) -> Any:
    """Now, as the driver wants it: a statement of the driver's own has no types that would see to it."""
    processor = UtcDateTime().bind_processor(connection.dialect)
    now = datetime.now(UTC)
    return processor(now) if processor else now


def _is_there(connection: Connection, tenant: str, type_id: str) -> bool:
    kind = shard_types.c
    return bool(connection.scalar(select(exists().where(kind.tenant == tenant, kind.id == type_id))))
