"""The runner keeps what every runner keeps."""

import pegboard_runner_local
from pegboard.testing.suites import PluginSuite, ScriptRunnerSuite


class TestRunnerLocal(PluginSuite):
    plugin = pegboard_runner_local
    name = "runner-local"


class TestLocal(ScriptRunnerSuite):
    record = pegboard_runner_local.pegboard_script_runners()
