"""Runs scripts on the machine of the app: process trees that end whole, limits, output live."""

from pegboard import ScriptRunnerProvider, hookimpl

from .runner import LocalRunner, open_runner

__version__ = "0.1.0"

__all__ = ["LocalRunner"]


@hookimpl
def pegboard_script_runners() -> ScriptRunnerProvider:
    return ScriptRunnerProvider("local", "Processes of this machine", open=open_runner)
