"""Scripts run over the API, as jobs."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from pegboard import Principal
from pegboard.testing import caller, client
from pegboard_jobs import Jobs
from pegboard_store import Store

pytestmark = pytest.mark.anyio

ADA = caller("scripts:write", "jobs:write", id="ada", tenant="acme")
BOB = caller("scripts:write", "jobs:write", id="bob", tenant="acme")
SECRET = "correct-horse-battery"

LOGIN = """# /// pegboard-script
# [[parameters]]
# name = "password"
# type = "secret"
# pass = "environment"
# required = true
# [[parameters]]
# name = "loud"
# type = "boolean"
# default = false
# ///
import os, sys
print("the password is", os.environ["PASSWORD"])
print("arguments:", open("/proc/self/cmdline").read()[::-1])  # backwards: nothing masks what must not be there
print("result: " + '{"password": "%s"}' % os.environ["PASSWORD"])
if "--loud" in sys.argv:
    raise SystemExit(os.environ["PASSWORD"])
"""

READER = """# /// pegboard-script
# resumes = true
# [[parameters]]
# name = "source"
# type = "file"
# extensions = [".csv"]
# required = true
# ///
import pathlib, sys
source = pathlib.Path(sys.argv[1].partition("=")[2])
print(source.name, source.read_text().strip())
pathlib.Path("copy.csv").write_text(source.read_text().upper())
print("artifact: copy.csv")
print("artifact: ../../outside")
"""

STEPS = """# /// pegboard-script
# resumes = true
# ///
import pathlib
done = pathlib.Path("done")
if not done.exists():
    done.touch()
    raise SystemExit("failed in the middle")
