"""Schedules."""

import sqlalchemy as sa
from alembic import op

from pegboard_store import Json, UtcDateTime

revision = "0002"
down_revision = "0001"

SCHEDULES = "scripts_schedules"
TEXTS = ("id", "tenant", "owner", "script_name", "cron", "timezone", "overlap")


def upgrade() -> None:
    op.create_table(
        SCHEDULES,
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS),
        sa.Column("parameters", Json),
        sa.Column("given", Json),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("next_at", UtcDateTime, nullable=False),
        sa.Column("last_at", UtcDateTime),
        sa.Column("last_job", sa.Text),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{SCHEDULES}"),
    )
    op.create_index(f"ix_{SCHEDULES}_next_at", SCHEDULES, ["next_at"])
    op.create_index(f"ix_{SCHEDULES}_owner", SCHEDULES, ["tenant", "owner"])


def downgrade() -> None:
    op.drop_table(SCHEDULES)
