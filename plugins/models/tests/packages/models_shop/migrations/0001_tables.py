"""The tables of the first version."""

import sqlalchemy as sa
from alembic import op

from pegboard_models import Exact, PlainText
from pegboard_store import Json, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "shop_categories",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", PlainText(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("name", PlainText(100), nullable=False),
        sa.Column("slug", PlainText(100), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["shop_categories.id"], name=op.f("fk_shop_categories_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_categories")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("shop_categories", schema=None) as batch_op:
        batch_op.create_index("ix_shop_categories_tenant_id", ["tenant", "id"], unique=False)
        batch_op.create_index("ix_shop_categories_tenant_parent_id_id", ["tenant", "parent_id", "id"], unique=False)
        batch_op.create_index("uq_shop_categories_tenant_slug", ["tenant", "slug"], unique=True)

    op.create_table(
        "shop_countries",
        sa.Column("id", sa.Uuid(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("code", PlainText(2), nullable=False),
        sa.Column("name", PlainText(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_countries")),
    )
    with op.batch_alter_table("shop_countries", schema=None) as batch_op:
        batch_op.create_index("uq_shop_countries_code", ["code"], unique=True)

    op.create_table(
        "shop_orders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", PlainText(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("buyer", PlainText(100), nullable=False),
        sa.Column("total", Exact(12, 2), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_orders")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("shop_orders", schema=None) as batch_op:
        batch_op.create_index("ix_shop_orders_tenant_buyer_id", ["tenant", "buyer", "id"], unique=False)
        batch_op.create_index("ix_shop_orders_tenant_created_at_id", ["tenant", "created_at", "id"], unique=False)
        batch_op.create_index("ix_shop_orders_tenant_id", ["tenant", "id"], unique=False)

    op.create_table(
        "shop_products",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", PlainText(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("deleted_at", UtcDateTime, nullable=True),
        sa.Column("name", PlainText(200), nullable=False),
        sa.Column("sku", PlainText(40), nullable=False),
        sa.Column("price", Exact(12, 2), nullable=False),
        sa.Column("cost", Exact(12, 2), nullable=True),
        sa.Column("margin", sa.Double(), nullable=True),
        sa.Column("sold", sa.BigInteger(), nullable=False),
        sa.Column("category_id", sa.BigInteger(), nullable=True),
        sa.Column("stock", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=True),
        sa.Column("state", PlainText(), nullable=False),
        sa.Column("size", PlainText(), nullable=True),
        sa.Column("featured", sa.Boolean(), nullable=False),
        sa.Column("released", sa.Date(), nullable=True),
        sa.Column("seen_at", UtcDateTime, nullable=True),
        sa.Column("batch", sa.Uuid(), nullable=True),
        sa.Column("note", PlainText(), nullable=True),
        sa.Column("tags", Json, nullable=False),
        sa.Column("attributes", Json, nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["shop_categories.id"], name=op.f("fk_shop_products_category_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_products")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("shop_products", schema=None) as batch_op:
        batch_op.create_index(
            "ix_shop_products_tenant_category_id_id",
            ["tenant", "category_id", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_shop_products_tenant_id",
            ["tenant", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_shop_products_tenant_price_id",
            ["tenant", "price", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_shop_products_tenant_state_featured_id",
            ["tenant", "state", "featured", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "uq_shop_products_tenant_sku",
            ["tenant", "sku"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "shop_order_items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", PlainText(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["shop_orders.id"], name=op.f("fk_shop_order_items_order_id")),
        sa.ForeignKeyConstraint(["product_id"], ["shop_products.id"], name=op.f("fk_shop_order_items_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_order_items")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("shop_order_items", schema=None) as batch_op:
        batch_op.create_index("ix_shop_order_items_tenant_id", ["tenant", "id"], unique=False)
        batch_op.create_index("ix_shop_order_items_tenant_order_id_id", ["tenant", "order_id", "id"], unique=False)
        batch_op.create_index("ix_shop_order_items_tenant_product_id_id", ["tenant", "product_id", "id"], unique=False)
        batch_op.create_index(
            "uq_shop_order_items_tenant_order_id_product_id", ["tenant", "order_id", "product_id"], unique=True
        )


def downgrade() -> None:
    with op.batch_alter_table("shop_order_items", schema=None) as batch_op:
        batch_op.drop_index("uq_shop_order_items_tenant_order_id_product_id")
        batch_op.drop_index("ix_shop_order_items_tenant_product_id_id")
        batch_op.drop_index("ix_shop_order_items_tenant_order_id_id")
        batch_op.drop_index("ix_shop_order_items_tenant_id")

    op.drop_table("shop_order_items")
    with op.batch_alter_table("shop_products", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_shop_products_tenant_sku",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_shop_products_tenant_state_featured_id",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_shop_products_tenant_price_id",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_shop_products_tenant_id",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_shop_products_tenant_category_id_id",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.drop_table("shop_products")
    with op.batch_alter_table("shop_orders", schema=None) as batch_op:
        batch_op.drop_index("ix_shop_orders_tenant_id")
        batch_op.drop_index("ix_shop_orders_tenant_created_at_id")
        batch_op.drop_index("ix_shop_orders_tenant_buyer_id")

    op.drop_table("shop_orders")
    with op.batch_alter_table("shop_countries", schema=None) as batch_op:
        batch_op.drop_index("uq_shop_countries_code")

    op.drop_table("shop_countries")
    with op.batch_alter_table("shop_categories", schema=None) as batch_op:
        batch_op.drop_index("uq_shop_categories_tenant_slug")
        batch_op.drop_index("ix_shop_categories_tenant_parent_id_id")
        batch_op.drop_index("ix_shop_categories_tenant_id")

    op.drop_table("shop_categories")
