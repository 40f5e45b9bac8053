"""This plugin keeps what every plugin keeps, and its dispatcher what every dispatcher keeps, on either broker."""

from collections.abc import AsyncIterator, Mapping
from typing import ClassVar

import pytest

import pegboard_jobs
import pegboard_runner_celery
import pegboard_store
from pegboard.testing.suites import PluginSuite
from pegboard_jobs.testing import JobDispatcherSuite

from .conftest import BrokerForTests, broker_at

VISIBLE = 1.5
"""Seconds after which Redis delivers again: a third of what the suite's long job takes."""


class TestRunnerCelery(PluginSuite):
    plugin = pegboard_runner_celery
    name = "runner-celery"
    plugins: ClassVar = {"jobs": pegboard_jobs, "store": pegboard_store}


class CelerySuite(JobDispatcherSuite):
    dispatcher = "celery"
    plugins: ClassVar = {"runner-celery": "pegboard_runner_celery"}
    preload: ClassVar = ("pegboard_runner_celery.sending", "pegboard_runner_celery.working")
    kind: ClassVar[str]

    @pytest.fixture(scope="class")
    @classmethod
    def database(cls, _postgresql_database: str) -> str:
        return _postgresql_database

    @pytest.fixture(scope="class")
    @classmethod
    async def broker(cls, anyio_backend: str) -> AsyncIterator[BrokerForTests]:
        async with broker_at(cls.kind) as broker:
            yield broker

    @pytest.fixture(scope="class")
    @classmethod
    def options(cls, broker: BrokerForTests) -> Mapping[str, str]:
        return {
            "CELERY_BROKER_URL": broker.url,
            "PEGBOARD_RUNNER_CELERY__QUEUE": broker.queue,
            "PEGBOARD_RUNNER_CELERY__VISIBILITY_TIMEOUT": str(VISIBLE),
            "PEGBOARD_RUNNER_CELERY__RESEND": "0.5",
        }


class TestCeleryOnRedis(CelerySuite):
    kind = "redis"


class TestCeleryOnRabbitMQ(CelerySuite):
    kind = "rabbitmq"


del CelerySuite, JobDispatcherSuite, PluginSuite
