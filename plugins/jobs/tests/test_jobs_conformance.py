"""This plugin keeps what every plugin keeps, and its own dispatcher what every dispatcher keeps."""

from pathlib import Path
from typing import ClassVar

import pytest

import pegboard_jobs
import pegboard_store
from pegboard.testing.suites import PluginSuite
from pegboard_jobs.testing import JobDispatcherSuite


class TestJobs(PluginSuite):
    plugin = pegboard_jobs
    name = "jobs"
    plugins: ClassVar = {"store": pegboard_store}


class TestLocalOnSQLite(JobDispatcherSuite):
    dispatcher = "local"

    @pytest.fixture(scope="class")
    @classmethod
    def database(cls, tmp_path_factory: pytest.TempPathFactory) -> str:
        path: Path = tmp_path_factory.mktemp("database") / "jobs.db"
        return f"sqlite:///{path}"


class TestLocalOnPostgreSQL(JobDispatcherSuite):
    dispatcher = "local"

    @pytest.fixture(scope="class")
    @classmethod
    def database(cls, _postgresql_database: str) -> str:
        return _postgresql_database


del JobDispatcherSuite, PluginSuite
