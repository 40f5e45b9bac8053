"""The table of uploads."""

from sqlalchemy import BigInteger, Column, Index, Table, Text

from pegboard_store import UtcDateTime, metadata_for

metadata = metadata_for("scripts")

files = Table(
    "scripts_files",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_scripts_files_owner", "tenant", "owner", "created_at"),
    Index("ix_scripts_files_created_at", "created_at"),
)
