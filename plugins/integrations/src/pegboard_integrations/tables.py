"""The tables of integrations, of their runs, and of what runs leave behind."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from pegboard_store import Json, UtcDateTime, metadata_for

metadata = metadata_for("integrations")

integrations = Table(
    "integrations_integrations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("document", Json, nullable=False),
    Column("credentials", Text, nullable=False),
    Column("webhook", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("last_tested_at", UtcDateTime),
    Column("last_test_result", Text),
    Column("created_by", Text, nullable=False),
    Column("updated_by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("tenant", "name"),
    Index(None, "tenant", "created_at"),
)

UNFINISHED = text("finished_at IS NULL")

runs = Table(
    "integrations_runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("integration", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("params", Json, nullable=False),
    Column("full", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("checkpoint", Json),
    Column("cursor", Json),
    Column("pages", Integer, nullable=False),
    Column("records_in", Integer, nullable=False),
    Column("created", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("skipped", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("stop", Json),
    Column("error", Json),
    Column("attempts", Integer, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", UtcDateTime),
    Column("fence", BigInteger, nullable=False),
    Column("cancel", Boolean, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Index(None, "tenant", "integration", "created_at"),
    # one run of an endpoint at a time, whoever starts it, in whichever process
    Index(
        "uq_integrations_runs_unfinished",
        "integration",
        "endpoint",
        unique=True,
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    ),
    Index(
        "ix_integrations_runs_waiting",
        "lease_until",
        sqlite_where=UNFINISHED,
        postgresql_where=UNFINISHED,
    ),
)

traces = Table(
    "integrations_traces",
    metadata,
    Column("run", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("page", Json, nullable=False),
    PrimaryKeyConstraint("run", "number"),
)

failures = Table(
    "integrations_failures",
    metadata,
    Column("run", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("page", Integer, nullable=False),
    Column("index", Integer, nullable=False),
    Column("errors", Json, nullable=False),
    Column("source", Json),
    PrimaryKeyConstraint("run", "number"),
)

cursors = Table(
    "integrations_cursors",
    metadata,
    Column("integration", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("value", Json, nullable=False),
    Column("run", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("integration", "endpoint"),
)

versions = Table(
    "integrations_versions",
    metadata,
    Column("integration", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("integration", "type", "external_id"),
)

schedules = Table(
    "integrations_schedules",
    metadata,
    Column("integration", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("cron", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("params", Json, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime),
    Column("last_run", Text),
    Column("last_error", Text, nullable=False),
    PrimaryKeyConstraint("integration", "endpoint"),
    Index("ix_integrations_schedules_next_at", "next_at"),
)
