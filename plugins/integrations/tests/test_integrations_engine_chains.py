"""Several transforms of one field."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from pegboard import NoConfig, PageValues, Transform
from pegboard_integrations.engine.chains import Link, chained

pytestmark = pytest.mark.anyio
SERVICES: Any = None


def each(apply: Callable[[Any, Any], Any] | None) -> Link:
    return Link(Transform("each", "", compile=lambda config, context: lambda value, record: value), None, apply)


def paged(make: Callable[[Any], Any]) -> Link:
    """A transform of a page at once, as look-ups are; what fails is the exception itself."""

    async def prepare(page: PageValues, services: Any) -> Sequence[Any]:
        return [make(value) for value in page.values]

    async def of(config: Any, context: Any, page: PageValues, services: Any) -> Sequence[Any]:
        return await prepare(page, services)

    return Link(Transform("paged", "", NoConfig, prepare=of), None, prepare=prepare)


def test_each_is_given_what_the_one_before_it_made() -> None:
    link = chained([each(lambda value, record: value + record["n"]), each(None), each(lambda value, record: value * 2)])
    assert link.apply is not None
    assert link.apply(1, {"n": 2}) == 6


def test_what_changes_nothing_costs_nothing() -> None:
    assert chained([each(None), each(None)]).apply is None


async def test_those_of_a_page_and_those_of_a_value_take_turns() -> None:
    unknown = KeyError("unknown")
    find = paged(lambda value: {"1": "one"}.get(value, unknown))
    link = chained([each(lambda value, record: value.strip()), find, each(lambda value, record: f"{value}!")])
    assert link.prepare is not None
    made = await link.prepare(PageValues([" 1 ", "1", "3", 4], [{}] * 4), SERVICES)
    assert (made[0], made[2]) == ("one!", unknown)
    assert isinstance(made[3], AttributeError)


async def test_a_page_that_comes_back_shorter_is_refused() -> None:
    async def less(page: PageValues, services: Any) -> Sequence[Any]:
        return []

    link = chained([Link(each(None).transform, None, prepare=less), each(None)])
    assert link.prepare is not None
    with pytest.raises(RuntimeError, match="gave 0 values for 1"):
        await link.prepare(PageValues([1], [{}]), SERVICES)
