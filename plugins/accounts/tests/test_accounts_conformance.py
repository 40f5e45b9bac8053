"""This plugin keeps what every plugin keeps."""

import pegboard_accounts
import pegboard_store
from pegboard.testing.suites import PluginSuite


class TestAccounts(PluginSuite):
    plugin = pegboard_accounts
    name = "accounts"
    plugins = {"store": pegboard_store}  # noqa: RUF012
