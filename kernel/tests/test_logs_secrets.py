"""A trace in the log shows where, and never with which values: those may be somebody's credentials."""

import subprocess
import sys

import pytest

CRASH = """
import structlog
from pegboard.logs import configure
from pegboard.settings import LogSettings

configure(LogSettings(format={format!r}))

def handle(headers):
    raise LookupError("no such row")

try:
    handle({{"Authorization": "Bearer " + "".join(["s3", "cr3t"])}})
except LookupError as error:
    structlog.get_logger().error("handler failed", exc_info=error)
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_logged_exception_holds_its_trace_and_no_local_variable(form: str) -> None:
    command = [sys.executable, "-c", CRASH.format(format=form)]
    logged = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stderr
    assert "LookupError" in logged
    assert "no such row" in logged
    assert "handle" in logged
    assert "s3cr3t" not in logged
