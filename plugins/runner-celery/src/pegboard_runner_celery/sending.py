"""Sending, off the event loop: whoever submits a job neither waits for the broker nor hears of its troubles."""

import threading
import time
from contextlib import suppress

import attrs
import structlog
from kombu import Connection

from .broker import Broker, BrokerAway

STREAM = 50
"""Messages that are sent again at a time; each of them is followed by another while there is something to claim."""

log = structlog.get_logger(__name__)


class Sender:
    """A thread with a connection of its own. What it cannot send is forgotten: it is told again by who looks for it."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._lock = threading.Condition()
        self._ready = 0
        self._waiting = 0
        self._ended = False
        self._away_until = 0.0
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name="pegboard-celery-sender", daemon=True)

    def ready(self, count: int) -> None:
        """So many jobs more can be claimed. While the broker is away nothing is sent."""
        if time.monotonic() >= self._away_until:
            with self._lock:
                self._ready += count
                self._lock.notify()

    def again(self, waiting: int) -> None:
        """So many jobs wait that should have been claimed: send as many messages as fewer are on their way."""
        with self._lock:
            self._waiting = max(self._waiting, waiting)
            self._lock.notify()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """What is left is still sent, if the broker takes it; blocks until then."""
        with self._lock:
            self._ended = True
            self._lock.notify()
        self._thread.join()

    def _run(self) -> None:
        while (left := self._told()) is not None:
            try:
                self._over_a_link(left)
            except BrokerAway as away:
                self._is_away(away)
            else:
                self._is_back()
        self._drop()

    def _told(self) -> "Left | None":
        with self._lock:
            self._lock.wait_for(lambda: self._ready or self._waiting or self._ended)
            left, self._ready, self._waiting = Left(self._ready, self._waiting), 0, 0
        return left if left.ready or left.waiting else None

    def _over_a_link(self, left: "Left") -> None:
        """Once more where it fails: a link that was idle may have been closed by the other side."""
        try:
            self._send(left)
        except BrokerAway:
            self._drop()
            self._send(left)

    def _send(self, left: "Left") -> None:
        with self._broker.told():
            if self._connection is None:
                self._connection = self._broker.connect()
            producer = self._broker.app.amqp.Producer(self._connection, auto_declare=False)
            if left.waiting:
                left.again = min(left.waiting - self._broker.depth(self._connection), STREAM)
                left.waiting = 0
            while left.again > 0:
                self._broker.send(producer, again=True)
                left.again -= 1
            while left.ready > 0:
                self._broker.send(producer)
                left.ready -= 1

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(BrokerAway), self._broker.told():
                connection.release()

    def _is_away(self, away: BrokerAway) -> None:
        self._drop()
        if not self._away_until:
            log.warning("runner-celery.broker-away", reason=str(away), jobs="wait in the database")
        self._away_until = time.monotonic() + self._broker.settings.resend

    def _is_back(self) -> None:
        if self._away_until:
            log.info("runner-celery.broker-back")
        self._away_until = 0.0


@attrs.define
class Left:
    """What is still to be sent: for jobs that are `ready`, and for those that are `waiting` too long."""

    ready: int
    waiting: int
    again: int = 0
