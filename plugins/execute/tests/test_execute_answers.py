"""The table of the contract, line by line."""

from typing import Any

import pytest

from pegboard.testing.callers import caller

from .conftest import ADA, Desk

pytestmark = pytest.mark.anyio


async def test_the_envelope_has_all_members(light: Desk) -> None:
    answer = await light.run("print('hi')\nreturn 6 * 7", id="mine-1")
    body = answer.json()
    assert answer.status_code == 200
    assert body["response"] == {"result": 42, "stdout": "hi\n", "stderr": "", "exit_code": 0}
    assert {name: body[name] for name in ("endpoint", "code", "id", "message", "queue_length")} == {
        "endpoint": "/v1/code/execute/python",
        "code": 200,
        "id": "mine-1",
        "message": "success",
        "queue_length": 0,
    }
    assert body["total_time"] == pytest.approx(body["run_time"] + body["queue_time"], abs=0.002)
    assert body["job_id"].startswith("job_")
    assert (type(body["pid"]), type(body["queue_id"]), body["build_number"]) == (int, int, "0.1.0")


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("", None),
        ("# nothing", None),
        ("x = 1", None),
        ("return {'a': [1, 2.5, None, True, 'ü']}", {"a": [1, 2.5, None, True, "ü"]}),
        ("from math import *\nreturn floor(pi)", 3),
        ("return '''a\n  b\n\tc'''", "a\n  b\n\tc"),
        ("def f(n):\n    return n * 2\nreturn f(4)", 8),
        ("if True:\n    return 'early'\nreturn 'late'", "early"),
        ("import json, re, datetime\nreturn json.loads('[1]')", [1]),
        ("def f():\n    yield 5\nreturn list(f())", [5]),
        ("class A:\n    x = 3\nreturn [A.x for _ in range(2)]", [3, 3]),
    ],
)
async def test_the_code_is_the_body_of_a_function(light: Desk, code: str, result: Any) -> None:
    assert await light.value(code) == result


@pytest.mark.parametrize(
    ("code", "error", "kind", "line"),
    [
        ("x = 1\n1 / 0", "division by zero", "ZeroDivisionError", 2),
        ("print(1)\nif True print(2)", "", "SyntaxError", 2),
        ("raise ValueError('no')", "no", "ValueError", 1),
    ],
)
async def test_an_error_says_what_and_where(light: Desk, code: str, error: str, kind: str, line: int) -> None:
    answer = await light.run(f"print('before', flush=True)\n{code}" if "print" not in code else code)
    body = answer.json()
    assert (answer.status_code, body["code"], body["response"]) == (400, 400, None)
    assert error in body["message"]["error"]
    assert (body["message"]["error_type"], body["message"]["exit_code"]) == (kind, 400)
    assert body["message"]["line"] == line + ("print" not in code)
    assert body["message"]["stdout"] == ("before\n" if "print" not in code else "")


async def test_an_exit_has_its_own_code(light: Desk) -> None:
    body = (await light.run("import sys\nprint('bye')\nsys.exit(3)")).json()
    assert (body["code"], body["message"]["exit_code"], body["message"]["stdout"]) == (400, 3, "bye\n")


async def test_what_runs_too_long_is_ended_and_what_it_printed_is_told(light: Desk) -> None:
    answer = await light.run("print('started', flush=True)\nwhile True: pass", timeout=1)
    message = answer.json()["message"]
    assert answer.status_code == 408
    assert (message["error"], message["stdout"]) == ("Execution timed out after 1 seconds", "started\n")


async def test_a_value_that_is_no_json_is_told_with_its_repr(light: Desk) -> None:
    answer = await light.run("return {1, 2}")
    assert answer.status_code == 422
    assert "{1, 2}" in answer.json()["message"]["error"]


async def test_warnings_are_no_failure(light: Desk) -> None:
    answer = await light.run("import sys, warnings\nwarnings.warn('careful')\nprint('e', file=sys.stderr)\nreturn 1")
    assert answer.status_code == 200
    assert "careful" in answer.json()["response"]["stderr"]


