"""How logic sees the request and the user: as in the other sandboxes, but for what README and check say."""

import json
from typing import Any

import pytest

from pegboard import Argument, Ending, Limits, Program, Run
from pegboard_sandbox_process import views

pytestmark = pytest.mark.anyio

SAME = (
    "request.method, request.path",
    "request.headers.get('user-agent'), request.headers['USER-AGENT'], request.headers.get('nope', 'd')",
    "request.headers.get('X-TAG'), request.headers.getlist('x-Tag'), request.headers.getlist('nope')",
    "'User-AGENT' in request.headers, 'nope' in request.headers, 5 in request.headers",
    "[name for name in request.headers], list(request.headers)",
    "request.headers.keys(), request.headers.values(), request.headers.items()",
    "request.query_params.get('sort'), request.query_params['sort'], request.query_params.get('Sort', 'none')",
    "'sort' in request.query_params, [name for name in request.query_params], len(request.query_params)",
    "list(request.query_params.keys()), list(request.query_params.values())",
    "list(request.query_params.items()), list(request.path_params.items())",
    "bool(request.query_params), bool(request.path_params)",
    "request.path_params['region'], request.path_params.get('other')",
    "request.json(), request.json()['n']",
    "repr(request)",
    "user.id, user.username, user.email",
    "repr(user), user == user, user == 1",
)


@pytest.mark.parametrize("expression", SAME)
async def test_what_logic_reads_is_what_it_reads_elsewhere(expression: str, desk: Any, given: Any) -> None:
    expected = eval(expression, {"request": views.Request(given["request"]), "user": views.Object(given["user"])})
    assert await desk.value(f"return {expression}") == json.loads(json.dumps(expected))


async def test_a_request_without_a_body_has_no_json(desk: Any) -> None:
    empty = json.dumps({"method": "GET", "path": "/"}).encode()
    program = Program("def main(request):\n    return request.json()", "main")
    outcome = await desk.sandbox.run(Run("tenant", program, (Argument(empty, "request"),)))
    assert (outcome.failure.type, outcome.failure.message) == ("ValueError", "the request has no body")
    assert outcome.failure.line == 2


async def test_names_that_a_program_takes_do_not_disturb_the_request(desk: Any) -> None:
    source = (
        "str = list = dict = iter = isinstance = setattr = type = None\n"
        "def process_data(data, request, user):\n"
        "    return 'user-agent' in request.headers, [name for name in request.headers], request.json(), user.id"
    )
    assert await desk.value(source) == [True, ["user-agent", "x-tag"], {"n": 1}, "u1"]


async def test_members_that_are_no_names_are_passed_over_and_private_ones_hidden(desk: Any) -> None:
    program = Program("def main(o):\n    return o.a, hasattr(o, '_b'), getattr(o, 'c d')", "main")
    argument = Argument(b'{"a": 1, "_b": 2, "c d": 3}', "object")
    outcome = await desk.sandbox.run(Run("tenant", program, (argument,)))
    assert outcome.result == b"[1,false,3]"


async def test_an_object_that_is_none_is_the_value_itself(desk: Any) -> None:
    program = Program("def main(o):\n    return o", "main")
    outcome = await desk.sandbox.run(Run("tenant", program, (Argument(b"[1]", "object"),)))
    assert outcome.result == b"[1]"


@pytest.mark.parametrize(
    ("data", "view", "words"),
    [
        (b"{", "value", "Argument 2 is not JSON"),
        (b"", "value", "Argument 2 is not JSON"),
        (b"\xff", "value", "Argument 2 is not JSON"),
        (b"[NaN]", "value", "NaN is not JSON"),
        (b"-Infinity", "object", "-Infinity is not JSON"),
        (b"[1]", "request", "a request is an object"),
        (b'{"headers": 5}', "request", "Argument 2 is not JSON"),
        (b'"\\ud800"', "value", "Argument 2 is not JSON"),
        (b"[" * 300 + b"]" * 300, "value", "Argument 2 is not JSON"),
    ],
)
async def test_an_argument_that_cannot_be_read_is_told(data: bytes, view: Any, words: str, desk: Any) -> None:
    program = Program("def main(a, b):\n    print('ran')", "main")
    outcome = await desk.sandbox.run(Run("tenant", program, (Argument(b"1"), Argument(data, view))))
    assert (outcome.ending, outcome.failure.type, outcome.failure.line) == (Ending.EXCEPTION, "InvalidArgument", None)
    assert words in outcome.failure.message
    assert outcome.stdout.data == b""


async def test_a_text_that_speaks_of_nan_is_a_text(desk: Any) -> None:
    assert await desk.value("return data", ["NaN", "Infinity"]) == ["NaN", "Infinity"]


async def test_many_values_of_a_parameter_are_refused_when_it_is_saved(desk: Any) -> None:
    program = Program(
        "def process_data(data, request, user):\n    return request.query_params.getlist('a')", "process_data"
    )
    (found,) = await desk.sandbox.check("tenant", program, Limits())
    assert (found.code, found.name, found.line, found.column) == ("UNSUPPORTED", "getlist", 2, 12)
