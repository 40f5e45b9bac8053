"""Several processes over one database: they write the same records, delete a type under each other, and export."""

import re
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx
import pytest

from pegboard.testing import Forking, ServerProcess, caller, forking

pytestmark = pytest.mark.anyio

NEEDED = {"records", "store"}
NEEDLESS = ",".join(sorted(entry_points(group="pegboard.plugin.v1").names - NEEDED))
PRELOAD = ("aiosqlite", "alembic.runtime.migration", "asyncpg")
MANY, FEW = 50_000, 1_000
MIB = 1024 * 1024


@pytest.fixture(scope="module")
async def servers() -> AsyncIterator[Forking]:
    async with forking(preload=PRELOAD, environ={"PEGBOARD_DISABLE": NEEDLESS}) as made:
        yield made


@attrs.frozen
class Office:
    """Two server processes over one database, and a tenant's client of each."""

    processes: list[ServerProcess]
    clients: list[httpx.AsyncClient]

    async def type(self, id: str) -> None:
        made = await self.clients[0].post("/api/v1/shard-types", json={"id": id})
        assert made.status_code == 201, made.text

    async def total(self, id: str) -> int:
        """Records of a type, soft-deleted ones among them."""
        query = f"/api/v1/shards?type={id}&includeDeleted=true&limit=1"
        found: int = (await self.clients[0].get(query)).json()["total"]
        return found


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def processes(
    request: pytest.FixtureRequest, servers: Forking, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[ServerProcess]]:
    folder = tmp_path_factory.mktemp("processes")
    url = f"sqlite:///{folder}/test.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("_postgresql_database")
    environ = {"DATABASE_URL": url, "PEGBOARD_STORE__MIGRATE": "start", "PEGBOARD_DISABLE": NEEDLESS}
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(servers.served(folder, environ=environ)) for _ in range(2)]


@pytest.fixture
async def office(processes: list[ServerProcess]) -> AsyncIterator[Office]:
    """A new tenant's, once on SQLite and once on PostgreSQL."""
    headers = caller("*", tenant=f"tenant-{secrets.token_hex(4)}", id="ada")
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                httpx.AsyncClient(base_url=process.url, headers=headers, timeout=60, trust_env=False)
            )
            for process in processes
        ]
        yield Office(processes, clients)


def batch(type: str, first: int, count: int, **data: Any) -> dict[str, Any]:
    items = [{"externalId": f"{n:06d}", "data": {"n": n, **data}} for n in range(first, first + count)]
    return {"type": type, "items": items}


async def test_two_processes_that_write_the_same_records_make_each_once_and_count_right(office: Office) -> None:
    """Forwards and backwards in pages that overlap, and every second page the same from both."""
    await office.type("c_thing")
    counts = dict.fromkeys(("created", "updated", "unchanged", "failed", "superseded"), 0)

    async def write(number: int) -> None:
        for page in range(10):
            place = page if number else 9 - page
            body = batch("c_thing", place * 50, 100, by=number if place % 2 else "both")
            answer = await office.clients[number].post("/api/v1/shards/batch", json=body)
            assert answer.status_code == 200, answer.text
            for name in counts:
                counts[name] += answer.json()[name]

    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            group.start_soon(write, 0)
            group.start_soon(write, 1)
    found = (await office.clients[0].get("/api/v1/shards?type=c_thing&limit=1000")).json()
    assert found["total"] == counts["created"] == 550
    assert len({one["externalId"] for one in found["shards"]}) == 550
    assert sum(counts.values()) == 2 * 10 * 100
    assert (counts["failed"], counts["superseded"]) == (0, 0)
    assert sum(one["revision"] for one in found["shards"]) == counts["created"] + counts["updated"]


async def write_on(
    client: httpx.AsyncClient, type: str, until: int, came: anyio.Event, answers: list[httpx.Response]
) -> None:
    """Batch after batch until one is refused; `came` is set behind so many."""
    for page in range(500):
        answers.append(await client.post("/api/v1/shards/batch", json=batch(type, page * 50, 50)))
        if page == until:
            came.set()
        if answers[-1].status_code != 200:
            return


@pytest.mark.parametrize("until", range(4))
async def test_a_type_that_is_deleted_under_a_writer_leaves_no_record_behind(office: Office, until: int) -> None:
    """Whoever writes afterwards is told that the type is not there; half a batch is nowhere."""
    writer, other = office.clients
    await office.type("c_gone")
    came, answers = anyio.Event(), list[httpx.Response]()
    with anyio.fail_after(60):
        async with anyio.create_task_group() as group:
            group.start_soon(write_on, writer, "c_gone", until, came, answers)
            await came.wait()
            refused = await other.delete("/api/v1/shard-types/c_gone")
            assert (refused.status_code, refused.json()["type"]) == (409, "urn:pegboard:problem:shard-type-in-use")
            deleted = await other.delete("/api/v1/shard-types/c_gone?records=delete")
            assert deleted.status_code == 204, deleted.text
    assert len(answers) > until + 1
    assert {one.status_code for one in answers[:-1]} == {200}
    assert answers[-1].status_code == 404
    assert answers[-1].json()["type"] == "urn:pegboard:problem:shard-type-not-found"
    await office.type("c_gone")
    assert await office.total("c_gone") == 0, "a record of the old type would be one of the new"


def peak(process: ServerProcess) -> int:
    """The most memory that a process has had since `forget_peak`, in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]


def forget_peak(process: ServerProcess) -> None:
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")


async def exported(client: httpx.AsyncClient, type: str, form: str) -> tuple[int, int]:
    """Lines and bytes of an export, read as they come."""
    lines = size = 0
    async with client.stream("GET", f"/api/v1/shards/export?type={type}&format={form}") as answer:
        assert answer.status_code == 200
        async for part in answer.aiter_bytes():
            lines, size = lines + part.count(b"\n"), size + len(part)
    return lines, size


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="Linux tells the peak of a process")
async def test_the_memory_of_an_export_does_not_grow_with_its_records(office: Office) -> None:
    """One process writes them; the other one, which has never had a record in its hands, exports them."""
    (client, other), process = office.clients, office.processes[0]
    for type, count in (("c_few", FEW), ("c_many", MANY)):
        await office.type(type)
        for first in range(0, count, 1000):
            answer = await other.post("/api/v1/shards/batch", json=batch(type, first, 1000, text="x" * 100))
            assert answer.json()["created"] == 1000, answer.text
    for form, heading in (("jsonl", 0), ("csv", 1)):
        await exported(client, "c_few", form)  # what is made once
        forget_peak(process)
        assert (await exported(client, "c_few", form))[0] == FEW + heading
        before = peak(process)
        lines, size = await exported(client, "c_many", form)
        grown = peak(process) - before
        assert (lines, size > 10 * MIB) == (MANY + heading, True)
        assert grown < 4 * MIB, f"{form}: {grown / MIB:.1f} MiB more for {size / MIB:.0f} MiB"
