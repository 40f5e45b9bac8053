"""The OpenAPI document of the whole app, all plugins together, tells the truth: tried from the document alone."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from pegboard.testing import Forking

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

KEY = "key-of-the-tests-0123456789abcdef"
PATIENCE = 280
# a document cannot say all that makes an input good, such as that a program has a function of a certain name
BEYOND_THE_DOCUMENT = "positive_data_acceptance"
# a body that is too long is refused before anybody looks at what else is wrong with it
REFUSALS = "checks.negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429]\n"


async def explored(url: str, folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """What schemathesis found: it makes requests from the document, good ones and bad ones, and judges the answers."""
    (folder / "schemathesis.toml").write_text(REFUSALS)
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run"]
    command += [f"{url}/openapi.json", "--header", f"X-API-Key: {KEY}"]
    command += ["--seed", "1", "--generation-database", "none", "--exclude-checks", BEYOND_THE_DOCUMENT, "--no-color"]

    def run() -> "subprocess.CompletedProcess[str]":
        return subprocess.run([*command, *options], cwd=folder, capture_output=True, text=True, timeout=PATIENCE)

    return await asyncio.to_thread(run)


@pytest.mark.parametrize("phase", ["coverage", "fuzzing"])
async def test_no_answer_is_a_server_error_or_missing_in_the_document(
    forked: Forking, phase: str, tmp_path: Path
) -> None:
    rates = {"RATE_LIMIT_REQUESTS": "100000", "PEGBOARD_STOREFRONT__SIGN_INS": "100000"}
    environ = {"API_KEY": KEY, "PEGBOARD_LOG__LEVEL": "warning", **rates}
    async with forked.served(tmp_path, environ=environ) as server:
        found = await explored(server.url, tmp_path, "--phases", phase, "--max-examples", "10")
    assert found.returncode == 0, found.stdout[-6000:] + found.stderr[-2000:]
    assert "Tested: " in found.stdout
