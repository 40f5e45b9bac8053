"""Widgets."""

import sqlalchemy as sa
from alembic import op

from pegboard_store import Json, UtcDateTime

revision = "0001"
down_revision = None

TABLE = "endpoints_widgets"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("size", sa.Text, nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("endpoint_data", Json, nullable=False),
        sa.Column("public", sa.Boolean, nullable=False),
        sa.Column("path", sa.Text),
        sa.Column("path_pattern", sa.Text),
        sa.Column("methods", Json, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
        sa.UniqueConstraint("path_pattern", name=f"uq_{TABLE}_path_pattern"),
    )
    op.create_index(f"ix_{TABLE}_tenant_project_id_created_at", TABLE, ["tenant", "project_id", "created_at"])
    op.create_index(f"ix_{TABLE}_tenant_created_at", TABLE, ["tenant", "created_at"])
    op.create_table(
        "endpoints_prefixes",
        sa.Column("prefix", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("prefix", name="pk_endpoints_prefixes"),
    )


def downgrade() -> None:
    op.drop_table("endpoints_prefixes")
    op.drop_table(TABLE)
