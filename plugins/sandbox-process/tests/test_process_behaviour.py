"""What a call gives back: results, failures, limits."""

import json

import pytest

from pegboard import Argument, Capability, Ending, Limits, Outcome, Problem, Program, Run
from pegboard_sandbox_process import Jail

pytestmark = pytest.mark.anyio

MEGABYTE = 1 << 20


async def test_a_function_is_called_with_its_arguments(jail: Jail) -> None:
    program = Program("def add(a, b):\n    return {'sum': a['x'] + b}", "add")
    outcome = await jail.run(Run("t", program, (Argument(b'{"x": 2}'), Argument(b" 3 "))))
    assert (outcome.ending, outcome.result) == (Ending.RESULT, b'{"sum":5}')


async def test_a_body_returns_its_result(run) -> None:
    assert (await run("for i in range(10):\n    if i == 3:\n        return i")).result == b"3"


async def test_result_is_utf8_and_as_the_program_made_it(run) -> None:
    assert json.loads((await run("return {'é': [1.5, None, True, '€\\n']}")).result) == {"é": [1.5, None, True, "€\n"]}


@pytest.mark.parametrize("source", ["", "# only a comment", "x = 1", "import sys\nsys.exit()", "return"])
async def test_no_result_is_null(run, source: str) -> None:
    outcome = await run(source)
    assert (outcome.ending, outcome.result) == (Ending.RESULT, b"null")


async def test_views_show_requests_and_objects(jail: Jail) -> None:
    source = (
        "def f(request, user):\n"
        "    return [request.headers.get('user-AGENT'), request.query_params['q'], 'x' in request.query_params,\n"
        "            sorted(request.path_params), request.json()['k'], request.method, request.path, user.id]"
    )
    request = {
        "method": "POST", "path": "/e/x", "headers": [["User-Agent", "curl"]], "query_params": [["q", "1"], ["q", "2"]],
        "path_params": {"region": "eu"}, "body": '{"k": 7}',
    }  # fmt: skip
    arguments = (Argument(json.dumps(request).encode(), "request"), Argument(b'{"id": "u1"}', "object"))
    outcome = await jail.run(Run("t", Program(source, "f"), arguments))
    assert json.loads(outcome.result) == ["curl", "2", False, ["region"], 7, "POST", "/e/x", "u1"]


@pytest.mark.parametrize("data", [b"<html>", b"{} {}", b"NaN", b"\xff", b"", b"[" * 100_000])
async def test_an_argument_that_is_not_json_is_the_callers(jail: Jail, data: bytes) -> None:
    program = Program("def f(a, b): return 1", "f")
    outcome = await jail.run(Run("t", program, (Argument(b"1"), Argument(data))))
    assert (outcome.ending, outcome.failure.type) == (Ending.EXCEPTION, "InvalidArgument")
    assert "Argument 2" in outcome.failure.message


async def test_exception_has_type_message_and_line(run) -> None:
    outcome = await run("def f():\n    return {}['missing_key']\n\nf()")
    failure = outcome.failure
    assert (outcome.ending, failure.type, failure.message, failure.line) == (
        Ending.EXCEPTION,
        "KeyError",
        "'missing_key'",
        2,
    )


async def test_line_is_the_users_where_a_library_raised(run) -> None:
    assert (await run("import json\n\njson.loads('{')")).failure.line == 3


async def test_exit_status_is_reported(run) -> None:
    outcome = await run("import sys\nprint('before')\nsys.exit(3)")
    assert (outcome.ending, outcome.failure.exit_code, outcome.stdout.data) == (Ending.EXCEPTION, 3, b"before\n")


async def test_exit_message_goes_to_stderr(run) -> None:
    outcome = await run("raise SystemExit('gone wrong')")
    assert (outcome.failure.exit_code, outcome.stderr.data) == (1, b"gone wrong\n")


async def test_a_crash_names_its_signal(run) -> None:
    outcome = await run("import ctypes\nctypes.string_at(0)")
    assert (outcome.ending, outcome.failure.signal) == (Ending.CRASHED, 11)


@pytest.mark.parametrize(
    ("source", "limit", "allowed"),
    [
        ("while True: pass", "wall", 0.3),
        ("import time\ntime.sleep(60)", "wall", 0.3),
        ("x = 10 ** 10 ** 8", "wall", 0.3),
        ("import re\nre.match('(a+)+$', 'a' * 40 + 'b')", "wall", 0.3),
        ("import signal\nfor n in range(1, 32):\n try: signal.signal(n, signal.SIG_IGN)\n except (OSError, ValueError):"
         " pass\nwhile True: pass", "wall", 0.3),
        ("try:\n    while True: pass\nexcept BaseException:\n    while True: pass", "wall", 0.3),
        ("x = 'a' * (1 << 40)", "memory", 64 * MEGABYTE),
        ("x = []\nwhile True: x.append(bytearray(1 << 20))", "memory", 64 * MEGABYTE),
        ("x = {}\nwhile True: x[len(x)] = str(len(x))", "memory", 64 * MEGABYTE),
        ("def f(): return f()\nf()", "recursion", 100),
        ("class A:\n    def __repr__(self): return repr(self)\nrepr(A())", "recursion", 100),
        ("return 'x' * 2000", "result", 1000),
        ("return object()", "not-serializable", None),
        ("return float('nan')", "not-serializable", None),
        ("return {(1, 2): 3}", "not-serializable", None),
        ("return '\\ud800'", "not-serializable", None),
        ("x = []\nx.append(x)\nreturn x", "not-serializable", None),
        ("x = []\nfor _ in range(100000): x = [x]\nreturn x", "not-serializable", None),
    ],
)  # fmt: skip
async def test_the_limit_that_was_hit_is_named(run, source: str, limit: str, allowed: float | None) -> None:
    wall = 0.3 if limit == "wall" else 10.0
    outcome = await run(source, wall=wall, memory=64 * MEGABYTE, result=1000)
    assert (outcome.ending, outcome.failure.limit, outcome.failure.allowed) == (Ending.LIMIT, limit, allowed)


