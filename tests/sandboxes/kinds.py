"""The sandboxes that are installed here, opened as an app opens them."""

import importlib
import importlib.util
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import pytest

from pegboard import Problem, Sandbox, Sandboxes, create_app

KINDS = [name for name in ("process", "restricted", "monty") if importlib.util.find_spec(f"pegboard_sandbox_{name}")]
JAILED = ["process", "restricted"]
"""Those whose programs run in jails of `sandbox-process`."""


def plugins() -> dict[str, ModuleType]:
    return {f"sandbox-{name}": importlib.import_module(f"pegboard_sandbox_{name}") for name in KINDS}


@asynccontextmanager
async def opened(*names: str, **settings: dict[str, Any]) -> AsyncIterator[dict[str, Sandbox]]:
    """Sandboxes of one app by their names; `settings` are theirs, by name. Skips, loudly, where there is no jail."""
    chosen = {
        f"sandbox-{name}": options for name, options in {"monty": {"allow_weak_isolation": True}, **settings}.items()
    }
    present = plugins()
    app = create_app(
        settings={"plugins": {name: options for name, options in chosen.items() if name in present}},
        plugins=present,
        environ={},
        installed=False,
    )
    async with app.router.lifespan_context(app):
        sandboxes = app.state.board.services.get(Sandboxes)
        try:
            found = {name: await sandboxes.open(name) for name in names}
        except Problem as problem:
            if problem.code != "isolation-too-weak" or os.environ.get("PEGBOARD_TEST_REQUIRE_SERVICES") == "1":
                raise
            pytest.skip(f"this machine cannot jail: {problem.detail}")
        yield found
