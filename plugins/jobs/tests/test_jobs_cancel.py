"""Cancelling and trying again; who may."""

import asyncio
from typing import Any

import pytest

from pegboard import Principal, Problem
from pegboard.testing import caller
from pegboard.testing.census import alive

from .conftest import ANN, ANN_SENDS, Desk, until

pytestmark = pytest.mark.anyio

BOB_SENDS = caller("jobs:write", id="bob", tenant="acme")
BOSS_SENDS = caller("jobs:admin", id="boss", tenant="acme")
STRANGER_SENDS = caller("*", id="ann", tenant="other")

STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(600)
    os._exit(0)
print("started", flush=True)
time.sleep(600)
"""


async def send(desk: Desk, job: str, verb: str, by: Any = ANN_SENDS) -> Any:
    return await desk.http.post(f"/api/jobs/{job}/{verb}", headers=by)


async def test_what_waits_is_cancelled_at_once(desk_with: Any) -> None:
    async with desk_with(workers=0) as desk:
        job = await desk.submit("echo")
        answer = await send(desk, job.id, "cancel")
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
        assert desk.kinds.ended == [(job.id, "cancelled")]
        again = await send(desk, job.id, "cancel")
        assert (again.status_code, again.json()["type"]) == (400, "urn:pegboard:problem:job-over")


async def test_what_runs_is_cancelled_and_ends_as_cancelled(desk: Desk) -> None:
    job = await desk.submit("held")
    await until(lambda: bool(desk.kinds.began))
    answer = await send(desk, job.id, "cancel")
    assert (answer.status_code, answer.json()["status"], answer.json()["cancelling"]) == (200, "running", True)
    assert (await desk.ended(job)).state == "cancelled"


async def test_a_script_that_does_not_listen_leaves_no_process(desk: Desk) -> None:
    job = await desk.submit("script", [__import__("sys").executable, "-c", STUBBORN])
    await desk.until(job, lambda latest: latest.log_bytes > len("started\n") + 1)
    child = next(int(line) for line in (await desk.text(job)).split() if line.isdigit())
    await send(desk, job.id, "cancel")
    ended = await desk.ended(job)
    assert (ended.state, ended.signal) == ("cancelled", 9)
    await until(lambda: not alive(child))


async def test_cancel_against_finish_has_one_outcome_each_time(desk: Desk) -> None:
    outcomes = set()
    for number in range(200 if desk.services.get(type(desk.jobs)) else 0):
        job = await desk.submit("echo", number)
        for _ in range(number % 7):
            await asyncio.sleep(0)
        answer = await send(desk, job.id, "cancel")
        ended = await desk.ended(job)
        assert (answer.status_code, ended.state) in {(200, "cancelled"), (400, "completed")}
        outcomes.add(ended.state)
    states = [state for _, state in desk.kinds.ended]
    assert len(states) == 200, "each job ends once"
    assert outcomes <= {"cancelled", "completed"}


async def test_a_job_that_failed_is_tried_again_with_the_same_parameters(desk: Desk) -> None:
    job = await desk.ended(await desk.submit("fails", "why", parameters={"a": 1}))
    answer = await send(desk, job.id, "retry")
    assert (answer.status_code, answer.json()["status"]) == (200, "pending")
    ended = await desk.ended(job)
    assert (ended.attempts, ended.state, ended.parameters) == (2, "failed", {"a": 1})
    listed = (await desk.http.get(f"/api/jobs/{job.id}/attempts", headers=ANN_SENDS)).json()
    assert [(one["number"], one["state"], one["exit_code"]) for one in listed] == [(1, "failed", 3), (2, "failed", 3)]


async def test_a_cancelled_job_can_be_tried_again(desk: Desk) -> None:
    job = await desk.submit("held")
    await until(lambda: bool(desk.kinds.began))
    await send(desk, job.id, "cancel")
    await desk.ended(job)
    desk.kinds.gate.set()
    await send(desk, job.id, "retry")
    assert (await desk.ended(job)).state == "completed"


async def test_a_job_that_is_cancelled_before_its_next_attempt_shows_the_one_that_it_had(desk_with: Any) -> None:
    async with desk_with(workers=1) as desk:
        job = await desk.ended(await desk.submit("fails", "why"))
        await desk.submit("held")
        await until(lambda: "held" in desk.kinds.began)
        await desk.jobs.retry(ANN, job.id)
        assert (await desk.jobs.cancel(ANN, job.id)).state == "cancelled"
        [only] = await desk.jobs.attempts(ANN, job.id)
        assert (only.number, only.state, only.error, only.exit_code) == (1, "failed", "it was asked to", 3)


@pytest.mark.parametrize(("kind", "code"), [("echo", "job-completed"), ("held", "job-not-over")])
async def test_what_did_well_or_has_not_ended_is_not_tried_again(light: Desk, kind: str, code: str) -> None:
    job = await light.submit(kind)
    if kind == "echo":
        await light.ended(job)
    answer = await send(light, job.id, "retry")
    assert (answer.status_code, answer.json()["type"]) == (400, f"urn:pegboard:problem:{code}")


@pytest.mark.parametrize("path", ["", "/logs", "/artifacts", "/attempts", "/artifacts/x", "/cancel", "/retry"])
@pytest.mark.parametrize("by", [BOB_SENDS, STRANGER_SENDS], ids=["another user", "another tenant"])
async def test_a_job_of_others_is_not_there(light: Desk, path: str, by: Any) -> None:
    job = await light.submit("held")
    method = "POST" if path in ("/cancel", "/retry") else "GET"
    answer = await light.http.request(method, f"/api/jobs/{job.id}{path}", headers=by)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:pegboard:problem:job-not-found")
    assert (await light.http.get("/api/jobs", headers=by)).json()["jobs"] == []


async def test_an_admin_sees_and_cancels_all_jobs_of_the_tenant(light: Desk) -> None:
    job = await light.submit("held")
    listed = (await light.http.get("/api/jobs", headers=BOSS_SENDS)).json()
    assert [one["id"] for one in listed["jobs"]] == [job.id]
    assert (await send(light, job.id, "cancel", BOSS_SENDS)).status_code == 200
    assert (await light.ended(job)).state == "cancelled"


async def test_lists_are_paged_and_filtered(light: Desk) -> None:
    jobs = [await light.submit("echo", n, subject="s" if n % 2 else "") for n in range(5)]
    failed = await light.ended(await light.submit("fails"))
    for job in jobs:
        await light.ended(job)

    async def listed(query: str) -> Any:
        return (await light.http.get(f"/api/jobs?{query}", headers=ANN_SENDS)).json()

    page = await listed("per_page=2&page=2")
    assert [one["id"] for one in page["jobs"]] == [jobs[3].id, jobs[2].id]
    assert page["pagination"]["total_items"] == 6
    assert [one["id"] for one in (await listed("status=failed"))["jobs"]] == [failed.id]
    assert len((await listed("subject=s"))["jobs"]) == 2
    wrong = await light.http.get("/api/jobs?status=gone&sort=payload", headers=ANN_SENDS)
    assert wrong.status_code == 422


async def test_who_may_not_cancel_is_refused_within_the_app_too(light: Desk) -> None:
    job = await light.submit("held")
    with pytest.raises(Problem, match="there is no job"):
        await light.jobs.cancel(Principal("bob", "acme"), job.id)
    assert (await light.jobs.get(ANN, job.id)).state in ("queued", "running")
