"""Credentials under seal; the next start seals those that are there."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TABLE = "endpoints_widgets"
INDEX = f"ix_{TABLE}_unsealed"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("credentials", sa.Text))
    where = sa.text("credentials IS NULL")
    op.create_index(INDEX, TABLE, ["id"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index(INDEX, TABLE)
    op.drop_column(TABLE, "credentials")
