"""This plugin keeps what every plugin keeps."""

import pegboard_store
from pegboard.testing.suites import PluginSuite


class TestStore(PluginSuite):
    plugin = pegboard_store
    name = "store"
