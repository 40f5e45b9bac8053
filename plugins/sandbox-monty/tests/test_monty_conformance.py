"""This sandbox keeps what every sandbox keeps, and its plugin what every plugin keeps."""

import pegboard_sandbox_monty
from pegboard import create_app
from pegboard.testing.suites import PluginSuite, SandboxSuite

SECTION = {"plugins": {"sandbox-monty": {"allow_weak_isolation": True}}}
PLUGINS = {"sandbox-monty": pegboard_sandbox_monty}
SETTINGS = create_app(settings=SECTION, plugins=PLUGINS, environ={}, installed=False).state.board.settings


class TestSandbox(SandboxSuite):
    (record,) = pegboard_sandbox_monty.pegboard_sandboxes(settings=SETTINGS)
    plugins = PLUGINS
    settings = SECTION


class TestPlugin(PluginSuite):
    plugin = pegboard_sandbox_monty
    name = "sandbox-monty"
