"""Celery's worker in its process: what becomes of the messages that it takes, however it or its app ends."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from kombu import Connection

from pegboard.testing.census import alive
from pegboard_runner_celery.broker import Broker
from pegboard_runner_celery.consuming import Answer, Consuming
from pegboard_runner_celery.sending import Sender

from .conftest import BrokerForTests

pytestmark = pytest.mark.anyio
PATIENCE = 60.0

APP = """
import asyncio, os, sys
from pegboard import Secret
from pegboard_runner_celery import RunnerCelerySettings
from pegboard_runner_celery.consuming import Consuming

async def main(url, queue):
    async def carry_out(again):
        print(consuming.pid, flush=True)
        await asyncio.Event().wait()
    consuming = Consuming(carry_out)
    await consuming.start(RunnerCelerySettings(broker=Secret(url), queue=queue), 2, f"{queue}@tests")
    await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""


def depth(broker: BrokerForTests) -> int:
    made = Broker.of(broker.settings)
    with made.told(), made.connect() as connection:
        return made.depth(connection)


async def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not await asyncio.to_thread(true):
        assert time.monotonic() < end, what
        await asyncio.sleep(0.02)


async def told(broker: BrokerForTests, count: int) -> None:
    """So many messages are sent, and no others are there."""
    await asyncio.to_thread(_purge, broker)
    sender = Sender(Broker.of(broker.settings))
    sender.start()
    sender.ready(count)
    await asyncio.to_thread(sender.close)


def _purge(broker: BrokerForTests) -> None:
    with Connection(broker.url) as connection, connection.channel() as channel:
        channel.queue_declare(broker.queue, durable=True, auto_delete=False)
        channel.queue_purge(broker.queue)


@asynccontextmanager
async def consuming(broker: BrokerForTests, carry_out: Any) -> AsyncIterator[Consuming]:
    made = Consuming(carry_out)
    await made.start(broker.settings, 2, f"{broker.queue}@tests")
    async with asyncio.timeout(PATIENCE):
        await made.ready.wait()
    yield made
    made.stop_taking()
    assert await made.join() == 0


async def test_a_message_goes_when_what_it_led_to_has_ended(broker: BrokerForTests) -> None:
    carried: list[bool] = []

    async def carry_out(again: bool) -> Answer:
        carried.append(again)
        return (f"job_{len(carried)}",)

    await told(broker, 20)
    async with consuming(broker, carry_out):
        await until(lambda: len(carried) == 20, "not every message was taken")
    assert carried == [False] * 20
    assert await asyncio.to_thread(depth, broker) == 0, "a message came back"


async def test_what_is_for_another_worker_goes_back(broker: BrokerForTests) -> None:
    taken, stopped = asyncio.Event(), asyncio.Event()

    async def carry_out(again: bool) -> Answer:
        taken.set()
        await stopped.wait()
        return ()

    await told(broker, 1)
    async with consuming(broker, carry_out) as made:
        async with asyncio.timeout(PATIENCE):
            await taken.wait()
        made.stop_taking()
        stopped.set()
    assert await asyncio.to_thread(depth, broker) == 1, "the message is lost"


async def test_what_breaks_takes_its_message_with_it_and_nothing_else(broker: BrokerForTests) -> None:
    carried: list[bool] = []

    async def carry_out(again: bool) -> Answer:
        carried.append(again)
        if len(carried) == 1:
            raise LookupError("broken")
        return (None,)

    await told(broker, 3)
    async with consuming(broker, carry_out):
        await until(lambda: len(carried) == 3, "not every message was taken")
    assert await asyncio.to_thread(depth, broker) == 0


async def test_whoever_is_killed_is_missed(broker: BrokerForTests) -> None:
    async def carry_out(again: bool) -> Answer:
        return (None,)

    made = Consuming(carry_out)
    await made.start(broker.settings, 2, f"{broker.queue}@tests")
    os.kill(made.pid, signal.SIGKILL)
    async with asyncio.timeout(PATIENCE):
        await made.ended.wait()
    assert await made.join() == -signal.SIGKILL


async def test_an_app_that_is_killed_leaves_no_process_and_its_messages_to_others(broker: BrokerForTests) -> None:
    await told(broker, 1)
    app = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", APP, broker.url, broker.queue), stdout=asyncio.subprocess.PIPE
    )
    assert app.stdout is not None
    async with asyncio.timeout(PATIENCE):
        pid = int(await app.stdout.readline())
    app.kill()
    await app.wait()
    await until(lambda: not alive(pid), "the process of Celery is left behind")
    await until(lambda: depth(broker) == 1, "the message is lost")
