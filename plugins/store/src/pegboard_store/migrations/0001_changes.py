"""Who changed what, for caches. Only SQLite reads it: PostgreSQL has NOTIFY."""

import sqlalchemy as sa
from alembic import op

from pegboard_store import UtcDateTime

revision = "0001"
down_revision = None

# Rows are taken away where they are added: no process has to remember to, and the newest 10,000 stay.
PRUNE = """
CREATE TRIGGER store_changes_prune AFTER INSERT ON store_changes WHEN new.seq % 500 = 0
BEGIN DELETE FROM store_changes WHERE seq <= new.seq - 10000; END
"""


def upgrade() -> None:
    op.create_table(
        "store_changes",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_store_changes"),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(PRUNE)


def downgrade() -> None:
    op.drop_table("store_changes")
