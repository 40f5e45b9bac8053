"""Turns of housekeeping."""

import math
import time

from pegboard_store import Seldom


def test_the_first_turn_is_due_and_then_none_for_a_while() -> None:
    seldom = Seldom(every=math.inf)
    assert [seldom.is_due() for _ in range(3)] == [True, False, False]


def test_another_turn_is_due_when_the_while_is_over() -> None:
    seldom = Seldom(every=0.02)
    started = time.monotonic()
    assert seldom.is_due()
    while not seldom.is_due():
        pass
    assert time.monotonic() - started >= 0.02


def test_each_has_turns_of_its_own() -> None:
    assert Seldom(every=math.inf).is_due()
    assert Seldom(every=math.inf).is_due()
