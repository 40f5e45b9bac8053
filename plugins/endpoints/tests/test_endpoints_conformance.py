"""This plugin keeps what every plugin keeps."""

import pegboard_egress
import pegboard_endpoints
import pegboard_sandbox_process
import pegboard_sandbox_restricted
import pegboard_store
import pegboard_vault
from pegboard.testing.suites import PluginSuite


class TestEndpoints(PluginSuite):
    plugin = pegboard_endpoints
    name = "endpoints"
    anonymous = frozenset({"widgets.execute"})
    plugins = {  # noqa: RUF012
        "egress": pegboard_egress,
        "sandbox-process": pegboard_sandbox_process,
        "sandbox-restricted": pegboard_sandbox_restricted,
        "store": pegboard_store,
        "vault": pegboard_vault,
    }
