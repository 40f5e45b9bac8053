"""What becomes of many items: planned first, written then, and told of each."""

from collections.abc import Sequence
from typing import Any, Literal

import attrs

from pegboard import FieldError, Problem

from .values import Id, Saved, Values
from .writing import Match

Status = Literal["created", "updated", "unchanged", "deleted", "failed"]


@attrs.frozen
class ItemResult:
    """What became of one item; of one that failed `problem` says why."""

    index: int
    status: Status
    id: Any = None
    version: int | None = None
    problem: Problem | None = None


@attrs.frozen
class BulkResult:
    """Results in the order of the items."""

    results: Sequence[ItemResult]

    @property
    def failed(self) -> list[ItemResult]:
        return [result for result in self.results if result.status == "failed"]


@attrs.frozen
class Change:
    """Fields to change of one row; `match` is the version that the caller has read."""

    id: Id
    values: Values
    match: Match = None


@attrs.define
class Planned:
    """An item that nothing speaks against: what becomes of its row, which is there once it is written.

    `values` are those of a new row, `key` is by what it is upserted; `same` is the item before that makes it.
    """

    status: Status
    row: Saved[Any] | None = None
    before: Saved[Any] | None = None
    values: Values = attrs.field(factory=dict)
    key: tuple[Any, ...] = ()
    same: "Planned | None" = None


def _told(index: int, one: Planned | Problem) -> ItemResult:
    if isinstance(one, Problem):
        return ItemResult(index, "failed", problem=one)
    row = (one.same or one).row
    assert row is not None
    return ItemResult(index, one.status, row.id, None if one.status == "deleted" else row.version)


def settled(planned: Sequence[Planned | Problem], atomic: bool) -> BulkResult:
    refused = [(index, one) for index, one in enumerate(planned) if isinstance(one, Problem)]
    if not atomic or not refused:
        return BulkResult([_told(index, one) for index, one in enumerate(planned)])
    errors = [
        FieldError(error.detail, f"/items/{index}{error.pointer}")
        for index, problem in refused
        for error in problem.errors or [FieldError(problem.detail)]
    ]
    detail = f"{len(refused)} of {len(planned)} items are refused, so none was written"
    raise Problem(422, "bulk-refused", detail, errors=errors[:100])
