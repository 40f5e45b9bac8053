"""The suites of records and of transforms, held against a good transform and bad ones."""

from typing import Any

import attrs
import pytest

from pegboard import MISSING, PageValues, Services, Transform, TransformContext, setting
from pegboard.testing.suites import Example, Failing, RecordSuite, TransformSuite
from pegboard.testing.suites.proof import checks_of, verdict

pytestmark = pytest.mark.anyio


@attrs.frozen
class Pad:
    width: int = setting(4, help="letters in all", validator=attrs.validators.ge(0))
    fill: str = setting("0", help="the letter to fill up with")


def compile_pad(config: Pad, context: TransformContext) -> Any:
    if len(config.fill) != 1:
        raise ValueError(f"fill must be one letter, not {config.fill!r}")

    def apply(value: Any, record: Any) -> Any:
        if value is MISSING or value is None:
            return value
        if not isinstance(value, str):
            raise ValueError(f"expected text, got {value!r}")
        return value.rjust(config.width, config.fill)

    return apply


async def prepare_pad(config: Pad, context: TransformContext, page: PageValues, services: Services) -> list[Any]:
    def one(value: Any) -> Any:
        try:
            return compile_pad(config, context)(value, {})
        except ValueError as error:
            return error

    return [one(value) for value in page.values]


PAD = Transform("pad", "Fill text up from the left", Pad, compile=compile_pad)


class TestPad(TransformSuite):
    record = PAD
    examples = (
        Example("7", "0007"),
        Example("7", "**7", {"width": 3, "fill": "*"}),
        Example("12345", "12345"),
        Example(MISSING, MISSING),
    )
    failures = (Failing(7), Failing([], {"width": 3, "fill": "*"}))
    bad_configs = ({"width": "4"}, {"width": -1}, {"fill": "ab"})


class TestPreparedPad(TestPad):
    record = Transform("pad", "Fill text up from the left", Pad, prepare=prepare_pad)
    bad_configs = ({"width": "4"}, {"width": -1})


def compiled(apply: Any) -> type[TestPad]:
    """The good suite over a transform that applies `apply(config, value, record)`."""

    class Bad(TestPad):
        record = Transform("pad", "Bad", Pad, compile=lambda config, context: lambda v, r: apply(config, v, r))

    return Bad


def prepared(change: Any) -> type[TestPad]:
    """The good suite over a transform whose page of results is changed."""

    async def prepare(config: Pad, context: TransformContext, page: PageValues, services: Services) -> Any:
        return change(await prepare_pad(config, context, page, services))

    class Bad(TestPad):
        record = Transform("pad", "Bad", Pad, prepare=prepare)

    return Bad


def recorded(**changed: Any) -> type[TestPad]:
    class Bad(TestPad):
        record = attrs.evolve(PAD, **changed)

    return Bad


def silent(config: Pad, value: Any, record: Any) -> Any:
    raise ValueError


def marking(config: Pad, value: Any, record: Any) -> Any:
    record["seen"] = True
    return value


def remembering() -> Any:
    seen: list[Any] = []

    def apply(config: Pad, value: Any, record: Any) -> Any:
        seen.append(value)
        return compile_pad(config, None)(value, record) if len(seen) == 1 else "again"  # type: ignore[arg-type]

    return apply


@attrs.frozen
class Undocumented:
    width: int = 4
    fill: str = "0"


class Lenient(TestPad):
    def configured(self, document: Any = None) -> Any:
        known = {"width", "fill"}
        return super().configured({k: v for k, v in (document or {}).items() if k in known})


class Careless(TestPad):
    bad_configs = ({"width": 5},)


def broken(error: Exception) -> Any:
    def apply(config: Pad, value: Any, record: Any) -> Any:
        raise error

    return apply


BAD: dict[str, type[TestPad]] = {
    "test_it_is_described": recorded(summary=" "),
    "test_its_config_is_documented": recorded(config=Undocumented),
    "test_its_config_is_read_strictly": Lenient,
    "test_bad_configs_are_refused_in_words": Careless,
    "test_its_examples_hold": compiled(lambda config, value, record: value),
    "test_what_cannot_be_changed_fails_in_words": compiled(silent),
    "test_nothing_given_is_changed": compiled(marking),
    "test_a_value_does_not_remember_those_before": compiled(remembering()),
    "test_missing_and_null_are_values": compiled(broken(AttributeError("'NoneType' object has no attribute 'rjust'"))),
    "test_one_failure_leaves_the_others_alone": prepared(
        lambda results: results if not any(isinstance(r, Exception) for r in results) else [ValueError()] * len(results)
    ),
    "test_an_empty_page_is_a_page": prepared(lambda results: results or [None]),
}


def test_every_check_has_a_bad_implementation() -> None:
    assert set(BAD) == set(checks_of(TransformSuite))
    assert set(checks_of(RecordSuite)) < set(BAD)


@pytest.mark.parametrize("check", BAD)
async def test_a_bad_transform_is_found(check: str) -> None:
    assert await verdict(BAD[check], check)


@pytest.mark.parametrize("change", [lambda results: results[:-1], lambda results: [*results, None]])
async def test_a_page_of_another_length_is_found(change: Any) -> None:
    assert "results" in await verdict(prepared(change), "test_a_value_does_not_remember_those_before")


async def test_a_wrong_type_is_not_taken_for_the_right_value() -> None:
    class Bad(TestPad):
        record = Transform("pad", "Bad", Pad, compile=lambda config, context: lambda value, record: 1)
        examples = (Example("x", True),)

    assert "became 1" in await verdict(Bad, "test_its_examples_hold")


async def test_a_suite_without_examples_proves_nothing() -> None:
    class Empty(TestPad):
        examples = ()

    assert "give examples" in await verdict(Empty, "test_its_examples_hold")
