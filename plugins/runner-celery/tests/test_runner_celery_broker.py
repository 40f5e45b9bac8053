"""Sending: what goes over the wire, what happens without one, and who never hears of the address."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from kombu import Connection
from structlog.testing import capture_logs

from pegboard import Secret
from pegboard_runner_celery import RunnerCelerySettings
from pegboard_runner_celery.broker import Broker, BrokerAway
from pegboard_runner_celery.sending import STREAM, Sender

from .conftest import BrokerForTests

pytestmark = pytest.mark.anyio
PATIENCE = 20.0


def depth(broker: BrokerForTests) -> int:
    made = Broker.of(broker.settings)
    with made.told(), made.connect() as connection:
        return made.depth(connection)


async def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not await asyncio.to_thread(true):
        assert time.monotonic() < end, what
        await asyncio.sleep(0.02)


@pytest.fixture
async def sender(broker: BrokerForTests) -> AsyncIterator[Sender]:
    made = Sender(Broker.of(broker.settings))
    made.start()
    yield made
    await asyncio.to_thread(made.close)  # the wire is on this loop: nothing here may block it


@pytest.fixture(autouse=True)
async def nothing_waits(request: pytest.FixtureRequest) -> None:
    if "broker" in request.fixturenames:
        url, queue = request.getfixturevalue("broker").url, request.getfixturevalue("broker").queue
        await asyncio.to_thread(_purge, url, queue)


def _purge(url: str, queue: str) -> None:
    with Connection(url) as connection, connection.channel() as channel:
        channel.queue_declare(queue, durable=True, auto_delete=False)
        channel.queue_purge(queue)


def _taken(url: str, queue: str) -> Any:
    with Connection(url) as connection:
        message = connection.SimpleQueue(queue).get(timeout=PATIENCE)
        message.ack()
    return message


async def test_a_message_is_json_and_names_no_job(broker: BrokerForTests, sender: Sender) -> None:
    sender.ready(1)
    await until(lambda: depth(broker) == 1, "nothing was sent")
    message = await asyncio.to_thread(_taken, broker.url, broker.queue)
    assert message.content_type == "application/json"
    assert message.headers["task"] == "pegboard.job"
    assert message.payload[:2] == [[False], {}]


async def test_what_was_asked_at_once_is_sent_one_by_one(broker: BrokerForTests, sender: Sender) -> None:
    for _ in range(10):
        sender.ready(3)
    await until(lambda: depth(broker) == 30, "there are not thirty messages")


async def test_again_sends_as_many_as_fewer_are_on_their_way(broker: BrokerForTests, sender: Sender) -> None:
    sender.ready(3)
    await until(lambda: depth(broker) == 3, "nothing was sent")
    sender.again(5)
    await until(lambda: depth(broker) == 5, "the two that are missing were not sent")
    sender.again(10_000)
    await until(lambda: depth(broker) == 5 + STREAM, "more than a stream was sent, or less")


async def test_a_broker_that_went_and_came_is_found_again(broker: BrokerForTests, sender: Sender) -> None:
    sender.ready(1)
    await until(lambda: depth(broker) == 1, "nothing was sent")
    with capture_logs() as logs:
        async with broker.away():
            sender.ready(1)
            await until(lambda: bool(logs), "nobody is told that the broker is away")
        sender.again(2)
        await until(lambda: depth(broker) == 2, "it does not find back")
        await until(lambda: len(logs) > 1, "nobody is told that the broker is back")
    assert [line["event"] for line in logs] == ["runner-celery.broker-away", "runner-celery.broker-back"]


async def test_a_connection_that_was_closed_meanwhile_loses_nothing(broker: BrokerForTests, sender: Sender) -> None:
    sender.ready(1)
    await until(lambda: depth(broker) == 1, "nothing was sent")
    async with broker.away():
        pass
    sender.ready(1)
    await until(lambda: depth(broker) == 2, "what was sent over a closed connection is lost")


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
async def test_without_a_broker_nobody_waits_and_no_secret_is_told(scheme: str, unused_port: int) -> None:
    url = f"{scheme}://ann:s3cr%40t@127.0.0.1:{unused_port}//0".replace("//0", "/0")
    settings = RunnerCelerySettings(broker=Secret(url), timeout=1.0)
    broker = Broker.of(settings)
    sender = Sender(broker)
    sender.start()
    with capture_logs() as logs:
        began = time.monotonic()
        sender.ready(1000)
        assert time.monotonic() - began < 0.1, "whoever submits waits for the broker"
        await until(lambda: bool(logs), "nobody is told")
    await asyncio.to_thread(sender.close)
    with pytest.raises(BrokerAway) as away:
        await asyncio.to_thread(broker.ping)
    told = f"{logs} {away.value} {away.value.__cause__} {broker!r} {settings!r}"
    assert "s3cr" not in told, told
    assert "refused" in str(away.value).lower(), "the reason is not told"


async def test_the_thread_ends_with_the_sender(broker: BrokerForTests) -> None:
    before = threading.active_count()
    sender = Sender(Broker.of(broker.settings))
    sender.start()
    sender.ready(2)
    await asyncio.to_thread(sender.close)
    assert threading.active_count() <= before, "a thread was left behind"
    assert await asyncio.to_thread(depth, broker) == 2, "what was asked before the end was not sent"


async def test_nothing_but_json_is_taken() -> None:
    conf = Broker.of(RunnerCelerySettings(broker=Secret("redis://127.0.0.1/0"))).app.conf
    assert list(conf.accept_content) == ["json"]
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (True, True, 1)
