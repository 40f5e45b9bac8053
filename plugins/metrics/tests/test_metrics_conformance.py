"""This plugin keeps what every plugin keeps, open or guarded."""

import pegboard_metrics
from pegboard.testing.suites import PluginSuite


class TestMetrics(PluginSuite):
    plugin = pegboard_metrics
    name = "metrics"


class TestPublicMetrics(TestMetrics):
    settings = {"plugins": {"metrics": {"public": True}}}  # noqa: RUF012
    anonymous = frozenset({"metrics.page"})
