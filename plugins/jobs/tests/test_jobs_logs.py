"""Logs: written whole, read by byte and by line, followed to the end."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from pegboard_jobs.following import LONGEST, EndNews, Line, LineReader, ProgressNews, StageNews
from pegboard_jobs.outgoing import Lines
from pegboard_jobs.reading import Log
from pegboard_jobs.sweeping import Sweeper
from pegboard_jobs.tables import jobs, log
from pegboard_store import Store

from .conftest import ANN, ANN_SENDS, Desk, opened, until

pytestmark = pytest.mark.anyio

EVENTS = ANN_SENDS | {"Accept": "text/event-stream"}


async def lines(desk: Desk, job: Any, first: int = 0) -> list[tuple[int, str]]:
    news = await desk.jobs.follow(ANN, job.id, first)
    return [(one.seq, one.text) async for one in news if isinstance(one, Line)]


async def test_a_log_is_followed_from_a_line_to_its_end(desk: Desk) -> None:
    texts = [f"{n}\n" * 50 for n in range(20)]
    job = await desk.submit("says", texts)
    wanted = list(enumerate("".join(texts).splitlines()))
    assert await lines(desk, job) == wanted
    for first in (1, 49, 50, 51, 777, 999, 1000, 5000):
        assert await lines(desk, job, first) == wanted[first:]


async def test_who_follows_from_the_start_is_told_everything_in_order(desk: Desk) -> None:
    job = await desk.submit("held")
    news = await desk.jobs.follow(ANN, job.id)
    assert await anext(news) == Line(0, "begun 1")
    desk.kinds.gate.set()
    assert [one async for one in news] == [EndNews("completed")]
    said = await desk.submit("says", ["x\n"])
    found = [one async for one in await desk.jobs.follow(ANN, said.id)]
    assert found == [Line(0, "x"), StageNews("said"), ProgressNews(100.0), EndNews("completed")]


async def test_bytes_that_are_no_text_are_kept_and_shown_replaced(desk: Desk) -> None:
    job = await desk.ended(await desk.submit("script", ["/bin/sh", "-c", r"printf 'a\377b\000c\nlast'"]))
    raw = await desk.http.get(f"/api/jobs/{job.id}/logs", headers=ANN_SENDS)
    assert raw.content == b"a\xffb\0c\nlast\n", "a line without an end gets one, all else is as it came"
    assert await lines(desk, job) == [(0, "a\ufffdb\0c"), (1, "last")]


async def test_a_log_that_is_too_long_is_cut_and_says_so(desk_with: Any) -> None:
    async with desk_with(log_bytes=2000) as desk:
        job = await desk.ended(await desk.submit("says", ["0123456789\n"] * 1000))
        text = await desk.text(job)
        assert (job.log_cut, job.state) == (True, "completed")
        assert text.startswith("0123456789\n" * 100)
        assert text.endswith("[the log is cut off here: it may have 2000 bytes]\n")
        assert len(text) < 2200


async def test_a_long_line_is_shown_shortened_and_kept_whole(light: Desk) -> None:
    job = await light.ended(await light.submit("says", ["y" * 300_000, "\nnext\n"]))
    assert len(await light.text(job)) == 300_006
    (first, second) = await lines(light, job)
    assert (len(first[1]), second) == (LONGEST + len(" [...]"), (1, "next"))


async def test_the_tail_waits_for_more(desk: Desk) -> None:
    job = await desk.submit("held")
    url = f"/api/jobs/{job.id}/logs"
    first = await desk.http.get(f"{url}?offset=0&wait=20", headers=ANN_SENDS)
    assert (first.text, first.headers["x-log-offset"], first.headers["x-job-status"]) == ("begun 1\n", "8", "running")
    waiting = asyncio.create_task(desk.http.get(f"{url}?offset=8&wait=20", headers=ANN_SENDS))
    await asyncio.sleep(0)
    desk.kinds.gate.set()
    last = await waiting
    assert (last.text, last.headers["x-job-status"]) == ("", "completed")
    over = await desk.http.get(f"{url}?offset=99999", headers=ANN_SENDS)
    assert (over.status_code, over.text) == (200, "")


async def test_a_download_has_a_name(light: Desk) -> None:
    job = await light.ended(await light.submit("says", ["x\n"]))
    answer = await light.http.get(f"/api/jobs/{job.id}/logs?download=true", headers=ANN_SENDS)
    assert answer.headers["content-disposition"] == f'attachment; filename="{job.id}.log"'


async def test_server_sent_events_go_on_behind_the_last_line(desk: Desk) -> None:
    job = await desk.ended(await desk.submit("says", ["a\nb\nc\n"]))
    whole = await desk.http.get(f"/api/jobs/{job.id}/logs", headers=EVENTS)
    assert whole.headers["content-type"].startswith("text/event-stream")
    events = [event.split("\n") for event in whole.text.strip().split("\n\n")]
    assert [event[0] for event in events[:3]] == ["event: job_output"] * 3
    assert [event[1] for event in events[:3]] == ["id: 0", "id: 1", "id: 2"]
    assert orjson.loads(events[0][2].removeprefix("data: ")) == {"job_id": job.id, "seq": 0, "line": "a"}
    assert events[-1][0] == "event: job_completed"
    rest = await desk.http.get(f"/api/jobs/{job.id}/logs", headers=EVENTS | {"Last-Event-ID": "1"})
    assert rest.text.startswith("event: job_output\nid: 2\n")
    wrong = await desk.http.get(f"/api/jobs/{job.id}/logs", headers=EVENTS | {"Last-Event-ID": "x"})
    assert (wrong.status_code, wrong.json()["type"]) == (400, "urn:pegboard:problem:invalid-event-id")


PIECES = st.lists(st.tuples(st.sampled_from(["stdout", "stderr"]), st.binary(max_size=20)), max_size=30)


@given(PIECES)
def test_two_streams_in_one_log_lose_nothing_and_keep_lines_whole(pieces: list[tuple[str, bytes]]) -> None:
    held, written = Lines(), b""
    for stream, data in pieces:
        written += held.take(stream, data)
    written += held.old(last=True)
    assert len(written) == sum(len(data) for _, data in pieces)
    for stream in ("stdout", "stderr"):
        whole = b"".join(data for name, data in pieces if name == stream)
        for line in whole.split(b"\n")[:-1]:
            assert line + b"\n" in written


@given(
    st.lists(st.binary(min_size=1, max_size=30).map(lambda data: data.replace(b"\x01", b"\n")), max_size=20), st.data()
)
def test_lines_are_the_same_wherever_the_log_was_cut_into_chunks(chunks: list[bytes], data: Any) -> None:
    reader, found = LineReader(None, 0), []  # type: ignore[arg-type]
    for chunk in chunks:
        found += list(reader._split(chunk))
    *whole, _ = b"".join(chunks).split(b"\n")
    assert [line.text for line in found] == [one.removesuffix(b"\r").decode("utf-8", "replace") for one in whole]


async def test_every_line_is_found_whatever_the_chunks(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path / 'chunks.db'}", tmp_path, flush=0.0001) as desk:
        texts = [("ab\ncd" if n % 3 else "\n\nlong-") + str(n) for n in range(60)]
        job = await desk.ended(await desk.submit("says", texts))
        wanted = list(enumerate("".join(texts).split("\n")))
        async with desk.services.get(Store).read() as session:
            assert len((await session.execute(select(log.c.offset))).all()) >= 1
        found = await desk.jobs.find(ANN, job.id)
        for first in range(len(wanted) + 1):
            reader = LineReader(Log(desk.services.get(Store), found.seq), first)
            some = [(one.seq, one.text) async for one in reader.upto(job.log_bytes, True)]
            assert some == wanted[first:]


async def test_with_a_folder_of_logs_each_job_has_a_file_until_it_is_forgotten(tmp_path: Path) -> None:
    url, logs = f"sqlite:///{tmp_path / 'files.db'}", tmp_path / "logs"
    async with opened(url, tmp_path, log_folder=str(logs)) as desk:
        job = await desk.ended(await desk.submit("script", ["/bin/sh", "-c", r"printf 'a\377b\n'; echo two"]))
        file = logs / "jobs" / f"{job.id}.log"
        # the log itself is in the database; its copy in a file is written once that is committed
        await until(lambda: file.exists() and len(file.read_bytes()) == job.log_bytes)
        assert file.read_bytes() == b"a\xffb\ntwo\n"
        async with desk.services.get(Store).begin() as session:
            await session.execute(update(jobs).values(ended_at=datetime(2020, 1, 1, tzinfo=UTC)))
        await desk.services.get(Sweeper).forget()
        assert not file.exists()
