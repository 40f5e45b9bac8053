"""Logging through structlog, and the request id that ties an answer to its lines in the log."""

import itertools
import logging
import re
import secrets
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any

import structlog
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.processors import ExceptionRenderer
from structlog.tracebacks import ExceptionDictTransformer

from .log_files import file_handlers
from .settings import LogSettings

PLAIN = structlog.dev.plain_traceback
"""structlog's own choice prints local variables, which hold credentials, with each trace."""

access = structlog.get_logger("pegboard.access")

GIVEN = re.compile(rb"[A-Za-z0-9._-]{8,128}")
IDS = map("{}{:08x}".format, itertools.repeat(secrets.token_hex(6)), itertools.count())
"""Request ids: unique over processes by a random start; nothing secret, so no entropy is drawn per request."""

request_id: ContextVar[str] = ContextVar("pegboard_request_id", default="")


def _add_request_id(logger: Any, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    current = request_id.get()
    if current:
        event.setdefault("request_id", current)
    return event


def configure(settings: LogSettings) -> None:
    """Set up structlog and the standard library's loggers for this process, on standard error and, if wanted, in files.

    Raises StartupError where the folder of files cannot be written to.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _add_request_id,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    people = _formatter(shared, structlog.dev.ConsoleRenderer(colors=False, exception_formatter=PLAIN))
    traces = ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    programs = _formatter(shared, traces, structlog.processors.JSONRenderer())
    level = getattr(logging, settings.level.upper())
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(programs if settings.format == "json" else people)
    root = logging.getLogger()
    for before in root.handlers:
        if isinstance(before, logging.FileHandler):
            before.close()
    root.handlers = [handler, *(file_handlers(settings.folder, people, programs) if settings.folder else ())]
    root.setLevel(level)
    for chatty in ("httpx", "uvicorn"):
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))


def configure_traces() -> None:
    """Where nobody has configured structlog, as in a program that embeds the app, change nothing but its traces."""
    if not structlog.is_configured():
        *before, _ = structlog.get_config()["processors"]
        structlog.configure(processors=[*before, structlog.dev.ConsoleRenderer(exception_formatter=PLAIN)])


def _formatter(
    shared: list[structlog.typing.Processor], *last: structlog.typing.Processor
) -> structlog.stdlib.ProcessorFormatter:
    """For lines of structlog's and of the standard library's loggers."""
    processors = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=processors)


Ended = Callable[[Scope, int, float], None]
"""Told of an HTTP request that has ended: its scope, the status (0 if nobody was answered) and the seconds it took."""


class Exchange:
    """One request's answer on its way out, in the place of `send`: gets the request's id, and makes `status` known."""

    __slots__ = ("_header", "_send", "status")

    def __init__(self, own: str, send: Send) -> None:
        self._header = (b"x-request-id", own.encode())
        self._send = send
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            message["headers"] = [*message.get("headers", ()), self._header]
            self.status = message["status"]
        await self._send(message)

    async def answer(self, response: Response) -> None:
        """What ``response(scope, receive, send)`` does for an HTTP response that is all there, in fewer steps."""
        send, self.status = self._send, response.status_code
        headers = [*response.raw_headers, self._header]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})
        if response.background is not None:
            await response.background()


class RequestIds:
    """Middleware that gives each request an id, the caller's own if it is a sane one, and answers with it.

    Those of `ended` are told of each HTTP request at its end.
    """

    def __init__(self, app: ASGIApp, ended: Sequence[Ended] = ()) -> None:
        self.app = app
        self.ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind != "http" and kind != "websocket":
            await self.app(scope, receive, send)
            return
        own = _given(scope) or next(IDS)
        token, exchange = request_id.set(own), Exchange(own, send)
        started = time.perf_counter()
        try:
            await self.app(scope, receive, exchange)
        except Exception:
            exchange.status = exchange.status or 500  # what is answered further out
            raise
        finally:
            if self.ended and kind == "http":
                seconds = time.perf_counter() - started
                for tell in self.ended:
                    tell(scope, exchange.status, seconds)
            request_id.reset(token)


def access_line(scope: Scope, status: int, seconds: float) -> None:
    """A line for a request. The settings ask for it: it costs more than everything else in the kernel does."""
    access.info("request", method=scope["method"], path=scope["path"], status=status, ms=round(seconds * 1e3, 1))


def _given(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            return value.decode() if GIVEN.fullmatch(value) else None
    return None
