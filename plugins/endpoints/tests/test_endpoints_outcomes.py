"""Every way in which logic can end, and the limits exactly."""

import asyncio
import time
from typing import Any

import pytest

from pegboard import Ending, Failure, Isolation, Limits, Outcome
from pegboard.testing import answer
from pegboard_endpoints.errors import failed

pytestmark = pytest.mark.anyio

LOOP = """
def process_data(data, req, user):
    while True:  # infinite loop
        pass
    return {}
"""


def told(got: Any) -> tuple[int, str]:
    return got.status_code, got.json()["error_code"]


async def test_an_exception_has_the_body_of_the_contract_and_its_line(desk: Any) -> None:
    got = await desk.result("def process_data(data, req, user):\n    return data['missing_key']  # KeyError!\n")
    body = got.json()
    assert got.headers["content-type"] == "application/problem+json"
    assert {name: body[name] for name in ("detail", "error_code", "error_type")} == {
        "detail": "Code execution error: 'missing_key'",
        "error_code": "EXECUTION_ERROR",
        "error_type": "KeyError",
    }
    assert (got.status_code, body["status"], body["line"]) == (422, 422, 2)


@pytest.mark.parametrize(
    ("source", "kind", "line"),
    [
        ("return 1 / 0", "ZeroDivisionError", 2),
        ("x = 1\nreturn data.missing", "AttributeError", 3),
        ("raise ValueError('bad', 'worse')", "ValueError", 2),
        ("return int('x')", "ValueError", 2),
        ("def inner():\n    return [][1]\nreturn inner()", "IndexError", 3),
        ("class Own(Exception):\n    pass\nraise Own('mine')", "Own", 4),
        ("return undefined_name", "NameError", 2),
        ("import json\nreturn json.loads('{')", "JSONDecodeError", 3),
        ("assert data is None, 'not none'", "AssertionError", 2),
    ],
)
async def test_each_exception_is_told_by_its_type_and_line(desk: Any, source: str, kind: str, line: int) -> None:
    got = await desk.result(source)
    body = got.json()
    assert told(got) == (422, "EXECUTION_ERROR")
    assert (body["error_type"], body["line"]) == (kind, line)
    assert body["detail"].startswith("Code execution error: ")


async def test_an_exception_shows_nothing_of_the_machine(desk: Any) -> None:
    got = await desk.result("import json\nreturn json.loads(data['x'])", answer(json={"x": "{"}))
    for secret in ("/", "Traceback", "pegboard_", "site-packages"):
        assert secret not in got.json()["detail"]


async def test_code_over_time_and_a_queue_that_is_too_long(app_with: Any) -> None:
    """One worker: two loops of a tenant may run, two more after them; the last who wait never get their turn."""
    settings = {"plugins": {"sandbox-process": {"workers": 1}}}
    async with app_with(settings) as desk:
        loop = await desk.save(LOOP)
        quick = await desk.save("return 1")
        started = time.monotonic()
        calls = [asyncio.create_task(desk.execute(loop)) for _ in range(6)]
        over: list[Any] = []
        busy: list[Any] = []
        for ended in asyncio.as_completed(calls):
            got = await ended
            (over if got.status_code == 504 else busy).append((time.monotonic() - started, got))
            if len(over) == 4 and busy:
                break
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)

        for _, got in over:
            assert told(got) == (504, "TIMEOUT_ERROR")
            assert got.json()["detail"] == "Code execution exceeded time limit (5 seconds)"
            assert got.json()["status"] == 504
            assert float(got.headers["server-timing"].rpartition("dur=")[2]) >= 4900
        assert 4.9 < over[0][0] < 8
        for _, got in over[2:]:
            queued = float(got.headers["server-timing"].partition("queue;dur=")[2].partition(",")[0])
            assert queued >= 4900, "waiting is told apart from running"

        after, got = busy[0]
        assert 9.9 < after < 13
        assert told(got) == (503, "SANDBOX_BUSY")
        assert int(got.headers["retry-after"]) > 0
        assert "time limit" not in got.text
        # who gave up left no process behind that would hold the worker
        assert (await desk.execute(quick)).json() == 1


def test_who_is_turned_away_is_told_why() -> None:
    why = "No worker is free, and 500 calls of this tenant wait already"
    problem = failed(Outcome(Ending.BUSY, Isolation.L4, failure=Failure(why)), Limits())
    assert problem is not None
    assert (problem.status, problem.detail) == (503, f"{why}; try again")


async def test_memory_may_have_1024_mb_and_no_more(desk: Any) -> None:
    fits = await desk.result("x = bytes(900 * 1024 * 1024)\nreturn len(x)")
    assert fits.json() == 900 * 1024 * 1024
    over = await desk.result("x = bytes(1030 * 1024 * 1024)\nreturn len(x)")
    assert told(over) == (422, "MEMORY_LIMIT")
    assert "1024 MB" in over.json()["detail"]


async def test_a_list_that_grows_for_ever_meets_the_memory_limit(desk: Any) -> None:
    over = await desk.result("x = [0] * 1000000\nwhile True:\n    x = x + x")
    assert told(over) == (422, "MEMORY_LIMIT")


