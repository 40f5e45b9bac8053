"""Integrations, their runs, and what runs leave behind."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from pegboard_store import Json, UtcDateTime

revision = "0001"
down_revision = None

UNFINISHED = sa.text("finished_at IS NULL")


def upgrade() -> None:
    _integrations()
    _runs()
    _traces()
    _failures()
    _cursors()


def _integrations() -> None:
    op.create_table(
        "integrations_integrations",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.Column("credentials", sa.Text, nullable=False),
        sa.Column("webhook", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("last_tested_at", UtcDateTime),
        sa.Column("last_test_result", sa.Text),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("updated_by", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.UniqueConstraint("tenant", "name", name="uq_integrations_integrations_tenant_name"),
        sa.PrimaryKeyConstraint("id", name="pk_integrations_integrations"),
    )
    op.create_index(
        "ix_integrations_integrations_tenant_created_at", "integrations_integrations", ["tenant", "created_at"]
    )


def _runs() -> None:
    op.create_table(
        "integrations_runs",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("integration", sa.Text, nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("params", Json, nullable=False),
        sa.Column("full", sa.Boolean, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("checkpoint", Json),
        sa.Column("cursor", Json),
        sa.Column("pages", sa.Integer, nullable=False),
        sa.Column("records_in", sa.Integer, nullable=False),
        sa.Column("created", sa.Integer, nullable=False),
        sa.Column("updated", sa.Integer, nullable=False),
        sa.Column("unchanged", sa.Integer, nullable=False),
        sa.Column("skipped", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("stop", Json),
        sa.Column("error", Json),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lease_owner", sa.Text),
        sa.Column("lease_until", UtcDateTime),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("cancel", sa.Boolean, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("started_at", UtcDateTime),
        sa.Column("finished_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name="pk_integrations_runs"),
    )
    op.create_index(
        "ix_integrations_runs_tenant_integration_created_at",
        "integrations_runs",
        ["tenant", "integration", "created_at"],
    )
    where: dict[str, Any] = {"sqlite_where": UNFINISHED, "postgresql_where": UNFINISHED}
    op.create_index(
        "uq_integrations_runs_unfinished", "integrations_runs", ["integration", "endpoint"], unique=True, **where
    )
    op.create_index("ix_integrations_runs_waiting", "integrations_runs", ["lease_until"], **where)


def _traces() -> None:
    op.create_table(
        "integrations_traces",
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("page", Json, nullable=False),
        sa.PrimaryKeyConstraint("run", "number", name="pk_integrations_traces"),
    )


def _failures() -> None:
    op.create_table(
        "integrations_failures",
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("page", sa.Integer, nullable=False),
        sa.Column("index", sa.Integer, nullable=False),
        sa.Column("errors", Json, nullable=False),
        sa.Column("source", Json),
        sa.PrimaryKeyConstraint("run", "number", name="pk_integrations_failures"),
    )


def _cursors() -> None:
    op.create_table(
        "integrations_cursors",
        sa.Column("integration", sa.Text, nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("integration", "endpoint", name="pk_integrations_cursors"),
    )


def downgrade() -> None:
    op.drop_table("integrations_cursors")
    op.drop_table("integrations_failures")
    op.drop_table("integrations_traces")
    op.drop_table("integrations_runs")
    op.drop_table("integrations_integrations")
