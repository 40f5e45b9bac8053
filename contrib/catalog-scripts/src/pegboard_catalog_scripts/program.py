"""The frame of every script: parameters, secrets, signals, exit codes.

0 done, 1 failed, 2 wrong parameters or input, 3 done but for some products (a file says which), 143 stopped by a
signal. Errors are one sentence on standard error.
"""

import os
import signal
import sys
import traceback
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import Any

import attrs

from .arguments import parse
from .failures import InputError, ScriptError, Stopped
from .manifest import Script, scripts
from .protocol import Report, mask

INCOMPLETE = 3


@attrs.frozen
class Job:
    """What a script works with: its parameters, where it reports, whether it is to stop, and its environment."""

    options: Namespace
    report: Report
    stop: Event
    environ: Mapping[str, str] = attrs.field(repr=False)

    def secret(self, variable: str) -> str:
        """Raises InputError where the environment does not have it."""
        value = self.environ.get(variable, "")
        if not value:
            raise InputError(f"the environment variable {variable} is missing; secrets are never arguments")
        return value

    def pause(self, seconds: float) -> None:
        """Sleep, or raise Stopped as soon as a signal comes."""
        if self.stop.wait(seconds):
            raise Stopped

    def check(self) -> None:
        """The place between two batches at which a signal takes effect. Raises Stopped."""
        if self.stop.is_set():
            raise Stopped


Outcome = Mapping[str, Any]
Run = Callable[[Job], Outcome]


def run_program(
    name: str, run: Run, argv: Sequence[str] | None = None, environ: Mapping[str, str] | None = None
) -> int:
    """Run a script as a program; the exit code. A result whose ``failed`` is not 0 is the exit code 3."""
    script, environ = scripts()[name], os.environ if environ is None else environ
    secrets = secret_values(script, environ)
    debugging = "--debug" in (sys.argv[1:] if argv is None else argv)
    try:
        options = parse(script, sys.argv[1:] if argv is None else argv, environ)
        job = Job(options, Report(secrets, options.debug), _stop_event(), environ)
        outcome = run(job)
        job.report.progress(1.0)
        job.report.result(outcome)
    except Exception as error:
        return _fail(name, error, secrets, debugging)
    return INCOMPLETE if outcome.get("failed") else 0


def secret_values(script: Script, environ: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(value for secret in script.secrets if (value := environ.get(secret.variable)))


def _fail(name: str, error: Exception, secrets: tuple[str, ...], debugging: bool) -> int:
    known = isinstance(error, ScriptError | OSError)
    sentence = str(error) if known else f"{type(error).__name__}: {error}"
    if debugging and not isinstance(error, InputError | Stopped):
        sys.stderr.write(mask("".join(traceback.format_exception(error)), secrets))
    sys.stderr.write(mask(f"{name}: {' '.join(sentence.split())}", secrets) + "\n")
    return error.code if isinstance(error, ScriptError) else 1


def _stop_event() -> Event:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
