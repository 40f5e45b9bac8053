"""Runs as jobs: the queue, names of the caller's own, status, restarts, answers that are sent on."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from pegboard import Principal
from pegboard.testing import answer
from pegboard.testing.callers import caller
from pegboard_execute.tables import metadata
from pegboard_jobs import Jobs
from pegboard_store import Migrations
from pegboard_store.testing import check_migrations

from .conftest import ADA, Desk, opened

pytestmark = pytest.mark.anyio

ONE = Principal("ada", "acme")
BOB = caller("code:execute", id="bob", tenant="acme")
WAIT = "import time\ntime.sleep(0.5)\nreturn 'slept'"


async def test_the_migrations_make_the_tables(database_url: str) -> None:
    line = Migrations("execute", "Secrets for signing answers", package="pegboard_execute.migrations")
    await check_migrations(database_url, line, metadata)


async def test_the_same_id_is_run_once_and_answered_alike(desk_with: Any) -> None:
    async with desk_with() as desk:
        code = "import random\nreturn random.random()"
        answers = await asyncio.gather(*(desk.run(code, id="once") for _ in range(5)))
        assert {one.status_code for one in answers} == {200}
        assert len({(one.json()["job_id"], one.json()["response"]["result"]) for one in answers}) == 1
        other = await desk.run(code, id="once", by=BOB)
        assert other.json()["job_id"] != answers[0].json()["job_id"], "names are the caller's own"


async def test_a_full_queue_is_told_in_the_documents_words(desk_with: Any) -> None:
    async with desk_with(max_queue_length=2, jobs={"workers": 1}) as desk:
        running = asyncio.create_task(desk.run(WAIT))
        service = desk.services.get(Jobs)
        await until(lambda: service.recent(ONE, "execute-python", 60, 10))
        waiting = [asyncio.create_task(desk.run(WAIT)) for _ in range(2)]
        await until(lambda: two_wait(service))
        full = await desk.run("return 1", id="late")
        assert (full.status_code, full.json()["code"]) == (429, 429)
        assert (full.json()["message"], full.json()["queue_length"]) == ("MAX_QUEUE_LENGTH (2) reached", 2)
        assert (full.json()["id"], int(full.headers["retry-after"]) > 0) == ("late", True)
        for task in (running, *waiting):
            assert (await task).json()["response"]["result"] == "slept"


async def test_status_is_told_to_the_caller_alone(desk_with: Any) -> None:
    async with desk_with() as desk:
        job = (await desk.run("return 5")).json()["job_id"]
        for told in (
            await desk.http.get(f"/v1/jobs/{job}", headers=ADA),
            await desk.http.post("/v1/toolkit/job/status", json={"job_id": job}, headers=ADA),
        ):
            assert told.json()["job_status"] == "done"
            assert told.json()["response"]["response"]["result"] == 5
        listed = (await desk.http.post("/v1/toolkit/jobs/status", json={}, headers=ADA)).json()
        assert [one["job_id"] for one in listed] == [job]
        assert (await desk.http.get(f"/v1/jobs/{job}", headers=BOB)).status_code == 404
        assert (await desk.http.post("/v1/toolkit/jobs/status", json={}, headers=BOB)).json() == []


async def test_what_waits_when_a_process_ends_is_run_after_the_restart(database_url: str, tmp_path: Path) -> None:
    async with opened(database_url, tmp_path, jobs={"workers": 0}, patience=0.1) as desk:
        late = await desk.run("return 'after'", timeout=1)
        assert (late.status_code, late.json()["message"]) == (202, "processing")
        assert late.json()["max_queue_length"] == "unlimited"
    async with opened(database_url, tmp_path) as desk:
        job = await desk.services.get(Jobs).wait(ONE, late.json()["job_id"], 20)
        assert job.result["response"]["result"] == "after"


async def test_an_answer_is_sent_on_signed_and_again_until_it_arrives(desk_with: Any, receiver: Any) -> None:
    receiver.on("/hook", answer(503), answer(200), method="POST")
    origins = [receiver.url]
    async with desk_with(egress={"allow_origins": origins}) as desk:
        accepted = await desk.run("print('hi')\nreturn 1", webhook_url=f"{receiver.url}/hook", id="sent")
        body = accepted.json()
        assert (accepted.status_code, body["code"], body["message"], body["id"]) == (202, 202, "processing", "sent")
        first, second = await receiver.wait_for(2, "/hook", patience=40)
        assert first.body == second.body
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        secret = (await desk.http.get("/v1/toolkit/signing-secret", headers=ADA)).json()["secret"]
        assert is_signed(second, secret)
        envelope = second.json()
        assert (envelope["job_id"], envelope["id"], envelope["code"]) == (body["job_id"], "sent", 200)
        assert envelope["response"] == {"result": 1, "stdout": "hi\n", "stderr": "", "exit_code": 0}


async def test_the_answer_of_code_that_failed_is_sent_on_too(desk_with: Any, receiver: Any) -> None:
    receiver.on("/hook", answer(200), method="POST")
    async with desk_with(egress={"allow_origins": [receiver.url]}) as desk:
        await desk.run("1 / 0", webhook_url=f"{receiver.url}/hook")
        (sent,) = await receiver.wait_for(1, "/hook", patience=40)
        assert (sent.json()["code"], sent.json()["message"]["error_type"]) == (400, "ZeroDivisionError")


def is_signed(received: Any, secret: str) -> bool:
    """As Standard Webhooks says: HMAC-SHA256 of id, time stamp and body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    named = f"{received.headers['webhook-id']}.{received.headers['webhook-timestamp']}.".encode()
    wanted = base64.b64encode(hmac.new(key, named + received.body, hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in received.headers["webhook-signature"].split()


async def test_the_output_of_a_run_is_followed_while_it_runs(light: Desk) -> None:
    code = "import time\nprint('one', flush=True)\ntime.sleep(0.3)\nprint('two')\nreturn 1"
    running = asyncio.create_task(light.run(code, id="followed"))
    service = light.services.get(Jobs)
    found = await until(lambda: followed(service))
    news = await service.follow(ONE, found[0].job.id)
    lines = [one.text async for one in news if hasattr(one, "text")]
    assert lines == ["one", "two"]
    assert (await running).status_code == 200


async def followed(service: Jobs) -> list[Any]:
    recent = await service.recent(ONE, "execute-python", 60, 1000)
    return [found for found in recent if (found.job.parameters or {}).get("id") == "followed"]


async def two_wait(service: Jobs) -> bool:
    return await service.waiting("execute-python") == 2


async def until(look: Callable[[], Awaitable[Any]], patience: float = 20.0) -> Any:
    """What `look` finds, as soon as it finds something; another process may be the one that makes it true."""
    async with asyncio.timeout(patience):
        while not (found := await look()):  # noqa: ASYNC110  rows have no event to wait for
            await asyncio.sleep(0.01)
    return found
