"""The tables of widgets, and of who has which prefix below ``/e/``."""

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, UniqueConstraint, text

from pegboard_store import Json, UtcDateTime, metadata_for

metadata = metadata_for("endpoints")

widgets = Table(
    "endpoints_widgets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("size", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("endpoint_data", Json, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("path", Text),
    Column("path_pattern", Text),
    Column("methods", Json, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("credentials", Text),
    UniqueConstraint("path_pattern"),
    Index(None, "tenant", "project_id", "created_at"),
    Index(None, "tenant", "created_at"),
    Index(
        "ix_endpoints_widgets_unsealed",
        "id",
        sqlite_where=text("credentials IS NULL"),
        postgresql_where=text("credentials IS NULL"),
    ),
)

prefixes = Table(
    "endpoints_prefixes",
    metadata,
    Column("prefix", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
)