async def test_recursion_may_have_100_frames_of_the_users_own(desk: Any) -> None:
    logic = """
        def deep(n):
            return 0 if n == 0 else 1 + deep(n - 1)

        def process_data(data, request, user):
            return deep(data)
    """
    # process_data is the first frame, deep(n) adds n + 1
    widget = await desk.save(logic, answer(json=98), answer(json=99), answer(json=10_000))
    assert (await desk.execute(widget)).json() == 98
    for _ in range(2):
        over = await desk.execute(widget)
        assert told(over) == (422, "RECURSION_LIMIT")
        assert "100" in over.json()["detail"]


async def test_library_frames_are_not_counted(desk: Any) -> None:
    nested = "[" * 80 + "]" * 80
    got = await desk.result(f"import json\nreturn len(json.dumps(json.loads({nested!r})))")
    assert got.json() == 160


async def test_a_result_may_have_1_mib_and_not_a_byte_more(desk: Any) -> None:
    widget = await desk.save("return 'x' * data", answer(json=2**20 - 2), answer(json=2**20 - 1), answer(json=2**25))
    fits = await desk.execute(widget)
    assert (fits.status_code, len(fits.content)) == (200, 2**20)
    for _ in range(2):
        over = await desk.execute(widget)
        assert told(over) == (422, "RESULT_LIMIT")
        assert "1024 KiB" in over.json()["detail"]


async def test_output_may_have_256_kib_and_not_a_byte_more(desk: Any) -> None:
    widget = await desk.save(
        "print('x' * data)\nreturn 1", answer(json=2**18 - 1), answer(json=2**18), answer(json=2**24)
    )
    assert (await desk.execute(widget)).json() == 1
    for _ in range(2):
        over = await desk.execute(widget)
        assert told(over) == (422, "OUTPUT_LIMIT")
        assert "256 KiB" in over.json()["detail"]


@pytest.mark.parametrize(
    "value",
    [
        "{1, 2}",
        "lambda: 1",
        "request",
        "user",
        "{(1, 2): 3}",
        "float('nan')",
        "float('inf')",
        "b'x'",
        "[object()]",
        "1j",
        "(x for x in [1])",
        "__import__('datetime')",
    ],
)
async def test_what_is_no_json_is_told_so(desk: Any, value: str) -> None:
    created = await desk.call("POST", json=desk.draft(f"return {value}"))
    if created.status_code == 422:
        assert created.json()["error_code"] in ("INVALID_CODE", "FORBIDDEN_MODULE")
        return
    got = await desk.execute(created.json())
    assert got.status_code == 422, got.text
    assert told(got)[1] in ("RESULT_NOT_SERIALIZABLE", "EXECUTION_ERROR")


@pytest.mark.parametrize("value", ["{1, 2}", "lambda: 1", "{(1, 2): 3}", "float('nan')", "b'x'"])
async def test_a_value_that_json_lacks_is_not_serializable(desk: Any, value: str) -> None:
    got = await desk.result(f"return [{value}]")
    assert told(got) == (422, "RESULT_NOT_SERIALIZABLE")
    assert got.json()["detail"].startswith("The result is not JSON: ")


async def test_a_result_that_holds_itself_is_an_error(desk: Any) -> None:
    got = await desk.result("x = []\nx.append(x)\nreturn x")
    assert got.status_code == 422
    assert told(got)[1] in ("RESULT_NOT_SERIALIZABLE", "RECURSION_LIMIT")


async def test_a_crash_is_told_with_its_signal_and_harms_nobody(desk: Any) -> None:
    widget = await desk.save("import os\nos.abort()", data={"sandbox": "process"})
    got = await desk.execute(widget)
    assert told(got) == (422, "CRASHED")
    assert got.json()["signal"] in (6, 11), "the jail may refuse the first of the signals that abort() tries"
    assert (await desk.result("return 1", data={"sandbox": "process"})).json() == 1
    assert (await desk.result("return 1")).json() == 1


async def test_files_are_thrown_away_and_limited(desk: Any) -> None:
    logic = "with open('x', 'wb') as file:\n    file.write(bytes(data))\nreturn 1"
    widget = await desk.save(logic, answer(json=2**24), answer(json=2**24 + 1), data={"sandbox": "process"})
    assert (await desk.execute(widget)).json() == 1
    over = await desk.execute(widget)
    assert told(over) == (422, "FILES_LIMIT")
    assert "16 MB" in over.json()["detail"]


async def test_an_exit_is_told_with_its_code(desk: Any) -> None:
    for source in ("import os\nos._exit(3)", "import sys\nsys.exit(3)"):
        got = await desk.result(source, data={"sandbox": "process"})
        assert told(got) == (422, "EXECUTION_ERROR")
        assert (got.json()["error_type"], got.json()["exit_code"]) == ("SystemExit", 3)


async def test_many_callers_at_once_are_all_answered(desk: Any) -> None:
    widget = await desk.save("return request.query_params['n']")
    calls = [desk.call("GET", f"{widget['execute_url']}?n={number}") for number in range(40)]
    assert [got.json() for got in await asyncio.gather(*calls)] == [str(number) for number in range(40)]
