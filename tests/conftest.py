"""How the whole suite runs on several processes, each of which takes a module at a time."""

import gc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from workspace.program import Program, forked_program

# How long an example takes is the machine's matter, which does other things as well.
settings.register_profile("patient", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

LONG = (
    "test_runner_celery_conformance.py",
    "test_jobs_conformance.py",
    "test_acceptance_sandbox_leaks.py",
    "test_readmes.py",
    "test_docs.py",
    "test_acceptance_schema.py",
    "test_models_injections.py",
    "test_webhooks_processes.py",
    "test_integrations_service_processes.py",
    "test_accounts_login.py",
    "test_endpoints_processes.py",
    "test_acceptance_demo.py",
    "test_jobs_cancel.py",
    "test_storefront_document.py",
    "test_storefront_processes.py",
    "test_execute_jobs.py",
    "test_auth_oauth2_processes.py",
)
"""Modules that take longest. They go first: one that is begun last would run alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONG)))


def pytest_collection_finish() -> None:
    """Ten thousand tests are there to stay: a garbage collector that looks at them again and again costs a tenth."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """``pegboard`` for the examples of pages."""
    with forked_program(tmp_path_factory.mktemp("program")) as made:
        yield made
