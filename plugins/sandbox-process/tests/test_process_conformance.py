"""This sandbox keeps what every sandbox keeps, and its plugin what every plugin keeps."""

import pegboard_sandbox_process
from pegboard import create_app
from pegboard.testing.suites import PluginSuite, SandboxSuite

PLUGINS = {"sandbox-process": pegboard_sandbox_process}
SPARE = {"PEGBOARD_SANDBOX_PROCESS__SPARE": "false"}  # it would come in the middle of a census
SETTINGS = create_app(plugins=PLUGINS, environ=SPARE, installed=False).state.board.settings


class TestSandbox(SandboxSuite):
    (record,) = pegboard_sandbox_process.pegboard_sandboxes(settings=SETTINGS)
    plugins = PLUGINS


class TestPlugin(PluginSuite):
    plugin = pegboard_sandbox_process
    name = "sandbox-process"
