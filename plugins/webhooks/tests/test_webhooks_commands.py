"""``pegboard webhooks``, on the database of an app that serves."""

import asyncio
import functools
from collections.abc import AsyncIterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from pegboard.testing import Forking, ServerProcess, Upstream, answer, caller, forking

pytestmark = pytest.mark.anyio

PROGRAM = Path(__file__).parent / "processes" / "server.py"
NEEDED = {"egress", "jobs", "store", "vault", "webhooks"}
ADMIN = caller("webhooks:*", tenant="acme")
SECRET = "wh_secret_abc123"
CONFIG = '{"header": "X-Signature"}'


@attrs.frozen
class Place:
    """A server, and commands that are run beside it."""

    servers: Forking
    folder: Path
    server: ServerProcess
    environ: dict[str, str]

    @functools.cached_property
    def address(self) -> str:
        return f"{self.server.url}/api/v1/webhooks/count/one/the-token"

    async def run(self, *arguments: str, **environ: str) -> Any:
        return await self.servers.run("webhooks", *arguments, cwd=self.folder, environ={**self.environ, **environ})


@pytest.fixture(scope="module")
async def servers() -> AsyncIterator[Forking]:
    async with forking(PROGRAM, preload=("aiosqlite", "alembic.runtime.migration"), environ=environ()) as made:
        yield made


def environ() -> dict[str, str]:
    others = entry_points(group="pegboard.plugin.v1").names - NEEDED
    return {"PEGBOARD_DISABLE": ",".join(sorted(others)), "PEGBOARD_TENANT": "acme"}


@pytest.fixture
async def place(servers: Forking, tmp_path: Path) -> AsyncIterator[Place]:
    given = {**environ(), "PEGBOARD_DATA": str(tmp_path), "PEGBOARD_WEBHOOKS__HANDLE_SCHEDULE": "0.01"}
    async with servers.served(tmp_path, environ=given) as server:
        yield Place(servers, tmp_path, server, given)


async def test_a_sample_is_signed_and_sent(place: Place) -> None:
    common = ("send", place.address, "--scheme", "hmac", "--config", CONFIG)
    done = await place.run(*common, WEBHOOK_SECRET=SECRET)
    assert (done.code, done.stdout.strip()) == (0, "200"), done.stderr
    assert SECRET not in done.stdout + done.stderr
    refused = await place.run(*common, WEBHOOK_SECRET="another")
    assert refused.code == 1
    assert "401" in refused.stdout
    nowhere = await place.run("send", "not-an-address", "--secret", "x")
    assert nowhere.code != 0
    assert "no address" in nowhere.stderr
    wrong = await place.run("send", place.address, "--secret", "no base64!")
    assert "is not base64" in wrong.stderr


async def test_what_arrives_is_printed_and_sent_on(place: Place, upstream_server: Upstream) -> None:
    upstream_server.on("/dev", answer(status=204), method="POST")
    listening = asyncio.create_task(place.run("listen", "--forward", f"{upstream_server.url}/dev", "--count", "1"))
    while not listening.done():
        sent = await place.run("send", place.address, "--scheme", "hmac", "--config", CONFIG, WEBHOOK_SECRET=SECRET)
        assert sent.code == 0
    done = await listening
    assert done.code == 0, done.stderr
    assert "count/one" in done.stdout
    assert "sent on: 204" in done.stdout
    assert upstream_server.requests[0].json()["type"] == "sample.created"
    assert upstream_server.requests[0].headers["x-signature"]


async def test_dead_letters_are_listed_and_sent_again(place: Place) -> None:
    async with httpx.AsyncClient(base_url=place.server.url, trust_env=False) as http:
        sample = ("send", place.address, "--scheme", "hmac", "--config", CONFIG)
        await place.run(*sample, WEBHOOK_SECRET=SECRET)  # a sample has no "n", which the source needs
        dead = await _dead(http)
        listed = await place.run("dead-letters")
        assert dead["id"] in listed.stdout
        assert "its log says more" in " ".join(listed.stdout.split())
        again = await place.run("resend", dead["id"])
        assert (again.code, again.stdout.strip()) == (0, "1 sent again")
        await _dead(http)
        assert (await place.run("resend", "--all")).stdout.strip() == "1 sent again"
        missing = await place.run("resend", "event_none")
        assert missing.code != 0
        assert (await place.run("resend")).code != 0


async def _dead(http: httpx.AsyncClient) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            found = (await http.get("/api/v1/webhook-events?state=dead", headers=ADMIN)).json()["events"]
            if found:
                return dict(found[0])
            await asyncio.sleep(0.02)
