"""What every dispatcher keeps, tried on real processes.

class TestMine(JobDispatcherSuite):
    dispatcher = "mine"
    plugins = {"runner-mine": "pegboard_runner_mine"}

    @pytest.fixture(scope="class")
    def database(self, _postgresql_database): return _postgresql_database
"""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, ClassVar

import anyio
import attrs
import pytest

from pegboard.testing import Forking

from .processes import Desk, Stage, WorkerProcess, desk_at, origin
from .storm import storm

pytestmark = pytest.mark.anyio


@attrs.define(eq=False)
class Places:
    """A server and a worker that the tests of a class share; a test that kills one starts another."""

    stage: Stage
    desk: Desk
    workers: list[WorkerProcess] = attrs.field(factory=list)

    async def another(self) -> WorkerProcess:
        worker = await self.stage.worker()
        self.workers.append(worker)
        return worker

    async def one(self) -> WorkerProcess:
        """The only worker."""
        for worker in self.workers:
            worker.check()
        assert len(self.workers) <= 1, "a test left more than one worker"
        return self.workers[0] if self.workers else await self.another()

    async def kill(self, *workers: WorkerProcess) -> None:
        for worker in workers:
            await worker.kill()
            self.workers.remove(worker)


class JobDispatcherSuite:
    """Give `dispatcher`, the `plugins` that bring it, a `database` and, for what it needs, `options`."""

    dispatcher: ClassVar[str]
    plugins: ClassVar[Mapping[str, str]] = {}
    preload: ClassVar[Sequence[str]] = ()
    """Modules that they import late: processes are forked from one that has them."""
    lease: ClassVar[float] = 2.0
    long: ClassVar[float] = 5.0
    """Seconds that a long job takes: more than any time-out that the options set for messages."""
    patience: ClassVar[float] = 15.0
    """Seconds within which jobs are submitted while the broker is away: nobody waits for it, five times over."""

    @pytest.fixture(scope="class")
    @classmethod
    def options(cls) -> Mapping[str, str]:
        """Environment variables for servers and workers."""
        return {}

    @pytest.fixture(scope="class")
    @classmethod
    def broker(cls) -> Any:
        """Has `away()`, a context in which the broker cannot be reached; None where there is no broker."""
        return None

    @pytest.fixture(scope="class")
    @classmethod
    async def origin(cls, anyio_backend: str) -> AsyncIterator[Forking]:
        async with origin(*cls.plugins.values(), *cls.preload) as made:
            yield made

    @pytest.fixture(scope="class")
    @classmethod
    def stage(
        cls,
        tmp_path_factory: pytest.TempPathFactory,
        database: str,
        options: Mapping[str, str],
        origin: Forking,
    ) -> Stage:
        environ = {
            "TRIAL_PLUGINS": " ".join(f"{name}={module}" for name, module in cls.plugins.items()),
            "PEGBOARD_STORE__URL": database,
            "PEGBOARD_STORE__MIGRATE": "start",
            "PEGBOARD_JOBS__DISPATCHER": cls.dispatcher,
            "PEGBOARD_JOBS__LEASE": str(cls.lease),
            "PEGBOARD_JOBS__DRAIN": "0.2",
            "PEGBOARD_JOBS__WORKERS": "0",
        }
        return Stage(tmp_path_factory.mktemp("stage"), {**environ, **options}, origin)

    @pytest.fixture(scope="class")
    @classmethod
    async def places(cls, stage: Stage, anyio_backend: str) -> AsyncIterator[Places]:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(stage.server())
            desk = await stack.enter_async_context(desk_at(stage, server.url))
            places = Places(stage, desk)
            try:
                yield places
            finally:
                await places.kill(*places.workers)

    async def test_a_job_is_carried_out_once_and_its_log_is_whole(self, places: Places) -> None:
        await places.one()
        [job] = await places.desk.submit(lines=200)
        [ended] = await places.desk.ended(job)
        assert (ended["state"], ended["result"], ended["attempts"]) == ("completed", 1, 1), f"it ended as {ended}"
        assert await places.desk.lines(job, 1) == list(range(200)), "its log is not what it wrote"
        assert places.desk.begun(job) == 1, "it was begun more than once"

    async def test_what_is_rolled_back_was_never_submitted(self, places: Places) -> None:
        await places.one()
        refused = await places.desk.http.post("/trials", json={"count": 3, "roll_back": True})
        assert refused.status_code == 409, refused.text
        await places.desk.ended(*await places.desk.submit(count=3))
        for job in refused.json()["jobs"]:
            found = await places.desk.http.get(f"/api/jobs/{job}")
            assert found.status_code == 404, f"a submit that was rolled back left {found.text}"
            assert not places.desk.begun(job), "a job whose submit was rolled back was begun"

    async def test_a_job_whose_worker_is_killed_runs_again_within_two_leases(self, places: Places) -> None:
        doomed, desk, gate = await places.one(), places.desk, places.desk.gate()
        held = await desk.submit(count=places.stage.places, lines=30, gate=gate)
        for one in held:
            await desk.until(one, lambda job: job["log_lines"] == 30, "as far as it gets")
        await places.another()
        await desk.ended(*await desk.submit(count=4))  # only the other one has places for them: it has started
        killed = time.monotonic()
        await places.kill(doomed)
        for one in held:
            await desk.running(one, attempt=2)
        took = time.monotonic() - killed
        desk.open(gate)
        for ended in await desk.ended(*held):
            states = [attempt["state"] for attempt in await desk.attempts(ended["id"])]
            assert (ended["state"], states) == ("completed", ["lost", "completed"]), f"{ended}, after {states}"
            assert desk.begun(ended["id"]) == 2, "it was begun more often than its attempts say"
            for attempt in (1, 2):
                assert await desk.lines(ended["id"], attempt) == list(range(30)), (
                    f"attempt {attempt}: lines lost or doubled"
                )
        assert took <= 2 * self.lease, f"it was begun again after {took:.1f} s, and a lease is {self.lease:g} s"

    async def test_a_worker_that_is_stopped_leaves_its_job_to_others(self, places: Places) -> None:
        stopping, desk, gate = await places.one(), places.desk, places.desk.gate()
        [job] = await desk.submit(gate=gate)
        await desk.running(job)
        code = await stopping.stop()
        assert code == 0, f"after SIGTERM it ended with {code}:\n{stopping.told}"
        await places.kill(stopping)
        await places.another()
        await desk.running(job, attempt=2)
        desk.open(gate)
        [ended] = await desk.ended(job)
        states = [attempt["state"] for attempt in await desk.attempts(job)]
        assert (ended["state"], states) == ("completed", ["released", "completed"]), f"{ended}, after {states}"

    async def test_a_long_job_runs_once(self, places: Places) -> None:
        await places.one()
        lines = int(self.long * 10)
        [job] = await places.desk.submit(lines=lines, pause=0.1)
        [ended] = await places.desk.ended(job)
        assert (ended["state"], ended["attempts"]) == ("completed", 1), f"it ended as {ended}"
        assert places.desk.begun(job) == 1, "it was begun more than once"
        assert await places.desk.lines(job, 1) == list(range(lines)), "its log is not what it wrote"

    async def test_a_cancel_while_it_waits(self, places: Places) -> None:
        await places.one()
        desk, gate = places.desk, places.desk.gate()
        before = await desk.submit(count=places.stage.places, gate=gate)
        [job] = await desk.submit()
        answer = await desk.http.post(f"/api/jobs/{job}/cancel")
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled"), answer.text
        desk.open(gate)
        await desk.ended(*before, *await desk.submit(count=3))
        assert (await desk.job(job))["state"] == "cancelled", "a job that was cancelled changed its state"
        assert not desk.begun(job), "a job that was cancelled while it waited was begun"

    async def test_a_cancel_while_it_runs(self, places: Places) -> None:
        await places.one()
        desk = places.desk
        [job] = await desk.submit(gate=desk.gate())
        await desk.running(job)
        answer = await desk.http.post(f"/api/jobs/{job}/cancel")
        assert answer.status_code == 200, answer.text
        [ended] = await desk.ended(job)
        assert ended["state"] == "cancelled", f"a job that was cancelled ended as {ended}"
        await desk.ended(*await desk.submit(count=4))
        assert desk.begun(job) == 1, "a job that was cancelled was begun again"

    async def test_a_cancel_after_its_end_is_refused(self, places: Places) -> None:
        await places.one()
        [job] = await places.desk.submit()
        await places.desk.ended(job)
        answer = await places.desk.http.post(f"/api/jobs/{job}/cancel")
        assert (answer.status_code, (await places.desk.job(job))["state"]) == (400, "completed"), answer.text

    async def test_what_is_told_twice_is_carried_out_once(self, places: Places) -> None:
        await places.one()
        desk, gate = places.desk, places.desk.gate()
        [held] = await desk.submit(gate=gate)
        await desk.running(held)
        await desk.wake(20)
        many = await desk.submit(count=20)
        await desk.wake(40)
        await desk.ended(*many)
        desk.open(gate)
        await desk.ended(held)
        often = {job: desk.begun(job) for job in (held, *many) if desk.begun(job) != 1}
        assert not often, f"jobs were begun so often: {often}"

    async def test_a_higher_priority_goes_first(self, places: Places) -> None:
        await places.one()
        desk, gate = places.desk, places.desk.gate()
        before = await desk.submit(count=places.stage.places, gate=gate)
        for one in before:
            await desk.running(one)
        low, high = await desk.submit(count=3), await desk.submit(count=3, priority=10)
        desk.open(gate)
        ended = {job["id"]: job["started_at"] for job in await desk.ended(*before, *low, *high)}
        assert max(ended[job] for job in high) <= min(ended[job] for job in low), f"they started at {ended}"

    async def test_users_take_turns(self, places: Places) -> None:
        await places.one()
        desk, first, then = places.desk, places.desk.gate(), places.desk.gate()
        before = await desk.submit("eve", count=places.stage.places, gate=first)
        for one in before:
            await desk.running(one)
        many, few = await desk.submit("ann", count=4, gate=then), await desk.submit("bob", gate=then)
        desk.open(first)
        await desk.running(few[0])
        running = [job for job in many if (await desk.job(job))["state"] == "running"]
        desk.open(then)
        await desk.ended(*before, *many, *few)
        assert len(running) < places.stage.places, "one user had all places while another waited"

    async def test_a_broker_that_is_away_delays_jobs_and_loses_none(self, places: Places, broker: Any) -> None:
        if broker is None:
            pytest.skip(f'dispatcher "{self.dispatcher}" has no broker')
        await places.one()
        desk, gate = places.desk, places.desk.gate()
        # no place is free: a message that has left the broker before could bring a job to one
        before = await desk.submit(count=places.stage.places, gate=gate)
        for one in before:
            await desk.running(one)
        async with broker.away():
            with anyio.fail_after(self.patience):
                jobs = await desk.submit(count=5)
            assert {(await desk.job(job))["state"] for job in jobs} == {"queued"}, "they are not in the queue"
            desk.open(gate)
        for ended in await desk.ended(*before, *jobs):
            assert (ended["state"], ended["attempts"]) == ("completed", 1), f"it ended as {ended}"

    async def test_nothing_is_lost_or_doubled_in_a_storm(self, places: Places, database: str) -> None:
        """500 jobs, while servers, workers and connections to the database are killed at random instants."""
        await places.kill(*places.workers)
        await storm(places.stage, database, jobs=500)
