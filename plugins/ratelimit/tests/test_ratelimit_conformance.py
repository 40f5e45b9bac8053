"""This plugin keeps what every plugin keeps."""

import pegboard_ratelimit
from pegboard.testing.suites import PluginSuite


class TestRateLimit(PluginSuite):
    plugin = pegboard_ratelimit
    name = "ratelimit"


del PluginSuite
