"""Carrying one attempt out, whatever comes of it."""

import secrets
import shutil
from typing import Any

import anyio
import attrs
import structlog
from sqlalchemy import select

from pegboard import Problem, Registry
from pegboard_store import Store

from .claims import Claimed
from .kinds import Again, JobFailed, JobKind
from .outgoing import Ending
from .plain import plain, plain_document
from .run import JobRun
from .tables import log

logger = structlog.get_logger(__name__)


async def carry_out(run: JobRun, kinds: Registry[JobKind]) -> Ending:
    """Call the function of the kind; what it raises is how it ended. Only what ends the process gets out of here."""
    ending: Ending | None = None
    with run._scope:
        ending = await _called(run, kinds)
    if ending is None:
        return Ending("cancelled" if run.cancelled else "queued")
    if ending.state == "completed" and (run.has_folder or run.job.number > 1):
        await anyio.to_thread.run_sync(shutil.rmtree, run.root, True)
    return ending


async def _called(run: JobRun, kinds: Registry[JobKind]) -> Ending:
    try:
        return _completed(run, await kinds.get(run.job.kind).run(run))
    except JobFailed as failed:
        how = {name: getattr(failed, name) for name in ("exit_code", "signal", "limit")}
        return _with_usage(run, Ending(failed.state, plain(str(failed)), _kept(failed.result), **how))
    except Again as again:
        return _with_usage(run, Ending("delayed", plain(str(again)), after=again.after))
    except Problem as problem:
        return Ending("failed", plain(str(problem)))
    except Exception:
        reference = secrets.token_hex(6)
        logger.exception("jobs.attempt-broke", job=run.job.id, kind=run.job.kind, reference=reference)
        return Ending("failed", f"something went wrong within the app; its log says more at {reference}")


def _completed(run: JobRun, result: Any) -> Ending:
    try:
        return _with_usage(
            run, Ending("completed", result=plain_document(result), exit_code=0 if run.used[1] else None)
        )
    except ValueError as error:
        return _with_usage(run, Ending("failed", f"its result cannot be kept: {error}"))


def _kept(result: Any) -> Any:
    """What can be kept of the result of an attempt that failed anyhow."""
    try:
        return plain_document(result)
    except ValueError:
        return None


def _with_usage(run: JobRun, ending: Ending) -> Ending:
    return attrs.evolve(ending, cpu=run.used[0], memory=run.used[1])


async def line_is_open(store: Store, job: Claimed) -> bool:
    """Whether the attempt before was lost in the middle of a line."""
    last = select(log.c.data).where(log.c.job == job.seq).order_by(log.c.offset.desc()).limit(1)
    async with store.read() as session:
        data = await session.scalar(last)
    return data is not None and not data.endswith(b"\n")
