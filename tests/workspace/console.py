"""The API as the console's frontend knows it: ``plugins/console/frontend/openapi.json``, from which its types are made.

It is what an app with every plugin of plugins/ says of itself. ``python -m workspace.console`` in the folder tests/
writes it anew.
"""

import asyncio
import json
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from pegboard import create_app
from pegboard.testing import client

from .tree import ROOT, distributions

SNAPSHOT = "plugins/console/frontend/openapi.json"
AGAIN = "`cd tests && python -m workspace.console` writes it anew"
SETTINGS = {"plugins": {"openapi": {"version": "1"}}}


def snapshot(root: Path) -> str:
    """The document with its names in order, and without a host or a version."""
    with tempfile.TemporaryDirectory(prefix="pegboard-console-") as folder:
        document = asyncio.run(_document(root, Path(folder)))
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


async def _document(root: Path, data: Path) -> dict[str, Any]:
    found = [one for one in distributions(root) if one.place.startswith("plugins/") and one.is_plugin]
    plugins = {one.suffix: import_module(one.module) for one in found}
    environ = {"PEGBOARD_VAULT__GENERATE": "true", "PEGBOARD_ACCOUNTS__GENERATE": "true"}
    settings = {**SETTINGS, "data": str(data)}
    app = create_app(settings=settings, plugins=plugins, installed=False, environ=environ)
    async with client(app) as http:
        document: dict[str, Any] = (await http.get("/openapi.json")).json()
    return document


def changes(root: Path) -> list[str]:
    """What of the snapshot is not what the app says today: paths and schemas, by name."""
    path = root / SNAPSHOT
    found = json.loads(path.read_text()) if path.is_file() else {}
    today = json.loads(snapshot(root))
    parts = {
        "paths": (found.get("paths", {}), today["paths"]),
        "schemas": (found.get("components", {}).get("schemas", {}), today["components"]["schemas"]),
        "": ({**found, "paths": 0, "components": 0}, {**today, "paths": 0, "components": 0}),
    }
    return [
        f"{part} {name}".strip()
        for part, (old, new) in parts.items()
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


if __name__ == "__main__":
    (ROOT / SNAPSHOT).write_text(snapshot(ROOT))
