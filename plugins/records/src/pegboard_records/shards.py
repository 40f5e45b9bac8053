"""Shards, the records of a shard type, as they go over the wire."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import attrs
from attrs.validators import and_, ge, le, max_len, min_len, optional

from pegboard import FieldError

from .fields import no_nul
from .items import LONGEST
from .shard_types import LARGEST_OFFSET

BATCH = 1000
KEY: Any = optional(and_(min_len(1), max_len(LONGEST), no_nul))


@attrs.frozen
class Shard:
    """A record. `externalId` is its source's name for it, `source` who wrote it last; `revision` is its ETag."""

    id: str
    type: str
    externalId: str
    data: dict[str, Any]
    revision: int
    source: str
    createdAt: datetime
    updatedAt: datetime
    deletedAt: datetime | None


@attrs.frozen
class ShardDraft:
    """A record to be made; without an `externalId` it gets one that is its id."""

    type: str = attrs.field(validator=max_len(100))
    data: dict[str, Any]
    externalId: str | None = attrs.field(default=None, validator=KEY)


@attrs.frozen
class ShardPatch:
    """A merge patch (RFC 7396) of a record's data: null takes a field out."""

    data: dict[str, Any]


@attrs.frozen
class Shards:
    """A part of a list of records."""

    shards: Sequence[Shard]
    total: int
    limit: int
    offset: int


@attrs.frozen
class Selection:
    """Which records. `filter` is a JSON object over declared fields and needs a type; `search` is of its texts."""

    type: str = attrs.field(default="", validator=max_len(100))
    externalId: str = attrs.field(default="", validator=and_(max_len(LONGEST), no_nul))
    updatedSince: datetime | None = attrs.field(
        default=None, metadata={"help": "only what was written or deleted at this time or later"}
    )
    filter: str = attrs.field(
        default="",
        validator=max_len(10_000),
        metadata={
            "help": 'conditions that all hold: {"status": "active", "age": {"gt": 30}}; '
            "eq, ne, gt, ge, lt, le, in, contains"
        },
    )
    search: str = attrs.field(
        default="",
        validator=and_(max_len(200), no_nul),
        metadata={"help": "a part of the external id, or of a text of the type; A is the same as a"},
    )
    includeDeleted: bool = False


@attrs.frozen
class ShardsQuery(Selection):
    limit: int = attrs.field(default=50, validator=and_(ge(1), le(1000)))
    offset: int = attrs.field(default=0, validator=and_(ge(0), le(LARGEST_OFFSET)))
    sort: str = attrs.field(
        default="",
        validator=max_len(200),
        metadata={"help": "externalId, createdAt, updatedAt (:desc is the default), data.<field>; each :asc or :desc"},
    )


@attrs.frozen
class ShardQuery:
    includeDeleted: bool = False


@attrs.frozen
class ShardRemoval:
    purge: bool = attrs.field(default=False, metadata={"help": "take it out for good, instead of marking it deleted"})


@attrs.frozen
class ExportQuery(Selection):
    """`type` is needed."""

    format: Literal["jsonl", "csv"] = "jsonl"


@attrs.frozen
class BatchItem:
    externalId: str
    data: dict[str, Any]


@attrs.frozen
class Batch:
    """At most 1,000 records of one type, each made or replaced whole by its external id."""

    type: str = attrs.field(validator=max_len(100))
    items: Sequence[BatchItem] = attrs.field(validator=and_(min_len(1), max_len(BATCH)))


@attrs.frozen
class ItemResult:
    """What became of one item. `superseded`: a later item of the batch has the same external id."""

    externalId: str
    status: Literal["created", "updated", "unchanged", "superseded", "failed"]
    id: str | None = None
    errors: Sequence[FieldError] = ()


@attrs.frozen
class BatchResult:
    """Numbers and results, the latter in the order of the items."""

    created: int
    updated: int
    unchanged: int
    superseded: int
    failed: int
    results: Sequence[ItemResult]
