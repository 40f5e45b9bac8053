"""Shard types as they go over the wire (contract custom-integrations)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import attrs
from attrs.validators import and_, ge, le, matches_re, max_len

from .fields import FIELDS, Field, no_nul

TYPE_ID = r"[A-Za-z][A-Za-z0-9_-]{0,99}"
LARGEST_OFFSET = 10_000_000


@attrs.frozen
class ShardTypeDraft:
    """What a user says of a shard type.

    `strict` refuses records with fields that the type does not name; otherwise these are kept as they are.
    """

    id: str = attrs.field(validator=matches_re(TYPE_ID), metadata={"help": "chosen by you, such as c_contact"})
    displayName: str = attrs.field(default="", validator=and_(max_len(200), no_nul))
    description: str = attrs.field(default="", validator=and_(max_len(4000), no_nul))
    fields: Sequence[Field] = attrs.field(default=(), validator=FIELDS)
    strict: bool = False


@attrs.frozen
class ShardType:
    """A saved shard type. `revision` counts its changes, and is its ETag."""

    id: str
    displayName: str
    description: str
    fields: Sequence[Field]
    strict: bool
    revision: int
    createdAt: datetime
    updatedAt: datetime

    def field(self, name: str) -> Field | None:
        """The field of a name, where it is declared."""
        return next((field for field in self.fields if field.name == name), None)


@attrs.frozen
class ShardTypes:
    """A part of the list of shard types."""

    shardTypes: Sequence[ShardType]
    total: int
    limit: int
    offset: int


@attrs.frozen
class ListQuery:
    """`limit` at most 1,000, and `offset`."""

    limit: int = attrs.field(default=50, validator=and_(ge(1), le(1000)))
    offset: int = attrs.field(default=0, validator=and_(ge(0), le(LARGEST_OFFSET)))


@attrs.frozen
class TypesQuery(ListQuery):
    sort: str = attrs.field(
        default="",
        validator=max_len(200),
        metadata={"help": "id, displayName, createdAt, updatedAt; each :asc or :desc"},
    )


@attrs.frozen
class TypeRemoval:
    """What becomes of the records of a type that is deleted; while there are some it is refused by default."""

    records: Literal["keep", "delete"] = attrs.field(
        default="keep", metadata={"help": "delete: the records, soft-deleted ones too, go with their type"}
    )


Patch = dict[str, Any]
