"""Grants, and logins under way."""

import sqlalchemy as sa
from alembic import op

from pegboard_store import Json, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "auth_oauth2_grants",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("expires_at", UtcDateTime),
        sa.Column("obtained_at", UtcDateTime),
        sa.Column("forced_at", UtcDateTime),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("lease_fence", sa.Integer, nullable=False),
        sa.Column("lease_until", UtcDateTime),
        sa.Column("failure", Json),
        sa.Column("failed_fence", sa.Integer, nullable=False),
        sa.Column("failed_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name="pk_auth_oauth2_grants"),
    )
    op.create_table(
        "auth_oauth2_logins",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sa.Column("return_to", sa.Text, nullable=False),
        sa.Column("browser", sa.Text, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_auth_oauth2_logins"),
    )
    op.create_index("ix_auth_oauth2_logins_expires_at", "auth_oauth2_logins", ["expires_at"])


def downgrade() -> None:
    op.drop_table("auth_oauth2_logins")
    op.drop_table("auth_oauth2_grants")
