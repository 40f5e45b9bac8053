"""This plugin keeps what every plugin keeps."""

import pegboard_auth_oauth2
import pegboard_auth_static
import pegboard_egress
import pegboard_integrations
import pegboard_paginators
import pegboard_records
import pegboard_store
import pegboard_transforms
import pegboard_vault
from pegboard.testing.suites import PluginSuite


class TestIntegrations(PluginSuite):
    plugin = pegboard_integrations
    name = "integrations"
    plugins = {  # noqa: RUF012
        "auth-oauth2": pegboard_auth_oauth2,
        "auth-static": pegboard_auth_static,
        "egress": pegboard_egress,
        "paginators": pegboard_paginators,
        "records": pegboard_records,
        "store": pegboard_store,
        "transforms": pegboard_transforms,
        "vault": pegboard_vault,
    }
