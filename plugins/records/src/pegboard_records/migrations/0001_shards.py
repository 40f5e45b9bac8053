"""Shard types and shards."""

import sqlalchemy as sa
from alembic import op

from pegboard_store import Json, UtcDateTime

revision = "0001"
down_revision = None

TYPES, SHARDS = "records_types", "records_shards"
Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        TYPES,
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("strict", sa.Boolean, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "id", name=f"pk_{TYPES}"),
    )
    op.create_table(
        SHARDS,
        sa.Column("id", Key, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("external_id", Key, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("deleted_at", UtcDateTime),
        sa.Column("data", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{SHARDS}"),
        sa.UniqueConstraint("tenant", "type", "external_id", name=f"uq_{SHARDS}_tenant_type_external_id"),
    )
    columns = ["tenant", "type", "deleted_at", "updated_at"]
    op.create_index(f"ix_{SHARDS}_{'_'.join(columns)}", SHARDS, columns)


def downgrade() -> None:
    op.drop_table(SHARDS)
    op.drop_table(TYPES)
