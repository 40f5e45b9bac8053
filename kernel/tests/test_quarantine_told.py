"""A plugin that is left out is named in the log of each start, whichever server runs the app."""

from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from pegboard import create_app, hookimpl
from pegboard.testing import running

pytestmark = pytest.mark.anyio


@hookimpl
def pegboard_routes() -> None:
    raise RuntimeError("no luck today")


async def test_a_start_tells_which_plugin_was_left_out_and_why() -> None:
    app = create_app(plugins={"broken": SimpleNamespace(pegboard_routes=pegboard_routes)}, installed=False, environ={})
    with capture_logs() as logs:
        async with running(app):
            pass
    (told,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert told["plugin"] == "broken"
    assert "no luck today" in told["reason"]
    assert "PEGBOARD_DISABLE=broken" in told["reason"]
