"""Uploads."""

import sqlalchemy as sa
from alembic import op

from pegboard_store import UtcDateTime

revision = "0001"
down_revision = None

FILES = "scripts_files"


def upgrade() -> None:
    op.create_table(
        FILES,
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{FILES}"),
    )
    op.create_index(f"ix_{FILES}_owner", FILES, ["tenant", "owner", "created_at"])
    op.create_index(f"ix_{FILES}_created_at", FILES, ["created_at"])
