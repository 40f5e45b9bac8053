"""When endpoints are synced by the clock."""

import sqlalchemy as sa
from alembic import op

from pegboard_store import Json, UtcDateTime

revision = "0003"
down_revision = "0002"

SCHEDULES = "integrations_schedules"
TEXTS = ("integration", "endpoint", "tenant", "owner", "cron", "timezone")


def upgrade() -> None:
    op.create_table(
        SCHEDULES,
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS),
        sa.Column("params", Json, nullable=False),
        sa.Column("next_at", UtcDateTime, nullable=False),
        sa.Column("last_at", UtcDateTime),
        sa.Column("last_run", sa.Text),
        sa.Column("last_error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("integration", "endpoint", name=f"pk_{SCHEDULES}"),
    )
    op.create_index(f"ix_{SCHEDULES}_next_at", SCHEDULES, ["next_at"])


def downgrade() -> None:
    op.drop_table(SCHEDULES)
