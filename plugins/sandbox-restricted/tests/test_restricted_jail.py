"""The sandbox as the kernel opens it: document 000 through the jail, outcomes, limits, remembered verdicts."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import pegboard_sandbox_process
import pegboard_sandbox_restricted
from pegboard import Capability, Ending, Limits, Problem, Program, Registries, Sandboxes, SandboxProvider, create_app
from pegboard import Run as SandboxRun

pytestmark = pytest.mark.anyio

DOCUMENT = Path(__file__).resolve().parents[4] / "shared" / "seeds" / "000-custom-endpoints.md"
NOW = "2999-01-01T00:00:00"
DATA: dict[str, Any] = {
    "revenue": 1234.5,
    "values": [1, 2],
    "sales": [{"amount": 100, "date": "2024-01-15"}, {"amount": 50.5, "date": "2024-01-16"}],
    "items": [
        {"status": "open", "priority": 1, "value": 3, "assigned_users": ["u1"]},
        {"status": "done", "priority": 2, "value": 4, "assigned_users": []},
    ],
    "data": [{"value": 1}, {"value": 3}],
    "events": [{"timestamp": NOW}, {"timestamp": "2000-01-01T00:00:00"}],
}
RESULTS = [
    # what each function of the document answers to DATA, in its order; None: a sketch that names undefined things
    {"revenue_formatted": "$1,234.50"},
    None,
    {"total_sales": 150.5},
    {"filtered": False},
    {"data": DATA, "personalized_message": "Hello, ada!"},
    {"labels": ["2024-01"], "data": [150.5], "total": 150.5},
    {"items": [DATA["items"][1], DATA["items"][0]], "total": 2, "sorted_by": "priority"},
    {"mean": 2, "median": 2.0, "stdev": 1.4142135623730951, "min": 1, "max": 3, "count": 2},
    {"total_events": 2, "recent_events": 1, "recent_percentage": 50.0},
    {"user_id": "u1", "username": "ada", "assigned_items": 1, "total_value": 3, "items": [DATA["items"][0]]},
    "FORBIDDEN_MODULE",
    "KeyError",
    "wall",
    {"total": 3},
    "SYNTAX",  # a body that is only a comment
    {"count": 2},
    {"count": 2},
    {"total": 150.5},
    None,
    None,
    {"total": 150.5},
]


def functions() -> list[str]:
    """The source of every process_data in the document, with the imports that belong to it."""
    if not DOCUMENT.exists():
        pytest.skip(f"{DOCUMENT} is not here: the seed documents are not part of the repository")
    text = DOCUMENT.read_text()
    found = []
    for start in starts(text):
        lines = text[start:].splitlines()
        body = [lines[0]]
        for line in lines[1:]:
            closes = len(body) > 1 and line.strip() == '"""' and "\n".join(body).count('"""') % 2 == 0
            if closes or (line and not line.startswith((" ", "#"))):
                break
            body.append(line)
        found.append("\n".join(body))
    return found


def starts(text: str) -> list[int]:
    places = [
        place for place in range(len(text)) if text.startswith("def process_data", place) and text[place - 1] == "\n"
    ]
    return [
        place - len("import os  # ❌ Forbidden!\n\n") if "os.listdir" in text[place : place + 90] else place
        for place in places
    ]


async def test_every_example_of_document_000_runs_as_it_is_written(jailed: Any) -> None:
    found = functions()
    assert len(found) == len(RESULTS)
    for source, expected in zip(found, RESULTS, strict=True):
        outcome = await jailed.run(source, DATA, limits=Limits(wall=0.5))
        if isinstance(expected, dict):
            assert outcome.ending is Ending.RESULT, (source, outcome)
            assert json.loads(outcome.result) == expected
        elif expected is not None:
            codes = [each.code for each in outcome.violations]
            failure = outcome.failure
            assert expected in [*codes, failure and failure.type, failure and failure.limit], (source, outcome)
        else:
            assert outcome.ending is Ending.EXCEPTION
            assert outcome.failure.type == "NameError"


async def test_an_exception_names_its_line_in_the_users_source(jailed: Any) -> None:
    outcome = await jailed.run("def process_data(data, req, user):\n    x = 1\n    return data['missing_key']", {})
    assert outcome.ending is Ending.EXCEPTION
    assert (outcome.failure.type, outcome.failure.message, outcome.failure.line) == ("KeyError", "'missing_key'", 3)


async def test_recursion_ends_with_the_limit_and_its_number(jailed: Any) -> None:
    source = "def f(n): return f(n + 1)\ndef process_data(data, req, user): return f(0)"
    outcome = await jailed.run(source, limits=Limits(recursion=40))
    assert outcome.ending is Ending.LIMIT
    assert (outcome.failure.limit, outcome.failure.allowed) == ("recursion", 40)


async def test_deep_recursion_in_the_library_ends_with_the_limit(jailed: Any) -> None:
    outcome = await jailed.run("import json\nreturn json.loads('[' * 100000)")
    assert (outcome.ending, outcome.failure.limit) == (Ending.LIMIT, "recursion")


ENDLESS = [
    "while True: pass",
    "import re\nre.match('(a+)+$', 'a' * 40 + 'b')",
    "while True:\n    try:\n        1/0\n    except: pass",
]


@pytest.mark.parametrize("source", ENDLESS)
async def test_a_program_that_does_not_end_is_ended(source: str, jailed: Any) -> None:
    outcome = await jailed.run(source, limits=Limits(wall=0.3))
    assert (outcome.ending, outcome.failure.limit) == (Ending.LIMIT, "wall")


async def test_memory_is_limited(jailed: Any) -> None:
    outcome = await jailed.run("return len([0] * 10 ** 9)", limits=Limits(memory=64 * 1024 * 1024))
    assert (outcome.ending, outcome.failure.limit) == (Ending.LIMIT, "memory")


async def test_what_is_printed_is_captured(jailed: Any) -> None:
    outcome = await jailed.run("print('hello', 1)\nreturn None")
    assert (outcome.ending, outcome.stdout.data) == (Ending.RESULT, b"hello 1\n")


async def test_a_value_that_is_no_json_is_said_to_be_none(jailed: Any) -> None:
    outcome = await jailed.run("return (x for x in [])")
    assert (outcome.ending, outcome.failure.limit) == (Ending.LIMIT, "not-serializable")


async def test_dates_need_modules_that_are_there_inside(jailed: Any) -> None:
    source = """
    from datetime import datetime
    import time, collections, statistics, re
    return [
        datetime.strptime("2024", "%Y").strftime("%d.%m.%Y"), time.strptime("5", "%m").tm_mon,
        collections.Counter("aab").most_common(1), statistics.quantiles([1, 2, 3]),
        re.compile("a").sub(r"<\\g<0>>", "a"),
        datetime.utcnow().year > 2000, time.localtime(0).tm_year, statistics.median_grouped([1, 2]),
        statistics.multimode("aabb"), "ä".encode("latin-1").hex(), statistics.correlation([1, 2], [2, 4]),
    ]
    """
    outcome = await jailed.run(source)
    assert outcome.ending is Ending.RESULT, outcome
    assert outcome.stderr.data == b""
    assert json.loads(outcome.result)[0] == "01.01.2024"


async def test_a_check_finds_all_and_runs_nothing(jailed: Any) -> None:
    source = "import os, sys\nwhile True: pass\ndef process_data(a, b, c): return eval(a)"
    found = await jailed.sandbox.check("tenant", Program(source, "process_data"), Limits())
    assert [(each.code, each.name, each.line) for each in found] == [
        ("FORBIDDEN_MODULE", "os", 1),
        ("FORBIDDEN_MODULE", "sys", 1),
        ("FORBIDDEN_CALL", "eval", 3),
    ]


async def test_a_program_that_was_never_checked_is_refused_when_it_runs(jailed: Any) -> None:
    outcome = await jailed.run("import os\nreturn os.environ")
    assert outcome.ending is Ending.VIOLATION
    assert [each.message for each in outcome.violations] == ["Forbidden module 'os' detected"]


async def test_a_body_without_entry_runs(jailed: Any) -> None:
    outcome = await jailed.sandbox.run(SandboxRun("tenant", Program("import math\nreturn math.floor(2.5)")))
    assert (outcome.ending, outcome.result) == (Ending.RESULT, b"2")


@pytest.mark.parametrize("limits", [Limits(recursion=501), Limits(recursion=0), Limits(nesting=0)])
async def test_limits_that_cannot_be_held_are_refused(limits: Limits, jailed: Any) -> None:
    with pytest.raises(Problem) as problem:
        await jailed.run("return 1", limits=limits)
    assert (problem.value.status, problem.value.code) == (422, "limit-not-held")


async def test_the_highest_recursion_limit_can_be_held(jailed: Any) -> None:
    source = (
        "def f(n): return 0 if n == 0 else 1 + max(map(f, [n - 1]))\ndef process_data(data, req, user): return f(498)"
    )
    outcome = await jailed.run(source, limits=Limits(recursion=500))
    assert (outcome.ending, outcome.result) == (Ending.RESULT, b"498")


async def test_verdicts_are_remembered_per_tenant_and_forgotten_in_turn(open_jailed: Any) -> None:
    def program(number: int) -> Program:
        return Program(f"import os{number}\ndef process_data(a, b, c): pass", "process_data")

    async with open_jailed(remembered=2) as jailed:
        check = jailed.sandbox.check
        first = await check("one", program(1), Limits())
        assert await check("one", program(1), Limits()) is first
        assert await check("two", program(1), Limits()) is not first
        await check("one", program(2), Limits())
        assert await check("one", program(1), Limits()) is not first
        assert [each.name for each in first] == ["os1"]


async def test_the_plugin_provides_the_sandbox(jail_needed: Any) -> None:
    plugins = {"sandbox-process": pegboard_sandbox_process, "sandbox-restricted": pegboard_sandbox_restricted}
    settings = {"plugins": {"sandbox-restricted": {"workers": 1}}}
    app = create_app(settings=settings, plugins=plugins, environ={}, installed=False)
    async with app.router.lifespan_context(app):
        services = app.state.board.services
        provider = services.get(Registries)[SandboxProvider].get("restricted")
        assert provider.capabilities == {Capability.FUNCTION, Capability.BODY, Capability.STREAMING}
        with jail_needed():
            sandbox = await services.get(Sandboxes).open("restricted")
        outcome = await sandbox.run(SandboxRun("tenant", Program("return 1")))
        assert (outcome.result, outcome.isolation) == (b"1", sandbox.isolation)


def test_the_server_does_not_import_the_compiler_of_programs() -> None:
    """It costs time at each start, and what the server does not have it cannot run."""
    source = """
import sys
import pegboard_sandbox_restricted
print("RestrictedPython" in sys.modules, "pegboard_sandbox_restricted.policy" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_public_names_are_these() -> None:
    assert pegboard_sandbox_restricted.__all__ == ["PROFILE", "Restricted", "RestrictedSettings", "open_restricted"]
