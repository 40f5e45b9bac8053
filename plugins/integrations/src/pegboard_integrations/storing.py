"""Pages into records: those that are there are written in one transaction, together with how far the run is."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import anyio
import attrs
from anyio.streams.memory import MemoryObjectReceiveStream
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import Problem
from pegboard_records import Records, Upserted
from pegboard_store import Store

from . import leases
from .checkpoints import Checkpoints
from .endings import Endings
from .engine import Page, Plan
from .leases import Lease
from .runs import Counts, write_cursor
from .settings import IntegrationsSettings
from .traces import FailedRecord, add_failures, add_traces, failed_record, trace_of

NOT_STORABLE = "shard-not-storable"
LARGEST = 2000
"""Records after which no further page joins a transaction: others want to write, too."""
LINGER = 0.02
"""Seconds for which a page waits for others to share its transaction."""

Check = Callable[[Mapping[str, Any]], Sequence[Any]]
Pages = MemoryObjectReceiveStream[Page | Exception]


class Cancelled(Exception):
    """Somebody wants the run to stop."""


@attrs.frozen
class Work:
    """What a run needs all along: `source` names the run where records come from."""

    plan: Plan
    lease: Lease
    target: str
    check: Check
    source: str


@attrs.frozen
class Sorted:
    """A page, its number in the run, the records of it that can be stored by their ids, and those that cannot.

    Of records with one id the last counts.
    """

    number: int
    page: Page
    documents: Mapping[str, Mapping[str, Any]]
    failed: Sequence[FailedRecord]

    @property
    def skipped(self) -> int:
        return sum(self.page.dropped.values())

    def trace(self, written: Mapping[str, Any]) -> dict[str, Any]:
        return trace_of(self.number, self.page, {"skipped": self.skipped, "failed": len(self.failed)}, written)


class Storing:
    """Writes the pages of runs. A commit costs as much as a page: pages that came meanwhile share one."""

    def __init__(
        self, store: Store, records: Records, checkpoints: Checkpoints, endings: Endings, settings: IntegrationsSettings
    ) -> None:
        self._store = store
        self._records = records
        self._checkpoints = checkpoints
        self._endings = endings
        self._settings = settings

    async def store(self, work: Work, pages: Pages) -> None:
        """Write pages until there are no more. Raises what comes in their place, LeaseLost, and Cancelled."""
        number, kept = work.lease.run.counts.pages, work.lease.run.counts.failed
        while True:
            batch, error = await _batch(pages)
            if batch:
                kept += await self._write(work, number, kept, batch)
                number += len(batch)
            if error is not None:
                raise error
            if not batch:
                return

    async def _write(self, work: Work, number: int, kept: int, batch: Sequence[Page]) -> int:
        """One transaction. How many records failed in it."""
        last = batch[-1]
        parts = [_sorted(work, number + index, page) for index, page in enumerate(batch, 1)]
        async with self._store.begin() as session:
            done, refused = await self._upsert(session, work, parts)
            failed = [*(one for part in parts for one in part.failed), *refused]
            did = _counts(parts, done, len(failed))
            checkpoint = self._checkpoints.shut(work.lease.run, work.plan, last.state)
            cancel = await leases.advance(session, work.lease, did, checkpoint)
            await self._tell(session, work.lease.run.id, parts, done)
            room = max(0, self._settings.kept_failures - kept)
            await add_failures(session, work.lease.run.id, kept, failed[:room])
            if last.stop:
                await self._end(session, work, last)
        if cancel and not last.stop:
            raise Cancelled
        return len(failed)

    async def _upsert(
        self, session: AsyncSession, work: Work, parts: Sequence[Sorted]
    ) -> tuple[Upserted, Sequence[FailedRecord]]:
        """All records at once: of one that comes again the last counts, as it would one after another."""
        documents = {key: data for part in parts for key, data in part.documents.items()}
        try:
            return await self._records.put(session, work.lease.run.tenant, work.target, documents, work.source), ()
        except Problem as problem:
            if problem.code != NOT_STORABLE:
                raise
        return await self._one_by_one(session, work, parts)

    async def _one_by_one(
        self, session: AsyncSession, work: Work, parts: Sequence[Sorted]
    ) -> tuple[Upserted, Sequence[FailedRecord]]:
        """Those records that the database cannot hold are told apart; each is refused before anything is written."""
        done, refused = Upserted(), []
        for part in parts:
            for index, (key, data) in enumerate(part.documents.items()):
                try:
                    done += await self._records.put(
                        session, work.lease.run.tenant, work.target, {key: data}, work.source
                    )
                except Problem as problem:
                    if problem.code != NOT_STORABLE:
                        raise
                    told = [{"field": "", "detail": problem.detail}]
                    refused.append(failed_record(work.plan, part.number, index, dict(data), told))
        _unless_strict(work, refused)
        return done, refused

    async def _tell(self, session: AsyncSession, run: str, parts: Sequence[Sorted], done: Upserted) -> None:
        written = {**attrs.asdict(done), "pages": [parts[0].number, parts[-1].number]}
        told = [one for one in parts if one.number <= self._settings.kept_pages or one.page.stop]
        await add_traces(session, run, {one.number: one.trace(written) for one in told})

    async def _end(self, session: AsyncSession, work: Work, last: Page) -> None:
        """The run ends with its last page; only where that is the end of the data does the next one start behind it."""
        await self._endings.finish(session, work.lease, "succeeded" if last.finished else "stopped", last.stop)
        if last.finished:
            await write_cursor(session, work.lease.run, last.state)


async def _batch(pages: Pages) -> tuple[list[Page], Exception | None]:
    """The next page and those that come soon after it, or what comes in place of one; nothing at the end."""
    batch: list[Page] = []
    records = 0
    with suppress(anyio.EndOfStream):
        given = await pages.receive()
        with anyio.move_on_after(LINGER):
            while isinstance(given, Page):
                batch.append(given)
                records += given.count
                if records >= LARGEST or given.stop:
                    return batch, None
                given = await pages.receive()
            return batch, given
    return batch, None


def _counts(parts: Sequence[Sorted], done: Upserted, failed: int) -> Counts:
    records, skipped = sum(part.page.count for part in parts), sum(part.skipped for part in parts)
    return Counts(len(parts), records, done.created, done.updated, done.unchanged, skipped, failed)


def _sorted(work: Work, number: int, page: Page) -> Sorted:
    """The records of a page that can be stored, and those that cannot, with the reasons."""
    documents: dict[str, Mapping[str, Any]] = {}
    failed = [
        failed_record(work.plan, number, one.index, one.source, [attrs.asdict(error) for error in one.errors])
        for one in page.failed
    ]
    checked = map(work.check, page.mapped.data)
    for index, (key, data, errors) in enumerate(zip(page.mapped.external_ids, page.mapped.data, checked, strict=True)):
        if not errors and key is not None:
            documents[key] = data
        else:
            failed.append(failed_record(work.plan, number, index, data, _reasons(errors)))
    _unless_strict(work, failed)
    return Sorted(number, page, documents, failed)


def _reasons(errors: Sequence[Any]) -> list[dict[str, str]]:
    told = [{"field": error.pointer.lstrip("/"), "detail": error.detail} for error in errors]
    return told or [{"field": "identifierField", "detail": "the record has no identifier"}]


def _unless_strict(work: Work, failed: Sequence[FailedRecord]) -> None:
    """Raises Problem 422 for a record that cannot be stored, where that is to end the run."""
    if failed and work.plan.endpoint.failOnRecordError:
        first = failed[0]
        reasons = "; ".join(f"{error['field']}: {error['detail']}" for error in first.errors)
        detail = f"page {first.page}, record {first.index}: {reasons} (failOnRecordError ends the run)"
        raise Problem(422, "record-failed", detail)
