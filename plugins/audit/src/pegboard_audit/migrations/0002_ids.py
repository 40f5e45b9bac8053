"""An index to find one entry by its id."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("ix_audit_entries_id", "audit_entries", ["id"])


def downgrade() -> None:
    op.drop_index("ix_audit_entries_id", "audit_entries")
