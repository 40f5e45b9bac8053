"""This plugin keeps what every plugin keeps."""

import pegboard_openapi
from pegboard.testing.suites import PluginSuite


class TestOpenapi(PluginSuite):
    plugin = pegboard_openapi
    name = "openapi"
    anonymous = frozenset({"openapi.document", "openapi.page", "openapi.file"})
