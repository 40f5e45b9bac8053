"""What the kernel's own tests share. None of them needs an installed plugin."""

import pytest

from pegboard.logs import configure
from pegboard.settings import LogSettings

pytest_plugins = ["pegboard.testing.fixtures"]


@pytest.fixture(scope="session", autouse=True)
def _logs() -> None:
    """The product's own logging: structlog's default one renders traces at length."""
    configure(LogSettings())
