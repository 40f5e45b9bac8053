"""Files that jobs leave. They are kept with the rows, so that every machine can give them out."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import attrs
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Problem
from pegboard_store import Store

from .claims import Claimed
from .clock import Clock
from .kinds import JobFailed
from .settings import JobsSettings
from .tables import artifacts, jobs, parts

PART = 1024 * 1024


@attrs.frozen
class ArtifactInfo:
    """A file that a job left; `size` in bytes, `sha256` in hexadecimal."""

    name: str
    size: int
    sha256: str
    created_at: datetime


@attrs.frozen
class Artifacts:
    """Kept in parts, in transactions of a megabyte; the row that makes a file visible comes last."""

    store: Store
    clock: Clock
    settings: JobsSettings

    async def keep(self, job: Claimed, name: str, content: AsyncIterator[bytes]) -> None:
        """A file of the same name is replaced. Raises JobFailed."""
        await self._make_room(job, name)
        size, number, digest = 0, 0, hashlib.sha256()
        async for part in _in_parts(content):
            size += len(part)
            if size > self.settings.artifact_bytes:
                raise JobFailed(f"{name}: a file may have at most {self.settings.artifact_bytes} bytes")
            digest.update(part)
            async with self.store.begin() as session:
                await _still_ours(session, job)
                await session.execute(insert(parts).values(job=job.seq, name=name, number=number, data=part))
            number += 1
        async with self.store.begin() as session:
            await _still_ours(session, job)
            row = {"job": job.seq, "name": name, "size": size, "sha256": digest.hexdigest()}
            await session.execute(insert(artifacts).values(row | {"created_at": self.clock.now()}))

    async def list(self, seq: int) -> Sequence[ArtifactInfo]:
        columns = [artifacts.c[field.name] for field in attrs.fields(ArtifactInfo)]
        async with self.store.read() as session:
            rows = await session.execute(select(*columns).where(artifacts.c.job == seq).order_by(artifacts.c.name))
            return [ArtifactInfo(*row) for row in rows]

    async def read(self, seq: int, name: str) -> tuple[ArtifactInfo, AsyncIterator[bytes]]:
        """Raises Problem 404 ``artifact-not-found``."""
        found = next((one for one in await self.list(seq) if one.name == name), None)
        if found is None:
            raise Problem(404, "artifact-not-found", f"the job left no file {name!r}")
        return found, self._content(seq, name)

    async def _content(self, seq: int, name: str) -> AsyncIterator[bytes]:
        number = 0
        while True:
            one = select(parts.c.data).where(parts.c.job == seq, parts.c.name == name, parts.c.number == number)
            async with self.store.read() as session:
                data = await session.scalar(one)
            if data is None:
                return
            yield data
            number += 1

    async def _make_room(self, job: Claimed, name: str) -> None:
        async with self.store.begin() as session:
            await _still_ours(session, job)
            for table in (artifacts, parts):
                await session.execute(delete(table).where(table.c.job == job.seq, table.c.name == name))
            count = await session.scalar(select(func.count()).where(artifacts.c.job == job.seq)) or 0
        if count >= self.settings.artifacts:
            raise JobFailed(f"{name}: a job may leave at most {self.settings.artifacts} files")


async def _still_ours(session: AsyncSession, job: Claimed) -> None:
    """Lock the job for the transaction. Raises JobFailed, which then nobody hears, where its lease was lost."""
    mine = update(jobs).where(jobs.c.seq == job.seq, jobs.c.lease == job.lease).values(lease=job.lease)
    if not (await session.execute(mine.returning(jobs.c.seq))).all():
        raise JobFailed("another worker has the job")


async def _in_parts(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    held = b""
    async for piece in content:
        held += piece
        while len(held) >= PART:
            yield held[:PART]
            held = held[PART:]
    if held:
        yield held