print("went on")
"""

CLOSED = """# /// pegboard-script
# scopes = ["imports:admin"]
# ///
print("in")
"""


@pytest.fixture
def programs(folder: Path, tmp_path: Path) -> Path:
    for name, source in {"login": LOGIN, "reader": READER, "steps": STEPS, "closed": CLOSED}.items():
        (folder / f"{name}.py").write_text(source)
    files = tmp_path / "open"
    files.mkdir()
    (files / "day.csv").write_text("mon,1\n")
    (files / "out.csv").symlink_to("/etc/hostname")
    return files


@pytest.fixture
async def runs(database_url: str, app_with: Any, programs: Path) -> AsyncIterator[Any]:
    async with client(app_with(database_url, files=str(programs))) as http:
        yield http


async def execute(http: Any, name: str, by: Any = ADA, **values: Any) -> Any:
    parameters = [{"name": key, "value": value} for key, value in values.items()]
    return await http.post("/api/scripts/execute", json={"script_name": name, "parameters": parameters}, headers=by)


async def ended(http: Any, answer: Any, by: str = "ada") -> Any:
    assert answer.status_code == 201, answer.text
    assert answer.json()["message"] == "Job created successfully"
    job = answer.json()["job_id"]
    found = await http.app.state.board.services.get(Jobs).wait(Principal(by, "acme"), job, 20)
    assert found.final, found
    return (await http.get(f"/api/jobs/{job}", headers=caller("jobs:read", id=by, tenant="acme"))).json()


def files_of(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def log(http: Any, job: Any) -> str:
    return str((await http.get(f"/api/jobs/{job['id']}/logs", headers=ADA)).text)


async def test_a_script_runs_as_a_job_with_its_output_and_result(runs: Any) -> None:
    job = await ended(runs, await execute(runs, "count", limit=4))
    assert (job["status"], job["script_name"], job["result"]) == ("completed", "count", {"counted": 4})
    assert (job["progress"], job["exit_code"]) == (100.0, 0)
    assert job["parameters"] == [{"name": "limit", "value": 4}]
    assert (await log(runs, job)).splitlines()[:4] == ["1", "2", "3", "4"]


async def test_every_wrong_parameter_is_named_and_nothing_is_submitted(runs: Any) -> None:
    answer = await execute(runs, "count", limit=0, colour="red")
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:pegboard:problem:invalid-parameters")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/parameters/0/value", "/parameters/1/name"]
    unknown = await execute(runs, "cuont")
    assert (unknown.status_code, "count" in unknown.json()["detail"]) == (404, True)
    assert (await runs.get("/api/jobs", headers=ADA)).json()["jobs"] == []


async def test_a_secret_parameter_is_nowhere(runs: Any, tmp_path: Path, caplog: Any) -> None:
    job = await ended(runs, await execute(runs, "login", password=SECRET, loud=True))
    assert job["parameters"][0] == {"name": "password", "value": "***"}
    assert (job["status"], job["exit_code"]) == ("failed", 1)
    assert "the password is ***" in await log(runs, job)
    audit = await runs.get("/api/v1/audit", headers=caller("audit:read", id="boss", tenant="acme"))
    assert "scripts.execute" in audit.text
    everything = json.dumps(job) + await log(runs, job) + caplog.text + audit.text
    everything += everything[::-1]
    async with runs.app.state.board.services.get(Store).read() as session:
        for table in ("jobs_jobs", "jobs_attempts", "jobs_log"):
            everything += str((await session.execute(text(f"SELECT * FROM {table}"))).all())
    everything += "".join(path.read_bytes().decode("latin-1") for path in files_of(tmp_path))
    assert SECRET not in everything


async def test_an_upload_and_a_file_of_the_operator_are_read(runs: Any) -> None:
    sent = await runs.post("/api/files", files={"file": ("week.csv", b"tue,2\n")}, headers=ADA)
    for value, line in ((sent.json()["id"], "week.csv tue,2"), ("day.csv", "day.csv mon,1")):
        job = await ended(runs, await execute(runs, "reader", source=value))
        assert job["status"] == "completed", await log(runs, job)
        lines = (await log(runs, job)).splitlines()
        assert lines[0] == line
        assert any(said.startswith("artifact refused: ../../outside") for said in lines)
        listed = (await runs.get(f"/api/jobs/{job['id']}/artifacts", headers=ADA)).json()
        assert [one["name"] for one in listed] == ["copy.csv"]
    copied = await runs.get(f"/api/jobs/{job['id']}/artifacts/copy.csv", headers=ADA)
    assert copied.text == "MON,1\n"


@pytest.mark.parametrize(
    "value",
    [
        "../day.csv",
        "/etc/passwd.csv",
        "out.csv",
        "day.csv\0.csv",
        "a/../day.csv",
        "%2e%2e/day.csv",
        "missing.csv",
        "file_aaaaaaaaaaaaaaaaaaaa",
        "day.txt",
        7,
    ],
)
async def test_a_file_that_is_not_open_is_refused_before_anything_runs(runs: Any, value: Any) -> None:
    answer = await execute(runs, "reader", source=value)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:pegboard:problem:invalid-parameters")
    assert "source" in answer.json()["detail"]


async def test_an_upload_whose_name_ends_otherwise_is_refused(runs: Any) -> None:
    sent = await runs.post("/api/files", files={"file": ("week.txt", b"tue,2\n")}, headers=ADA)
    answer = await execute(runs, "reader", source=sent.json()["id"])
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (400, "/parameters/source")
    assert "week.txt does not end with .csv" in error["detail"]


async def test_an_upload_of_another_is_not_there(runs: Any) -> None:
    sent = await runs.post("/api/files", files={"file": ("week.csv", b"tue,2\n")}, headers=BOB)
    answer = await execute(runs, "reader", source=sent.json()["id"])
    assert (answer.status_code, "no upload" in answer.json()["detail"]) == (400, True)


async def test_a_script_that_resumes_goes_on_in_its_folder(runs: Any) -> None:
    job = await ended(runs, await execute(runs, "steps"))
    assert job["status"] == "failed"
    again = await runs.post(f"/api/jobs/{job['id']}/retry", headers=ADA)
    assert again.status_code == 200
    await runs.app.state.board.services.get(Jobs).wait(Principal("ada", "acme"), job["id"], 20)
    assert (await log(runs, job)).splitlines() == ["failed in the middle", "went on"]


async def test_a_script_may_need_a_scope_of_its_own(runs: Any) -> None:
    refused = await execute(runs, "closed")
    assert (refused.status_code, refused.json()["scopes"]) == (403, ["imports:admin"])
    boss = caller("scripts:write", "imports:admin", id="boss", tenant="acme")
    assert (await ended(runs, await execute(runs, "closed", boss), by="boss"))["status"] == "completed"


async def test_only_admins_go_before_others(runs: Any) -> None:
    body = {"script_name": "count", "options": {"priority": 5}}
    refused = await runs.post("/api/scripts/execute", json=body, headers=ADA)
    assert (refused.status_code, "jobs:admin" in refused.json()["detail"]) == (403, True)
    wrong = await runs.post("/api/scripts/execute", json=body | {"options": {"timeout": 0}}, headers=ADA)
    assert wrong.status_code == 422


async def test_a_run_may_be_given_less_time_than_its_script_has(runs: Any) -> None:
    body = {"script_name": "count", "parameters": [{"name": "limit", "value": 1_000_000}], "options": {"timeout": 0.05}}
    job = await ended(runs, await runs.post("/api/scripts/execute", json=body, headers=ADA))
    assert (job["status"], job["state"], job["limit"]) == ("failed", "timed_out", "wall")
