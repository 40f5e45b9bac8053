"""This plugin keeps what every plugin keeps."""

import pegboard_vault
from pegboard.testing.suites import PluginSuite


class TestVault(PluginSuite):
    plugin = pegboard_vault
    name = "vault"
