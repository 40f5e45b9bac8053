"""Files that callers send ahead, for parameters of the kind `file`."""

import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio
import attrs
from sqlalchemy import delete, func, insert, select
from starlette.requests import Request

from pegboard import Principal, Problem
from pegboard_store import Store

from .multipart import FilePart, file_bytes, file_part
from .names import safe_base
from .tables import files

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@attrs.frozen
class Upload:
    """One file. `sha256` is in hexadecimal, `size` in bytes."""

    id: str
    name: str
    content_type: str
    size: int
    sha256: str
    created_at: datetime


@attrs.frozen
class UploadLimits:
    """Bytes of one file and of all of an owner; `keep` is how long one stays."""

    size: int
    quota: int
    keep: timedelta


class Uploads:
    """Receives, finds and forgets uploads. A row is written when the whole file is there, and not before."""

    def __init__(self, store: Store, folder: Path, limits: UploadLimits) -> None:
        self._store = store
        self._folder = folder
        self._limits = limits

    async def receive(self, principal: Principal, request: Request) -> Upload:
        """Stream the file of a request to the disk.

        Raises Problem 400 ``invalid-upload``, 413 ``upload-too-large`` or ``upload-quota``, 415.
        """
        part = file_part(request)
        self._announced(request)
        free = self._limits.quota - await self._used(principal)
        identifier = f"file_{''.join(secrets.choice(LETTERS) for _ in range(20))}"
        coming = self._place(identifier).with_suffix(".part")
        try:
            size, digest = await self._write(coming, file_bytes(request, part), min(self._limits.size, free))
            upload = _upload(identifier, part, size, digest)
            await anyio.to_thread.run_sync(os.replace, coming, self._place(identifier))
            await self._insert(principal, upload)
        except BaseException:
            for path in (coming, self._place(identifier)):
                with suppress(FileNotFoundError):
                    path.unlink()
            raise
        return upload

    async def find(self, principal: Principal, identifier: str) -> Upload:
        """One of the caller's own. Raises Problem 404 ``file-not-found``."""
        mine = (files.c.tenant == principal.tenant, files.c.owner == principal.id, files.c.id == identifier)
        async with self._store.read() as session:
            row = (await session.execute(select(*_COLUMNS).where(*mine))).one_or_none()
        if row is None:
            raise Problem(404, "file-not-found", f"there is no upload {identifier!r} of yours")
        return Upload(**row._mapping)

    async def list(self, principal: Principal) -> Sequence[Upload]:
        """The caller's own, newest first."""
        mine = (files.c.tenant == principal.tenant, files.c.owner == principal.id)
        async with self._store.read() as session:
            rows = await session.execute(select(*_COLUMNS).where(*mine).order_by(files.c.created_at.desc()).limit(1000))
            return [Upload(**row._mapping) for row in rows]

    async def remove(self, principal: Principal, identifier: str) -> None:
        """Raises Problem 404 ``file-not-found``."""
        await self.find(principal, identifier)
        await self._forget([identifier])

    async def prune(self) -> int:
        """Forget what is older than it is kept; how many there were."""
        before = datetime.now(UTC) - self._limits.keep
        async with self._store.read() as session:
            old = list(await session.scalars(select(files.c.id).where(files.c.created_at < before).limit(1000)))
        await self._forget(old)
        return len(old)

    def path(self, upload: Upload) -> Path:
        return self._place(upload.id)

    async def _forget(self, identifiers: Sequence[str]) -> None:
        async with self._store.begin() as session:
            await session.execute(delete(files).where(files.c.id.in_(identifiers)))
        for identifier in identifiers:
            with suppress(FileNotFoundError):
                self._place(identifier).unlink()

    def _place(self, identifier: str) -> Path:
        return self._folder / identifier

    def _announced(self, request: Request) -> None:
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > self._limits.size + 64 * 1024:  # what is around the file
            raise self._too_large()

    def _too_large(self) -> Problem:
        return Problem(413, "upload-too-large", f"a file may have at most {self._limits.size} bytes")

    async def _used(self, principal: Principal) -> int:
        mine = (files.c.tenant == principal.tenant, files.c.owner == principal.id)
        async with self._store.read() as session:
            return int(await session.scalar(select(func.coalesce(func.sum(files.c.size), 0)).where(*mine)) or 0)

    async def _write(self, path: Path, pieces: AsyncIterator[bytes], most: int) -> tuple[int, str]:
        size, digest = 0, hashlib.sha256()
        async with await anyio.open_file(path, "xb") as opened:
            async for piece in pieces:
                size += len(piece)
                if size > self._limits.size:
                    raise self._too_large()
                if size > most:
                    raise Problem(
                        413, "upload-quota", f"all your files may have {self._limits.quota} bytes; remove some"
                    )
                digest.update(piece)
                await opened.write(piece)
        return size, digest.hexdigest()

    async def _insert(self, principal: Principal, upload: Upload) -> None:
        row = {**attrs.asdict(upload), "tenant": principal.tenant, "owner": principal.id}
        async with self._store.begin() as session:
            await session.execute(insert(files).values(row))


_COLUMNS = [files.c[field.name] for field in attrs.fields(Upload)]


def _upload(identifier: str, part: FilePart, size: int, digest: str) -> Upload:
    assert part.head is not None, "all of the body was read"
    return Upload(identifier, safe_base(part.head.filename), part.head.content_type, size, digest, datetime.now(UTC))
