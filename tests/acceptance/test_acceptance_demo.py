"""``pegboard demo``: the whole way, and an honest exit code."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pegboard.testing import Forking

pytestmark = pytest.mark.anyio

STEPS = [
    "start a server",
    "list the plugins",
    "save an endpoint",
    "validate a bad one",
    "execute it",
    "execute it from the cache",
    "restart the server",
    "execute it again",
    "delete it",
    "execute the deleted one",
    "stop the server",
]


async def demo(forked: Forking, folder: Path, **environ: str) -> tuple[int, Any, str]:
    ended = await forked.run("demo", cwd=folder, environ=environ, patience=90)
    return ended.code, json.loads(ended.stdout), ended.stderr


async def test_the_demo_goes_the_whole_way(forked: Forking, tmp_path: Path) -> None:
    code, summary, said = await demo(forked, tmp_path)
    assert [step["step"] for step in summary["steps"]] == STEPS, said
    assert all(step["ok"] and step["ms"] >= 0 and step["detail"] for step in summary["steps"])
    assert (code, summary["ok"]) == (0, True)
    assert os.listdir(tmp_path) == [], "it leaves nothing behind"


@pytest.mark.parametrize(
    ("environ", "failing"),
    [
        ({"PEGBOARD_DISABLE": "sandbox-restricted"}, "save an endpoint"),
        ({"PEGBOARD_ENDPOINTS__CACHE_BYTES": "0"}, "execute it from the cache"),
    ],
)
async def test_a_step_that_fails_ends_the_demo_with_an_exit_code(
    forked: Forking, tmp_path: Path, environ: dict[str, str], failing: str
) -> None:
    code, summary, said = await demo(forked, tmp_path, **environ)
    assert (code, summary["ok"]) == (1, False)
    assert [step["ok"] for step in summary["steps"]] == [True] * STEPS.index(failing) + [False]
    assert summary["steps"][-1]["step"] == failing
    assert f"FAILED {failing}" in said
