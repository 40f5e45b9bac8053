"""This sandbox keeps what every sandbox keeps, and its plugin what every plugin keeps."""

import pegboard_sandbox_process
from pegboard import create_app
from pegboard.testing.suites import PluginSuite, SandboxSuite

PLUGINS = {"sandbox-process": pegboard_sandbox_process}
SETTINGS = create_app(plugins=PLUGINS, environ={}, installed=False).state.board.settings


class TestSandbox(SandboxSuite):
    (record,) = pegboard_sandbox_process.pegboard_sandboxes(settings=SETTINGS)
    plugins = PLUGINS


class TestPlugin(PluginSuite):
    plugin = pegboard_sandbox_process
    name = "sandbox-process"
