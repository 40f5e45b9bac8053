"""Celery's worker, a program of its own that `consuming` starts: ``python -P consumer.py DESCRIPTOR``.

It imports nothing of the app, and shares no interpreter with it: two busy threads would take turns at one. Over the
socket come and go lines of JSON. The first one that comes is how Celery is to be. Each message that is taken goes out
as ``[number, again]``, and ``[number, job]`` comes back when what it led to has ended, or ``[number]`` where it is
for another worker. What is logged goes out as ``{"log": [level, logger, text]}``. The program ends when its standard
input does, and with it whoever started it.
"""

import json
import logging
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from billiard.einfo import ExceptionInfo
from celery import Celery
from celery.app.task import Context
from celery.concurrency.base import BasePool
from celery.exceptions import Reject
from celery.worker import state

CHATTY = ("celery.app.trace", "celery.worker.strategy")
"""Loggers that have two lines for each message."""
PIECE = 65536


class Link:
    """The socket. It waits for nothing, but for `wait` and the first line."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._lock = threading.Lock()
        self._rest = b""
        self.open = True

    def fileno(self) -> int:
        return self._socket.fileno()

    def first(self) -> Any:
        while b"\n" not in self._rest:
            data = self._socket.recv(PIECE)
            if not data:
                sys.exit(0)
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return json.loads(line)

    def send(self, said: Any) -> None:
        """Lines are short, and whoever started this reads on: there is room for them."""
        if self.open:
            try:
                with self._lock:
                    self._socket.sendall(json.dumps(said).encode() + b"\n")
            except OSError:
                self.open = False

    def heard(self) -> Iterator[Any]:
        """What has come. It is the end where nothing has."""
        try:
            data = self._socket.recv(PIECE)
        except OSError:
            data = b""
        self.open = self.open and bool(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        yield from map(json.loads, lines)

    def wait(self) -> None:
        select.select([self._socket], [], [])


class Elsewhere(BasePool):  # type: ignore[misc]
    """A pool whose places are in another process. It acknowledges a message when what that led to has ended."""

    link: ClassVar[Link]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._number = 0
        self._under_way: dict[int, tuple[Callable[..., Any], float, str, Any]] = {}

    def register_with_event_loop(self, hub: Any) -> None:
        if self.link.open:
            hub.add_reader(self.link.fileno(), self._hear, hub)

    def on_apply(
        self, target: Any, args: Any, kwargs: Any, *, accept_callback: Any, callback: Any, **others: Any
    ) -> None:
        """A message is taken; what Celery would call is not asked."""
        _, identifier, request, body, content_type, _ = args
        self._number, began = self._number + 1, time.monotonic()
        self._under_way[self._number] = callback, began, identifier, request
        accept_callback(os.getpid(), began)
        self.link.send([self._number, _is_again(body, content_type)])

    def on_stop(self) -> None:
        """What was taken goes on."""
        while self._under_way and self.link.open:
            self.link.wait()
            self._hear()

    def _hear(self, hub: Any = None) -> None:
        for number, *job in self.link.heard():
            callback, began, identifier, request = self._under_way.pop(number)
            if job and self.app.conf.result_backend:
                self.app.backend.mark_as_done(identifier, job[0], Context(request))
            callback((False, repr(job[0]), time.monotonic() - began) if job else (True, _rejected(), 0.0))
        if hub is not None and not self.link.open:
            hub.remove_reader(self.link.fileno())


def _is_again(body: Any, content_type: str) -> bool:
    """A message only wakes: whatever is in it, nothing but JSON is read."""
    try:
        return content_type == "application/json" and bool(json.loads(body)[0][0])
    except (ValueError, LookupError, TypeError):
        return False


def _rejected() -> ExceptionInfo:
    try:
        raise Reject("the worker is being stopped", requeue=True)
    except Reject:
        return ExceptionInfo()


class Forwarding(logging.Handler):
    """The app has the formats and the places of logs."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link

    def emit(self, record: logging.LogRecord) -> None:
        self._link.send({"log": [record.levelno, record.name, self.format(record)]})


def app_of(told: Any) -> Celery:
    """With the one task that there is; who carries it out is the pool's affair."""
    app = Celery("pegboard", set_as_current=False, broker=told["broker"], backend=told["backend"])
    app.conf.update(told["conf"])

    @app.task(name=told["task"], shared=False)  # type: ignore[untyped-decorator]
    def job(again: bool = False) -> None: ...

    return app


def end_with_input() -> None:
    sys.stdin.buffer.read()
    state.should_stop = 0  # Celery looks at this once in a second at least


def main() -> None:
    link = Link(int(sys.argv[1]))
    for number in (signal.SIGINT, signal.SIGTERM):  # a whole group may be told; who started this sees to the end
        signal.signal(number, signal.SIG_IGN)
    told = link.first()
    logging.basicConfig(level=logging.INFO, handlers=[Forwarding(link)])
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    threading.Thread(target=end_with_input, daemon=True).start()
    app_of(told).WorkController(
        hostname=told["name"],
        concurrency=told["places"],
        pool=type("Pool", (Elsewhere,), {"link": link, "__module__": __name__}),
        ready_callback=lambda consumer: link.send({"ready": True}),
        without_gossip=True,
        without_mingle=True,
    ).start()


if __name__ == "__main__":
    main()
