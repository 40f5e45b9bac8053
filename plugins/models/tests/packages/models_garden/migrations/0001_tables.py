"""The tables of the first version."""

import sqlalchemy as sa
from alembic import op

from pegboard_models import PlainText
from pegboard_store import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "garden_product",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", PlainText(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("name", PlainText(50), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_garden_product")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("garden_product", schema=None) as batch_op:
        batch_op.create_index("ix_garden_product_tenant_id", ["tenant", "id"], unique=False)
        batch_op.create_index("uq_garden_product_tenant_name", ["tenant", "name"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("garden_product", schema=None) as batch_op:
        batch_op.drop_index("uq_garden_product_tenant_name")
        batch_op.drop_index("ix_garden_product_tenant_id")

    op.drop_table("garden_product")
