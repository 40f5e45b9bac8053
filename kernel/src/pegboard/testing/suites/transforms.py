"""What every transform keeps."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, ClassVar

import attrs

from ...contracts import MISSING, PageValues, Transform, TransformContext
from .records import Document, RecordSuite

CONTEXT = TransformContext("field", "/mapping/field", "test")


@attrs.frozen
class Example:
    """A value and what becomes of it."""

    value: Any
    expected: Any
    config: Document = attrs.field(factory=dict)
    record: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class Failing:
    """A value that must fail its record."""

    value: Any
    config: Document = attrs.field(factory=dict)
    record: Mapping[str, Any] = attrs.field(factory=dict)


class TransformSuite(RecordSuite):
    """Give `record`, `examples` and, where values can fail, `failures`."""

    record: Transform
    examples: ClassVar[Sequence[Example]] = ()
    failures: ClassVar[Sequence[Failing]] = ()

    async def results(self, config: Document, values: Sequence[Any], records: Sequence[Any]) -> list[Any]:
        """What becomes of values under one config; a failure is the exception itself."""
        made = self.configured({**self.config, **config})
        if self.record.compile is not None:
            apply = self.record.compile(made, CONTEXT)
            return [_tried(apply, value, record) for value, record in zip(values, records, strict=True)]
        assert self.record.prepare is not None
        async with self.services() as services:
            return list(await self.record.prepare(made, CONTEXT, PageValues(values, records), services))

    def configure(self, document: Document) -> None:
        config = self.configured(document)
        if self.record.compile is not None:
            self.record.compile(config, CONTEXT)

    async def _one(self, example: Example | Failing) -> Any:
        [result] = await self.results(example.config, [example.value], [example.record])
        return result

    async def test_its_examples_hold(self) -> None:
        assert self.examples, "give examples: what the transform is for"
        for example in self.examples:
            result = await self._one(example)
            assert _same(result, example.expected), f"{example.value!r} became {result!r}, not {example.expected!r}"

    async def test_what_cannot_be_changed_fails_in_words(self) -> None:
        for failing in self.failures:
            result = await self._one(failing)
            assert isinstance(result, Exception), f"{failing.value!r} became {result!r} and should have failed"
            assert str(result), f"{failing.value!r} fails without a word: the run's log shows the message"

    async def test_nothing_given_is_changed(self) -> None:
        for example in self.examples:
            value, record, config = deepcopy((example.value, dict(example.record), dict(example.config)))
            await self.results(config, [value], [record])
            assert _same(value, example.value), f"it changed the value {example.value!r} in place, to {value!r}"
            assert record == example.record, f"it changed the record {example.record!r} in place, to {record!r}"

    async def test_a_value_does_not_remember_those_before(self) -> None:
        for config, alike in _by_config(self.examples):
            forth = [*alike, *reversed(alike)]
            results = await self.results(config, [e.value for e in forth], [e.record for e in forth])
            assert len(results) == len(forth), f"{len(forth)} values gave {len(results)} results"
            for example, result in zip(forth, results, strict=True):
                assert _same(result, example.expected), f"among others {example.value!r} became {result!r}"

    async def test_missing_and_null_are_values(self) -> None:
        for value in (MISSING, None):
            [result] = await self.results(self.examples[0].config if self.examples else {}, [value], [{}])
            crashed = isinstance(result, Exception) and not isinstance(result, ValueError)
            assert not crashed, f"{value!r} raised {result!r}: a value may be missing or null; refuse by ValueError"

    async def test_one_failure_leaves_the_others_alone(self) -> None:
        for failing in self.failures:
            good = [e for e in self.examples if dict(e.config) == dict(failing.config)]
            page: list[Example | Failing] = [failing, *good, failing]
            results = await self.results(failing.config, [e.value for e in page], [e.record for e in page])
            assert len(results) == len(page), f"{len(page)} values gave {len(results)} results"
            for example, result in zip(good, results[1:-1], strict=True):
                assert _same(result, example.expected), f"beside a failure {example.value!r} became {result!r}"

    async def test_an_empty_page_is_a_page(self) -> None:
        config = self.examples[0].config if self.examples else {}
        assert await self.results(config, [], []) == [], "an empty page must give no results"


def _tried(apply: Any, value: Any, record: Any) -> Any:
    try:
        return apply(value, record)
    except Exception as error:
        return error


def _same(one: Any, other: Any) -> bool:
    """Equal and of one type: 1, 1.0 and True are three values to whoever stores them."""
    return type(one) is type(other) and bool(one == other)


def _by_config(examples: Sequence[Example]) -> list[tuple[Document, list[Example]]]:
    groups: list[tuple[Document, list[Example]]] = []
    for example in examples:
        alike = next((group for config, group in groups if dict(config) == dict(example.config)), None)
        if alike is None:
            groups.append((example.config, [example]))
        else:
            alike.append(example)
    return groups
