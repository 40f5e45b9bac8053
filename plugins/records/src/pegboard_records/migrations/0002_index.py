"""An index for lists without deleted records, which no look-up by external id can take for its own."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

SHARDS = "records_shards"
OLD, NEW = ["tenant", "type", "deleted_at", "updated_at"], ["tenant", "type", "updated_at"]


def _name(columns: list[str]) -> str:
    return f"ix_{SHARDS}_{'_'.join(columns)}"


def upgrade() -> None:
    there = sa.text("deleted_at IS NULL")
    op.create_index(_name(NEW), SHARDS, NEW, sqlite_where=there, postgresql_where=there)
    op.drop_index(_name(OLD), SHARDS)


def downgrade() -> None:
    op.create_index(_name(OLD), SHARDS, OLD)
    op.drop_index(_name(NEW), SHARDS)
