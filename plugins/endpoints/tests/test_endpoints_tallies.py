"""What is counted in memory has bounds, whether it can be written or not."""

from types import SimpleNamespace
from typing import Any

import pytest

from pegboard import Ending, Isolation, Outcome, Problem
from pegboard_endpoints import tallies
from pegboard_endpoints.tallies import LAST_ANSWERS, LAST_FAILURES, Tallies

OUTCOME = Outcome(Ending.RESULT, Isolation.L4, b"1", queue=0.1, start=0.2, wall=0.3)


def plan(id: str = "widget_1") -> Any:
    return SimpleNamespace(id=id, tenant="acme")


def test_of_many_calls_the_last_stay_and_all_are_counted() -> None:
    counted = Tallies(lambda: None)
    for number in range(100):
        counted.note(plan(), 200, "HIT", float(number), OUTCOME, None)
        counted.note(plan(), 500, "", 0.0, None, Problem(500, "x", "y"))
    taken = counted.take()
    assert sum(tally.calls for tally in taken.values()) == 200
    assert all(len(tally.answers) <= LAST_ANSWERS and len(tally.failures) <= LAST_FAILURES for tally in taken.values())
    assert max(tally.slowest for tally in taken.values()) == pytest.approx(99.6)
    assert counted.take() == {}


def test_where_nothing_can_be_written_the_oldest_fall_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "MOST", 3)
    counted = Tallies(lambda: None)
    for number in range(10):
        counted.note(plan(f"widget_{number}"), 200, "MISS", 0.0, OUTCOME, None)
    assert {widget for widget, _ in counted.take()} == {"widget_7", "widget_8", "widget_9"}


def test_whoever_writes_is_told_when_there_is_something_again() -> None:
    told: list[int] = []
    counted = Tallies(lambda: told.append(1))
    counted.note(plan(), 200, "MISS", 0.0, OUTCOME, None)
    counted.take()
    counted.note(plan(), 200, "MISS", 0.0, OUTCOME, None)
    assert len(told) == 2
