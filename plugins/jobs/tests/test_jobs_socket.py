"""The WebSocket: what is said there, what is refused, and ten readers of whom one does not read."""

import asyncio
import contextlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
import websockets

from pegboard.testing import caller, serve
from pegboard.testing.app import SocketRefused

from .conftest import ANN, Desk, Kinds, app_on

pytestmark = pytest.mark.anyio

READS = caller("jobs:read", id="ann", tenant="acme")


def ask(event: str, **data: Any) -> dict[str, Any]:
    return {"event": event, "data": data}


async def upto(socket: Any, event: str) -> list[dict[str, Any]]:
    """All messages up to the first of this event."""
    found: list[dict[str, Any]] = []
    while not found or found[-1]["event"] != event:
        found.append(await socket.receive_json(20))
    return found


async def test_a_job_is_replayed_and_followed_to_its_end(desk: Desk) -> None:
    job = await desk.submit("held")
    async with desk.http.websocket("/ws", headers=READS) as socket:
        await socket.send_json(ask("subscribe_job", job_id=job.id))
        assert await socket.receive_json() == ask("subscribed", job_id=job.id, **{"from": 0})
        assert await socket.receive_json() == ask("job_output", job_id=job.id, seq=0, line="begun 1")
        desk.kinds.gate.set()
        assert await socket.receive_json() == ask("job_completed", job_id=job.id, status="completed", state="completed")
    async with desk.http.websocket("/ws", headers=READS) as socket:
        await socket.send_json(ask("subscribe_job", job_id=job.id))
        assert [one["event"] for one in await upto(socket, "job_completed")] == [
            "subscribed",
            "job_output",
            "job_completed",
        ]


async def test_progress_stage_and_each_way_to_end_have_their_event(light: Desk) -> None:
    said, failed = await light.submit("says", ["a\nb\n"]), await light.submit("fails", "x")
    held = await light.submit("held")
    await light.until(held, lambda latest: latest.log_bytes > 0)
    await light.jobs.cancel(ANN, held.id)
    ends = {said.id: "job_completed", failed.id: "job_failed", held.id: "job_cancelled"}
    async with light.http.websocket("/ws", headers=READS) as socket:
        for job, end in ends.items():
            await socket.send_json(ask("subscribe_job", job_id=job, **{"from": 1}))
            found = await upto(socket, end)
            if job == said.id:
                assert found[1:4] == [
                    ask("job_output", job_id=job, seq=1, line="b"),
                    ask("job_stage", job_id=job, stage="said"),
                    ask("job_progress", job_id=job, progress=100.0),
                ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "invalid-message"),
        ("{", "invalid-message"),
        ("[]", "invalid-message"),
        ("null", "invalid-message"),
        ('{"event": "subscribe_job"}', "invalid-message"),
        ('{"event": "subscribe_job", "data": {"job_id": 5}}', "invalid-message"),
        ('{"event": "subscribe_job", "data": {"job_id": ""}}', "invalid-message"),
        ('{"event": "subscribe_job", "data": {"job_id": "job_x", "from": -1}}', "invalid-message"),
        ('{"event": "subscribe_job", "data": {"job_id": "job_x", "from": "0"}}', "invalid-message"),
        ('{"event": "subscribe_job", "data": {"job_id": "job_x", "from": true}}', "invalid-message"),
        ('{"event": "subscribe_job", "data": {"job_id": "job_x"}}', "job-not-found"),
        ('{"event": "unsubscribe_job", "data": {"job_id": "job_x"}}', "not-subscribed"),
        ('{"event": "subscribe", "data": {"job_id": "job_x"}}', "unknown-event"),
        ('{"event": {"a": 1}, "data": {}}', "unknown-event"),
        ("x" * 5000, "invalid-message"),
    ],
)
async def test_what_is_not_understood_is_told_and_the_connection_stays(light: Desk, text: str, code: str) -> None:
    async with light.http.websocket("/ws", headers=READS) as socket:
        await socket.send_text(text)
        answer = await socket.receive_json()
        assert (answer["event"], answer["data"]["code"]) == ("error", code)
        assert answer["data"]["message"]
        await socket.send_bytes(b"\xff")
        assert (await socket.receive_json())["data"]["code"] == "invalid-message"


async def test_a_job_of_others_is_not_there_and_no_scope_is_refused(light: Desk) -> None:
    job = await light.submit("held")
    other = caller("jobs:read", id="bob", tenant="acme")
    async with light.http.websocket("/ws", headers=other) as socket:
        await socket.send_json(ask("subscribe_job", job_id=job.id))
        assert (await socket.receive_json())["data"]["code"] == "job-not-found"
    for headers, status in ((caller("scripts:read", id="ann", tenant="acme"), 403), ({}, 401)):
        with pytest.raises(SocketRefused) as refused:
            async with light.http.websocket("/ws", headers=headers):
                pass
        assert refused.value.response.status_code == status


async def test_who_unsubscribes_hears_no_more_and_may_subscribe_again(light: Desk) -> None:
    job = await light.submit("held")
    async with light.http.websocket("/ws", headers=READS) as socket:
        await socket.send_json(ask("subscribe_job", job_id=job.id))
        await upto(socket, "job_output")
        await socket.send_json(ask("unsubscribe_job", job_id=job.id))
        assert (await socket.receive_json())["event"] == "unsubscribed"
        light.kinds.gate.set()
        await light.ended(job)
        await socket.send_json(ask("subscribe_job", job_id=job.id))
        assert [one["event"] for one in await upto(socket, "job_completed")][:2] == ["subscribed", "job_output"]


async def test_subscribing_once_more_starts_again_from_the_line(light: Desk) -> None:
    job = await light.ended(await light.submit("says", ["a\nb\nc\n"]))
    async with light.http.websocket("/ws", headers=READS) as socket:
        for line in (0, 2):
            await socket.send_json(ask("subscribe_job", job_id=job.id, **{"from": line}))
            found = await upto(socket, "job_completed")
            assert [one["data"]["line"] for one in found if one["event"] == "job_output"] == ["a", "b", "c"][line:]


async def test_of_ten_readers_one_does_not_read_and_nobody_waits_for_it(tmp_path: Path) -> None:
    kinds, count = Kinds(), 20_000
    app = app_on(f"sqlite:///{tmp_path / 'ten.db'}", tmp_path, kinds)
    async with serve(app) as url, contextlib.AsyncExitStack() as stack:
        desk = Desk(SimpleNamespace(app=app), kinds)
        job = await desk.submit("says", count)
        sockets = [
            await stack.enter_async_context(
                websockets.connect(f"ws{url.removeprefix('http')}/ws", additional_headers=READS, max_queue=4)
            )
            for _ in range(10)
        ]
        for socket in sockets:
            await socket.send(orjson.dumps(ask("subscribe_job", job_id=job.id)).decode())
        ended = await desk.ended(job)
        assert (ended.state, ended.log_lines) == ("completed", count), "the script waited for a reader"
        async with asyncio.timeout(60):
            await asyncio.gather(*(read(socket, count) for socket in sockets[1:]))
            await read(sockets[0], count)


async def read(socket: Any, count: int) -> None:
    """Every line once and in order, then the end."""
    wanted = 0
    while True:
        message = orjson.loads(await socket.recv())
        if message["event"] == "job_output":
            assert message["data"]["seq"] == wanted
            wanted += 1
        elif message["event"] == "job_completed":
            break
    assert wanted == count