async def test_processor_time_is_limited_apart_from_wall_time(run) -> None:
    outcome = await run("while True: pass", cpu=0.1, wall=60.0)  # on a busy machine that may take a while
    assert (outcome.failure.limit, outcome.failure.allowed) == ("cpu", 0.1), outcome
    assert 0.05 < outcome.cpu < 2.0  # the kernel looks at its timers once a tick


async def test_processor_time_may_be_all_of_the_wall_time(run) -> None:
    outcome = await run("import time\nwhile time.process_time() < 1.6: pass\nreturn 1", wall=10.0)
    assert outcome.result == b"1"


async def test_what_cannot_be_serialised_is_shown(run) -> None:
    assert "{1, 2}" in (await run("return {1, 2}")).failure.message


async def test_a_hundred_frames_are_within_the_limit(run) -> None:
    source = "def f(n): return n and 1 + f(n - 1)\nreturn f(99)"
    assert (await run(source)).result == b"99"


async def test_times_and_memory_are_measured(run) -> None:
    outcome = await run("import time\nx = bytearray(50 << 20)\ntime.sleep(0.2)\nreturn len(x)")
    assert outcome.result == str(50 << 20).encode()
    assert 0.2 <= outcome.wall < 1.5
    assert outcome.memory > 50 << 20
    assert 0 < outcome.cpu < 0.2
    assert 0 < outcome.start < 1


async def test_a_large_argument_goes_in_and_a_large_result_comes_out(jail: Jail) -> None:
    data = json.dumps(list(range(300_000))).encode()
    limits = Limits(result=4 * MEGABYTE)
    outcome = await jail.run(Run("t", Program("def f(x): return x", "f"), (Argument(data),), limits))
    assert json.loads(outcome.result) == list(range(300_000))


async def test_nothing_stays_from_one_call_to_the_next(run) -> None:
    await run("import sys, json\nsys.leftover = 1\njson.dumps = None\nglobal x\nx = 1")
    source = "import sys, json\nreturn [hasattr(sys, 'leftover'), json.dumps is None, 'x' in globals()]"
    assert (await run(source)).result == b"[false,false,false]"


async def test_the_environment_is_empty(run) -> None:
    source = "import os, sys\nreturn [dict(os.environ), sys.argv, sys.path]"
    assert (await run(source)).result == b'[{},[""],[]]'


async def test_the_machine_has_no_name(run) -> None:
    assert (await run("import os\nreturn os.uname().nodename")).result == b'"sandbox"'


async def test_only_the_calls_own_descriptors_are_open(run) -> None:
    source = (
        "import os, errno\nfound = []\nfor fd in range(1024):\n    try: os.lseek(fd, 0, 1)\n"
        "    except OSError as error:\n        if error.errno == errno.EBADF: continue\n"
        "    found.append(fd)\nreturn found"
    )
    assert (await run(source)).result == b"[0,1,2,3]"


async def test_random_numbers_differ_between_calls(run) -> None:
    source = "import random\nreturn random.random()"
    assert (await run(source)).result != (await run(source)).result


async def test_a_limit_beyond_the_operators_is_refused(jail: Jail) -> None:
    with pytest.raises(Problem, match=r"limits\.memory"):
        await jail.run(Run("t", Program(""), limits=Limits(memory=1 << 50)))


async def test_check_runs_nothing(jail: Jail) -> None:
    assert await jail.check("t", Program("while True: pass"), Limits(wall=2)) == ()


@pytest.mark.parametrize(
    ("program", "code", "line"),
    [
        (Program("x = 1\ndef f(:"), "SYNTAX", 2),
        (Program("x = 1\nbreak"), "SYNTAX", 2),
        (Program("'\x00'"), "SYNTAX", 1),
        (Program("'\ud800'"), "SYNTAX", 1),
        (Program("def g(): pass", "f"), "MISSING_ENTRY", 1),
        (Program("x = 1\n" * 20000), "SIZE", 1),
        (Program("(" * 5000 + ")" * 5000), "SYNTAX", 1),
        (Program("-" * 60000 + "1"), "SIZE", 1),
        (Program("\n".join(" " * i + f"for x{i} in y:" for i in range(11)) + "\n" + " " * 11 + "pass"), "NESTING", 11),
        (Program("x = " + "9" * 5000), "SYNTAX", 1),
    ],
)
async def test_violations_are_found_and_stop_a_run(jail: Jail, program: Program, code: str, line: int) -> None:
    found = await jail.check("t", program, Limits())
    assert [(each.code, each.line) for each in found] == [(code, line)]
    outcome: Outcome = await jail.run(Run("t", program))
    assert (outcome.ending, outcome.violations[0].code) == (Ending.VIOLATION, code)


def test_the_provider_says_what_it_can() -> None:
    import pegboard_sandbox_process as plugin

    class Chosen:
        def of(self, kind: type) -> object:
            return kind()

    (provider,) = plugin.pegboard_sandboxes(settings=Chosen())  # type: ignore[arg-type]
    assert provider.name == "process"
    assert provider.capabilities == set(Capability)
