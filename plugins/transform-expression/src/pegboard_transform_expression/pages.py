"""A page as JSON on its way in, and its answer, which is hostile input, on its way out."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
import orjson

from pegboard import MISSING, PageValues

from .failures import ExpressionFailed

SAFE = 2**53 - 1
LONG_NUMBER = re.compile(r"\d{19}")
MESSAGE = 500


@attrs.frozen
class Page:
    """What can be given to a program. `places` are where its values stand in the page that it was made of.

    `exact` says that it has integers that JavaScript's numbers cannot hold.
    """

    places: Sequence[int]
    values: Sequence[bytes]
    records: Sequence[bytes] | None
    missing: Sequence[int]
    exact: bool = False

    @property
    def json(self) -> bytes:
        """``{values, missing, records, places}``; a missing value is null there."""
        parts = [b'{"values":[', b",".join(self.values), b'],"missing":', orjson.dumps(self.missing)]
        parts += [b',"places":', orjson.dumps(self.places)]
        if self.records is not None:
            parts += [b',"records":[', b",".join(self.records), b"]"]
        return b"".join((*parts, b"}"))

    def halves(self) -> "tuple[Page, Page]":
        middle = len(self.places) // 2
        return self._part(0, middle), self._part(middle, len(self.places))

    def _part(self, start: int, end: int) -> "Page":
        return attrs.evolve(
            self,
            places=self.places[start:end],
            values=self.values[start:end],
            records=self.records and self.records[start:end],
            missing=[at - start for at in self.missing if start <= at < end],
        )


def encode(page: PageValues, results: list[Any], *, records: bool) -> Page:
    """All of a page that is JSON. What is not has its exception put into `results`."""
    made: list[tuple[int, bytes, bytes]] = []
    missing, exact = [], False
    for at, (value, record) in enumerate(zip(page.values, page.records, strict=True)):
        try:
            given, one = (b"null", False) if value is MISSING else encoded(value, "value")
            row, other = encoded(record, "record") if records else (b"", False)
        except ExpressionFailed as error:
            results[at] = error
            continue
        if value is MISSING:
            missing.append(len(made))
        exact = exact or one or other
        made.append((at, given, row))
    rows = [row for _, _, row in made] if records else None
    return Page([at for at, _, _ in made], [given for _, given, _ in made], rows, missing, exact)


def encoded(value: Any, name: str) -> tuple[bytes, bool]:
    """JSON, and whether it has integers beyond 2**53. Raises `ExpressionFailed` for what is not JSON."""
    if value != value:  # orjson makes null of it
        raise ExpressionFailed(f"{name} is NaN, which is no number in JSON")
    try:
        return orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER | orjson.OPT_PASSTHROUGH_DATETIME), False
    except orjson.JSONEncodeError:
        return _long(value, name)


def _long(value: Any, name: str) -> tuple[bytes, bool]:
    try:
        return json.dumps(value, allow_nan=False, ensure_ascii=False).encode(), True
    except (TypeError, ValueError, RecursionError) as error:
        raise ExpressionFailed(f"{name} cannot be given to an expression, as it is not JSON: {error}") from None


def decode(answer: bytes, page: Page, results: list[Any]) -> None:
    """Put what became of a page's values into `results`.

    `answer` is JSON whose only value is a text, and that is ``{values, missing, failed}`` in JSON.
    Raises ValueError for an answer that a program must have forged.
    """
    text = orjson.loads(answer)
    if not isinstance(text, str):
        raise ValueError("the answer is no text")
    # orjson makes floats of integers with more than 64 bits
    found = json.loads(text) if LONG_NUMBER.search(text) else orjson.loads(text)
    values, places = found["values"], page.places
    if len(values) != len(places):
        raise ValueError(f"{len(places)} values became {len(values)}")
    for place, value in zip(places, values, strict=True):
        results[place] = value
    for at in found["missing"]:
        results[places[at]] = MISSING
    for at, failure in _failures(found["failed"]):
        results[places[at]] = failure


def _failures(failed: list[Any]) -> Iterator[tuple[int, ExpressionFailed]]:
    for at, message, limit, line, column in failed:
        if not (isinstance(message, str) and isinstance(limit, str) and type(line) is type(column) is int):
            raise ValueError("a failure has the wrong shape")
        yield at, ExpressionFailed(message[:MESSAGE], limit[:20], line or None, column or None)
