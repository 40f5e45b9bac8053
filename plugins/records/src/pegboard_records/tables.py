"""The tables of shard types and of shards."""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from pegboard_store import Json, UtcDateTime, metadata_for

metadata = metadata_for("records")

Key = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that both databases compare by code point, as Python does: rows are locked and walked in one order."""

shard_types = Table(
    "records_types",
    metadata,
    Column("tenant", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("fields", Json, nullable=False),
    Column("strict", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("tenant", "id"),
)

THERE = text("deleted_at IS NULL")

# `digest` stands before `data`: SQLite reads a row up to the column that it needs, and long documents are elsewhere.
# No foreign key to the types: PostgreSQL would look up the type of each row, where a lock once per statement does.
shards = Table(
    "records_shards",
    metadata,
    Column("id", Key, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("external_id", Key, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    Column("data", Json, nullable=False),
    UniqueConstraint("tenant", "type", "external_id"),
    Index(None, "tenant", "type", "updated_at", sqlite_where=THERE, postgresql_where=THERE),
)
