"""Notices."""

import sqlalchemy as sa
from alembic import op

from pegboard_models import PlainText
from pegboard_store import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "shop_notices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", PlainText(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("text", PlainText(1000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_notices")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("shop_notices", schema=None) as batch_op:
        batch_op.create_index("ix_shop_notices_tenant_id", ["tenant", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("shop_notices", schema=None) as batch_op:
        batch_op.drop_index("ix_shop_notices_tenant_id")

    op.drop_table("shop_notices")
