"""The history of calls."""

import sqlalchemy as sa
from alembic import op

from pegboard_store import UtcDateTime

revision = "0003"
down_revision = "0002"

CALLS = "endpoints_calls"
MINUTES = "endpoints_minutes"


def upgrade() -> None:
    op.create_table(
        CALLS,
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("widget_id", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("failed", sa.Boolean, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("line", sa.Integer),
        sa.Column("freshness", sa.Text, nullable=False),
        sa.Column("isolation", sa.Text, nullable=False),
        sa.Column("upstream", sa.Double, nullable=False),
        sa.Column("queue", sa.Double, nullable=False),
        sa.Column("run", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{CALLS}"),
    )
    op.create_index(f"ix_{CALLS}_widget_id_failed_id", CALLS, ["widget_id", "failed", "id"])
    op.create_index(f"ix_{CALLS}_at", CALLS, ["at"])
    op.create_table(
        MINUTES,
        sa.Column("widget_id", sa.Text, nullable=False),
        sa.Column("minute", UtcDateTime, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("cached", sa.Integer, nullable=False),
        sa.Column("upstream", sa.Double, nullable=False),
        sa.Column("queue", sa.Double, nullable=False),
        sa.Column("run", sa.Double, nullable=False),
        sa.Column("slowest", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("widget_id", "minute", name=f"pk_{MINUTES}"),
    )
    op.create_index(f"ix_{MINUTES}_minute", MINUTES, ["minute"])


def downgrade() -> None:
    op.drop_table(MINUTES)
    op.drop_table(CALLS)
