"""What a console shows of scripts is there."""

from typing import Any, ClassVar

import pegboard_jobs
import pegboard_runner_local
import pegboard_scripts
import pegboard_store
import pegboard_vault
from pegboard.testing.suites import PanelSuite


class TestScriptsPanels(PanelSuite):
    plugin = pegboard_scripts
    name = "scripts"
    plugins: ClassVar[dict[str, Any]] = {
        "jobs": pegboard_jobs,
        "runner-local": pegboard_runner_local,
        "store": pegboard_store,
        "vault": pegboard_vault,
    }
