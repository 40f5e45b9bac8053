"""The tables of widgets, of who has which prefix below ``/e/``, and of calls."""

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, Table, Text, UniqueConstraint, text

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

calls = Table(
    "endpoints_calls",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("tenant", Text, nullable=False),
    Column("widget_id", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("status", Integer, nullable=False),
    Column("failed", Boolean, nullable=False),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("line", Integer),
    Column("freshness", Text, nullable=False),
    Column("isolation", Text, nullable=False),
    Column("upstream", Double, nullable=False),
    Column("queue", Double, nullable=False),
    Column("run", Double, nullable=False),
    Index(None, "widget_id", "failed", "id"),
    Index(None, "at"),
)
"""The last calls of each widget; milliseconds."""

minutes = Table(
    "endpoints_minutes",
    metadata,
    Column("widget_id", Text, primary_key=True),
    Column("minute", UtcDateTime, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("cached", Integer, nullable=False),
    Column("upstream", Double, nullable=False),
    Column("queue", Double, nullable=False),
    Column("run", Double, nullable=False),
    Column("slowest", Double, nullable=False),
    Index(None, "minute"),
)
"""What each widget's calls of a minute came to: sums of milliseconds, and the slowest call."""
