"""Programs made at random give the same in every sandbox as in plain Python: value, error, line, output."""

from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, assume, given, settings

from pegboard import Ending, Limits, Outcome, Run, Sandbox
from sandboxes.answers import answer, plain, run_of
from sandboxes.kinds import JAILED, KINDS, opened
from sandboxes.programs import DATA, OLD_DATA, programs
from sandboxes.rules import COMMON, WIDER, WITHOUT_ERRORS

pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")

LIMITS = Limits(wall=3.0, memory=128 << 20)

RunIn = Callable[[list[str], Run], dict[str, Outcome]]


@pytest.fixture(scope="module")
def run_in() -> Iterator[RunIn]:
    """Runs a program in sandboxes that stay open, at once."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(opened(*KINDS)) as sandboxes:
        yield lambda names, run: portal.call(run_in_all, {name: sandboxes[name] for name in names}, run)


async def run_in_all(sandboxes: dict[str, Sandbox], run: Run) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}

    async def run_in_one(name: str, sandbox: Sandbox) -> None:
        outcomes[name] = await sandbox.run(run)

    async with anyio.create_task_group() as tasks:
        for name, sandbox in sandboxes.items():
            tasks.start_soon(run_in_one, name, sandbox)
    return outcomes


def finished(outcome: Outcome) -> bool:
    """Whether a program is small enough to be run here as well, where nothing limits it."""
    limit = outcome.failure.limit if outcome.failure else ""
    return limit in ("", "recursion", "not-serializable") and not outcome.stdout.truncated


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(source=programs(COMMON), data=DATA)
def test_a_program_means_in_a_jail_what_it_means_in_python(run_in: RunIn, source: str, data: dict[str, Any]) -> None:
    outcomes = run_in(JAILED, run_of(source, data, LIMITS))
    assume(all(finished(outcome) for outcome in outcomes.values()))
    expected = plain(source, data)
    assert {name: answer(outcome) for name, outcome in outcomes.items()} == dict.fromkeys(JAILED, expected)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(source=programs(WIDER), data=DATA)
def test_modules_and_classes_mean_in_a_jail_what_they_mean_in_python(
    run_in: RunIn, source: str, data: dict[str, Any]
) -> None:
    outcomes = run_in(JAILED, run_of(source, data, LIMITS))
    assume(all(finished(outcome) for outcome in outcomes.values()))
    expected = plain(source, data)
    assert {name: answer(outcome) for name, outcome in outcomes.items()} == dict.fromkeys(JAILED, expected)


@pytest.mark.skipif("monty" not in KINDS, reason="pegboard-sandbox-monty is not installed")
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,  # what it does otherwise than Python, without saying so, is not ours to mend
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(source=programs(WITHOUT_ERRORS), data=OLD_DATA)
def test_what_another_interpreter_answers_is_what_python_answers(
    run_in: RunIn, source: str, data: dict[str, Any]
) -> None:
    """It may refuse a program or fail in it, where Python does not: it never gives another result."""
    outcomes = run_in(["process", "monty"], run_of(source, data, LIMITS))
    assume(outcomes["process"].ending is Ending.RESULT and outcomes["monty"].ending is Ending.RESULT)
    assert answer(outcomes["monty"]) == answer(outcomes["process"])
