"""Uploads and schedules."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text, false

from pegboard_store import Json, UtcDateTime, metadata_for

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

schedules = Table(
    "scripts_schedules",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("script_name", Text, nullable=False),
    Column("cron", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("overlap", Text, nullable=False),
    Column("parameters", Json),
    Column("given", Json),
    Column("sealed", Text, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime),
    Column("last_job", Text),
    Column("last_error", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("paused", Boolean, nullable=False, server_default=false()),
    Index("ix_scripts_schedules_next_at", "next_at"),
    Index("ix_scripts_schedules_owner", "tenant", "owner"),
)
