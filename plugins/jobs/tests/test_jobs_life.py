"""From submitting to the end, on both databases."""

import asyncio
from typing import Any

import pytest

from pegboard import Problem
from pegboard_jobs import Submission
from pegboard_jobs.tables import metadata
from pegboard_store import Migrations, Store
from pegboard_store.testing import check_migrations

from .conftest import ANN, ANN_SENDS, Desk, until

pytestmark = pytest.mark.anyio


async def test_the_migrations_make_the_tables(database_url: str) -> None:
    line = Migrations("jobs", "Jobs", package="pegboard_jobs.migrations")
    await check_migrations(database_url, line, metadata)


async def test_a_job_is_carried_out_and_keeps_its_result(desk: Desk) -> None:
    job = await desk.submit("echo", {"n": 1}, title="first", parameters={"shown": True})
    assert (job.state, job.status, job.attempts) == ("queued", "pending", 0)
    ended = await desk.ended(job)
    assert (ended.state, ended.result, ended.attempts, ended.error) == ("completed", {"n": 1}, 1, "")
    assert ended.parameters == {"shown": True}
    assert ended.duration is not None
    assert desk.kinds.ended == [(job.id, "completed")]


async def test_what_is_rolled_back_was_never_submitted(desk: Desk) -> None:
    submitted = []

    async def submit_and_fail() -> None:
        async with desk.services.get(Store).begin() as session:
            submitted.append(await desk.jobs.submit(ANN, Submission("echo", title="never"), session=session))
            raise LookupError

    with pytest.raises(LookupError):
        await submit_and_fail()
    with pytest.raises(Problem, match="there is no job"):
        await desk.jobs.get(ANN, submitted[0].job.id)
    await desk.ended(await desk.submit("echo", title="after"))
    assert desk.kinds.began == ["after"]


async def test_a_job_of_a_transaction_that_commits_is_begun(desk: Desk) -> None:
    async with desk.services.get(Store).begin() as session:
        job = (await desk.jobs.submit(ANN, Submission("echo", 5), session=session)).job
    assert (await desk.ended(job)).result == 5


async def test_a_failure_says_why_and_an_error_of_ours_does_not(desk: Desk) -> None:
    failed = await desk.ended(await desk.submit("fails", "reason"))
    assert (failed.state, failed.error, failed.exit_code) == ("failed", "it was asked to", 3)
    assert failed.result == {"why": "reason"}
    broken = await desk.ended(await desk.submit("fails", "broken"))
    assert broken.state == "failed"
    assert "secret" not in broken.error


async def test_a_kind_may_ask_to_be_called_again_until_its_attempts_are_used_up(desk: Desk) -> None:
    done = await desk.ended(await desk.submit("again", 3, attempts=5))
    assert (done.state, done.result, done.attempts) == ("completed", 3, 3)
    given_up = await desk.ended(await desk.submit("again", 9, attempts=2))
    assert (given_up.state, given_up.error, given_up.attempts) == ("failed", "not yet", 2)


async def test_a_unique_key_is_one_job(desk: Desk) -> None:
    first = await desk.jobs.submit(ANN, Submission("echo", 1, unique="k"))
    second = await desk.jobs.submit(ANN, Submission("echo", 2, unique="k"))
    assert (first.new, second.new) == (True, False)
    assert second.job.id == first.job.id
    await desk.ended(first.job)
    third = await desk.jobs.submit(ANN, Submission("echo", 3, unique="k"))
    assert not third.new, "a key is kept as long as its job is"
    assert third.job.result == 1


async def test_a_result_that_json_cannot_hold_is_a_failure(desk: Desk) -> None:
    ended = await desk.ended(await desk.submit("gives", "object"))
    assert (ended.state, ended.result) == ("failed", None)
    assert "no JSON" in ended.error


async def test_a_result_with_a_character_that_no_database_takes_is_kept_without_it(desk: Desk) -> None:
    ended = await desk.ended(await desk.submit("gives"))
    assert ended.result == {"text": "nul \ufffd in it", "slash": "\\u0000", "object": None}
    with pytest.raises(ValueError, match="NUL"):
        await desk.submit("echo", "nul \0 in it")


async def test_a_script_runs_and_its_log_progress_result_and_files_are_kept(desk: Desk) -> None:
    program = "echo one; echo stage: two; echo progress: 40; echo hi > o.csv; echo artifact: o.csv; echo 'result: [1]'"
    job = await desk.ended(await desk.submit("script", ["/bin/sh", "-c", program]))
    assert (job.state, job.result, job.progress, job.stage, job.exit_code) == ("completed", [1], 40.0, "two", 0)
    assert (await desk.text(job)).splitlines()[0] == "one"
    assert job.log_lines == 5
    listed = (await desk.http.get(f"/api/jobs/{job.id}/artifacts", headers=ANN_SENDS)).json()
    assert [(one["name"], one["size"]) for one in listed] == [("o.csv", 3)]
    file = await desk.http.get(f"/api/jobs/{job.id}/artifacts/o.csv", headers=ANN_SENDS)
    assert (file.content, file.headers["content-disposition"]) == (b"hi\n", "attachment; filename*=UTF-8''o.csv")
    missing = await desk.http.get(f"/api/jobs/{job.id}/artifacts/..%2Fo.csv", headers=ANN_SENDS)
    assert missing.status_code == 404


async def test_a_script_that_fails_tells_its_exit_code(desk: Desk) -> None:
    job = await desk.ended(await desk.submit("script", ["/bin/sh", "-c", "echo no; exit 7"]))
    assert (job.state, job.exit_code, job.error) == ("failed", 7, "it ended with exit code 7")


async def test_who_waits_for_a_job_gets_it_when_it_has_ended(desk: Desk) -> None:
    found = await desk.jobs.run(ANN, Submission("echo", 5), 20)
    assert (found.job.state, found.job.result) == ("completed", 5)
    impatient = await desk.jobs.run(ANN, Submission("held"), 0.05)
    assert impatient.job.state == "running"
    desk.kinds.gate.set()
    assert (await desk.ended(impatient.job)).result == "let go"


async def test_who_waits_for_a_job_waits_its_turn(desk_with: Any) -> None:
    async with desk_with(workers=1) as desk:
        await desk.submit("held")
        waiting = [asyncio.create_task(desk.jobs.run(ANN, Submission("echo", n, title=str(n)), 20)) for n in range(5)]
        await until(lambda: bool(desk.kinds.began))
        desk.kinds.gate.set()
        assert [(await one).job.result for one in waiting] == [0, 1, 2, 3, 4]
