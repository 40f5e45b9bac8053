"""Secrets for signing."""

import sqlalchemy as sa
from alembic import op

from pegboard_store import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "execute_signing",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("tenant", name="pk_execute_signing"),
    )


def downgrade() -> None:
    op.drop_table("execute_signing")
