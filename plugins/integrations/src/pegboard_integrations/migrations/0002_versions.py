"""The versions of records that events brought."""

import sqlalchemy as sa
from alembic import op

from pegboard_store import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "integrations_versions",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("integration", "type", "external_id", "version")),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("integration", "type", "external_id", name="pk_integrations_versions"),
    )


def downgrade() -> None:
    op.drop_table("integrations_versions")
