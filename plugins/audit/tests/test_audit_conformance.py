"""This plugin keeps what every plugin keeps."""

import pegboard_audit
import pegboard_store
from pegboard.testing.suites import PanelSuite, PluginSuite


class TestAudit(PluginSuite):
    plugin = pegboard_audit
    name = "audit"
    plugins = {"store": pegboard_store}  # noqa: RUF012


class TestAuditPanels(PanelSuite):
    plugin = pegboard_audit
    name = "audit"
    plugins = {"store": pegboard_store}  # noqa: RUF012


del PanelSuite, PluginSuite
