"""The broker, as Celery's app sees it: one queue of messages, each of which says that there is a job to claim."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import attrs
from celery import Celery
from kombu import Connection, Producer
from kombu.exceptions import ChannelError, KombuError

from .settings import RunnerCelerySettings

TASK = "pegboard.job"
LOOKS = 10.0
"""Seconds at the most between two looks of a worker for messages whose time is over, on Redis."""


class BrokerAway(Exception):
    """The broker did not do what it should. What it says holds neither its address nor its password."""


@attrs.frozen
class Broker:
    """Everything here blocks, for `timeout` seconds at the most per step: it belongs into a thread."""

    app: Celery
    settings: RunnerCelerySettings = attrs.field(repr=False)

    @classmethod
    def of(cls, settings: RunnerCelerySettings) -> "Broker":
        return cls(celery_app(settings), settings)

    def connect(self) -> Connection:
        """A connection to send and count by, which does not try again by itself."""
        patience = self.settings.timeout
        if is_redis(self.settings):
            waits = {"socket_timeout": patience, "socket_connect_timeout": patience}
        else:  # RabbitMQ confirms what it has: a connection that was closed would swallow a message
            waits = {"read_timeout": patience, "write_timeout": patience, "confirm_publish": True}
        options = {"max_retries": 1, "interval_start": 0, "interval_step": 0, **waits}
        connection = self.app.connection_for_write(heartbeat=0, transport_options=options)
        connection.default_channel  # noqa: B018 - it is here that it connects
        return connection

    @contextmanager
    def told(self) -> Iterator[None]:
        """Raises BrokerAway for what goes wrong in the block."""
        try:
            yield
        except (OSError, KombuError, *self._errors()) as error:
            reason = str(error) or type(error).__name__
            for secret in secrets_of(self.app.conf.broker_url):
                reason = reason.replace(secret, "***")
            raise BrokerAway(reason) from None

    def _errors(self) -> tuple[type[BaseException], ...]:
        connection = self.app.connection_for_write()
        return (*connection.connection_errors, *connection.channel_errors)

    def send(self, producer: Producer, again: bool = False) -> None:
        """One message. One that comes `again` is followed by others as long as there is something to claim."""
        self.app.send_task(TASK, (again,), producer=producer, retry=False)

    def depth(self, connection: Connection) -> int:
        """Messages that no worker has taken yet."""
        try:
            with connection.channel() as channel:
                return int(channel.queue_declare(self.settings.queue, passive=True).message_count)
        except ChannelError:  # nobody has made the queue yet
            return 0

    def ping(self) -> str:
        """Raises BrokerAway."""
        with self.told(), self.connect() as connection:
            return f"{self.depth(connection)} messages wait in {self.settings.queue}"


def celery_app(settings: RunnerCelerySettings) -> Celery:
    """An app of its own, which touches nothing that other apps of the process share."""
    results = settings.results.reveal()
    app = Celery("pegboard", set_as_current=False, broker=settings.broker.reveal(), backend=results or None)
    app.conf.update(conf_of(settings))
    return app


def conf_of(settings: RunnerCelerySettings) -> dict[str, Any]:
    """Celery's settings, without the addresses."""
    return {
        "accept_content": ["json"],
        "task_serializer": "json",
        "result_serializer": "json",
        "event_serializer": "json",
        "task_default_queue": settings.queue,
        "task_ignore_result": not settings.results.reveal(),
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_send_sent_event": True,
        "worker_send_task_events": True,
        "worker_prefetch_multiplier": 1,
        # after a lost connection it would be lowered, and raised again by a call that waits in the midst of a delivery:
        # on RabbitMQ a worker then took nothing any more, once in a while
        "worker_enable_prefetch_count_reduction": False,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "broker_connection_timeout": settings.timeout,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": _redis(settings) if is_redis(settings) else {},
    }


def is_redis(settings: RunnerCelerySettings) -> bool:
    return not settings.broker.reveal().startswith(("amqp", "pyamqp"))


def _redis(settings: RunnerCelerySettings) -> dict[str, Any]:
    """What is not acknowledged lies under names of this queue's own, for others on the server have other times."""
    queue = settings.queue
    return {
        "visibility_timeout": math.ceil(settings.visibility_timeout),
        "unacked_restore_interval": min(settings.visibility_timeout / 3, LOOKS),
        "unacked_restore_throttle": 1,
        "unacked_key": f"{queue}.unacked",
        "unacked_index_key": f"{queue}.unacked_index",
        "unacked_mutex_key": f"{queue}.unacked_mutex",
        "socket_connect_timeout": settings.timeout,
        "socket_keepalive": True,
    }


def secrets_of(url: str) -> Iterator[str]:
    """The address, and the password in it as it was typed and as it is meant; the longest first."""
    for one in url.split(";"):
        yield one
        password = urlsplit(one).password or ""
        yield from {password, unquote(password)} - {""}
