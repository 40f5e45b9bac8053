"""``/api/jobs/{id}/logs``: the log as text, by pieces, or as events while it grows."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import attrs
import orjson
from attrs.validators import ge, le
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pegboard import Call, Problem, RouteSpec

from .following import Line, News
from .jobs import Jobs
from .reading import Log
from .shown import message

EVENTS = "text/event-stream"
HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent, so that nothing between here and the reader hangs up."""

PIECE = 1024 * 1024


@attrs.frozen
class LogQuery:
    """``?offset=`` gives what follows that byte; with ``wait=`` it waits for more where there is nothing yet."""

    offset: int | None = attrs.field(default=None, validator=attrs.validators.optional(ge(0)))
    wait: float = attrs.field(default=0.0, validator=[ge(0), le(60)])
    download: bool = False


async def read_log(call: Call[None, LogQuery]) -> Response:
    if EVENTS in call.request.headers.get("accept", ""):
        return await _events(call)
    if call.query.offset is not None:
        return await _tail(call, call.query.offset)
    found, log = await call.services.get(Jobs).log(call.caller, call.path["id"])
    headers = _headers(found.job.log_bytes, found.job.status)
    if call.query.download:
        headers["Content-Disposition"] = f'attachment; filename="{found.job.id}.log"'
    return StreamingResponse(_text(log, found.job.log_bytes), media_type="text/plain; charset=utf-8", headers=headers)


async def _tail(call: Call[None, LogQuery], offset: int) -> Response:
    jobs = call.services.get(Jobs)
    found, log = await jobs.log(call.caller, call.path["id"])
    if offset >= found.job.log_bytes and not found.job.final and call.query.wait:
        await _more(jobs, call, offset)
        found, log = await jobs.log(call.caller, call.path["id"])
    data = await _some(log, offset, found.job.log_bytes)
    headers = _headers(offset + len(data), found.job.status)
    return Response(data, media_type="text/plain; charset=utf-8", headers=headers)


async def _more(jobs: Jobs, call: Call[None, LogQuery], offset: int) -> None:
    try:
        async with asyncio.timeout(call.query.wait):
            await jobs.until(call.caller, call.path["id"], lambda job: job.log_bytes > offset or job.final)
    except TimeoutError:
        return  # the caller asks again


async def _some(log: Log, offset: int, end: int) -> bytes:
    data = b""
    async for piece in log.pieces(offset, end):
        data += piece.data
        if len(data) >= PIECE:
            break
    return data


async def _text(log: Log, end: int) -> AsyncIterator[bytes]:
    async for piece in log.pieces(0, end):
        yield piece.data


def _headers(end: int, status: str) -> dict[str, str]:
    return {
        "X-Log-Offset": str(end),
        "X-Job-Status": status,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


async def _events(call: Call[None, LogQuery]) -> Response:
    job = call.path["id"]
    news = await call.services.get(Jobs).follow(call.caller, job, _from(call.request))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_streamed(job, news), media_type=EVENTS, headers=headers)


def _from(request: Request) -> int:
    """The line after the one that was received last (HTML, section 9.2). Raises Problem 400 ``invalid-event-id``."""
    last = request.headers.get("last-event-id", "")
    if last and not (last.isascii() and last.isdecimal() and len(last) < 16):
        raise Problem(400, "invalid-event-id", "Last-Event-ID is the number of a line, as the events have it")
    return int(last) + 1 if last else 0


async def _streamed(job: str, news: AsyncIterator[News]) -> AsyncIterator[bytes]:
    """Events as they come. What comes at once goes out at once, and silence is broken by a comment."""
    following = asyncio.ensure_future(anext(news, None))
    try:
        while True:
            done, _ = await asyncio.wait((following,), timeout=HEARTBEAT)
            if not done:
                yield b": nothing new\n\n"
                continue
            one = following.result()
            if one is None:
                return
            yield event(job, one)
            following = asyncio.ensure_future(anext(news, None))
    finally:
        following.cancel()
        await asyncio.wait((following,))


def event(job: str, news: News) -> bytes:
    """One event; only lines have an id, so that a reader who comes back goes on behind the last."""
    name, data = message(job, news)
    own = b"id: %d\n" % news.seq if isinstance(news, Line) else b""
    return b"event: %s\n%sdata: %s\n\n" % (name.encode(), own, orjson.dumps(data))


LOG_ROUTES: tuple[RouteSpec, ...] = (
    RouteSpec(
        "jobs.log",
        "/api/jobs/{id}/logs",
        read_log,
        summary="The log of a job",
        description="All of it as it was written, or what follows byte `offset`, with `X-Log-Offset` for the next "
        "call; with `Accept: text/event-stream` it is followed to its end, from the line after `Last-Event-ID`.",
        tags=("jobs",),
        scopes=("jobs:read",),
        query=LogQuery,
        result=Any,
        media=("text/plain", EVENTS),
        answers={400: "`Last-Event-ID` is no number of a line", 404: "The caller has no such job"},
    ),
)