async def test_what_is_written_around_python_is_captured_too(light: Desk) -> None:
    body = (await light.run("import os\nos.write(1, b'raw\\n')\nprint('printed')\nreturn 1")).json()
    assert sorted(body["response"]["stdout"].split()) == ["printed", "raw"]


async def test_output_without_end_is_cut_and_said_to_be(light: Desk) -> None:
    body = (await light.run("for _ in range(300): print('x' * 10_000)\nreturn 1")).json()
    assert (body["response"]["stdout_truncated"], body["response"]["result"]) == (True, 1)
    assert len(body["response"]["stdout"]) < 400_000


async def test_no_network_no_files_and_nothing_of_the_server(light: Desk) -> None:
    code = """
import os, socket
found = {"environment": dict(os.environ), "root": []}
try:
    socket.create_connection(("127.0.0.1", 5432), timeout=2)
    found["network"] = True
except OSError:
    found["network"] = False
try:
    found["root"] = os.listdir("/etc")
except OSError:
    pass
return found
"""
    found = await light.value(code)
    assert found["network"] is False
    assert found["root"] == []
    assert not [name for name in found["environment"] if "PEGBOARD" in name or "KEY" in name]


async def test_each_run_is_a_process_of_its_own(light: Desk) -> None:
    await light.value("import builtins\nbuiltins.left = 1")
    assert await light.value("import builtins\nreturn hasattr(builtins, 'left')") is False


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "Missing JSON in request"),
        (b"[]", "Missing JSON in request"),
        (b"{", "Missing JSON in request"),
        (b"{}", "Invalid payload: code: is missing"),
        (b'{"code": 5}', "Invalid payload: code: expected a string"),
        (b'{"code": "x", "timeout": 0}', "Invalid payload: timeout:"),
        (b'{"code": "x", "timeout": 301}', "Invalid payload: timeout:"),
        (b'{"code": "x", "timeout": "10"}', "Invalid payload: timeout: expected"),
        (b'{"code": "x", "timeout": 1.5}', "Invalid payload: timeout: expected"),
        (b'{"code": "x", "timeout": true}', "Invalid payload: timeout: expected"),
        (b'{"code": "x", "more": 1}', "Invalid payload: more: "),
        (b'{"code": "x", "id": 5}', "Invalid payload: id: expected"),
        (b'{"code": "x", "webhook_url": "ftp://a/b"}', "Invalid payload: webhook_url: must be an http"),
        (b'{"code": "x", "webhook_url": "nowhere"}', "Invalid payload: webhook_url: must be an http"),
        (b'{"code": "x", "webhook_url": "http://127.0.0.1/x"}', "Invalid payload: webhook_url: "),
        (b'{"code": "x", "webhook_url": "http://169.254.169.254/"}', "Invalid payload: webhook_url: "),
        (b'{"code": "a\\u0000b"}', "Invalid payload: code: "),
    ],
)
async def test_a_body_that_is_not_as_it_must_be_is_refused_in_the_documents_words(
    light: Desk, body: bytes, said: str
) -> None:
    headers = ADA | {"Content-Type": "application/json"}
    answer = await light.http.post("/v1/code/execute/python", content=body, headers=headers)
    assert (answer.status_code, answer.json().keys()) == (400, {"message"})
    assert answer.json()["message"].startswith(said)


async def test_who_has_no_key_or_no_scope_is_refused(light: Desk) -> None:
    nobody = await light.run("return 1", by={})
    assert (nobody.status_code, nobody.json()) == (401, {"message": "Unauthorized"})
    other = await light.run("return 1", by=caller("jobs:read", id="bob", tenant="acme"))
    assert (other.status_code, "code:execute" in other.json()["message"]) == (403, True)
    tried = await light.http.get("/v1/toolkit/authenticate", headers=ADA)
    assert (tried.status_code, tried.json()) == (200, {"message": "Authorized"})
