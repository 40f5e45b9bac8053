"""This plugin keeps what every plugin keeps."""

import pegboard_egress
from pegboard.testing.suites import PluginSuite


class TestEgress(PluginSuite):
    plugin = pegboard_egress
    name = "egress"
