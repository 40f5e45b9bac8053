"""Tables."""

import sqlalchemy as sa
from alembic import op

from pegboard_models import Exact, PlainText
from pegboard_store import Json, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "storefront_categories",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", PlainText(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("name", PlainText(200), nullable=False),
        sa.Column("description", PlainText(10000), nullable=False),
        sa.Column("slug", PlainText(200), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("metadata", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["storefront_categories.id"], name=op.f("fk_storefront_categories_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_categories")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("storefront_categories", schema=None) as batch_op:
        batch_op.create_index("ix_storefront_categories_tenant_id", ["tenant", "id"], unique=False)
        batch_op.create_index(
            "ix_storefront_categories_tenant_is_active_sort_order_id",
            ["tenant", "is_active", "sort_order", "id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_storefront_categories_tenant_parent_id_id", ["tenant", "parent_id", "id"], unique=False
        )
        batch_op.create_index("uq_storefront_categories_tenant_slug", ["tenant", "slug"], unique=True)

    op.create_table(
        "storefront_orders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", PlainText(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("buyer", PlainText(100), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("order_number", PlainText(20), nullable=False),
        sa.Column("subtotal", Exact(18, 2), nullable=False),
        sa.Column("total", Exact(18, 2), nullable=False),
        sa.Column("payment_method", PlainText(100), nullable=False),
        sa.Column("status", PlainText(), nullable=False),
        sa.Column("tax_amount", Exact(18, 2), nullable=False),
        sa.Column("shipping_amount", Exact(18, 2), nullable=False),
        sa.Column("currency", PlainText(3), nullable=False),
        sa.Column("payment_status", PlainText(), nullable=False),
        sa.Column("shipping_address", Json, nullable=False),
        sa.Column("billing_address", Json, nullable=False),
        sa.Column("notes", PlainText(2000), nullable=True),
        sa.Column("shipped_at", UtcDateTime, nullable=True),
        sa.Column("delivered_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_orders")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("storefront_orders", schema=None) as batch_op:
        batch_op.create_index("ix_storefront_orders_tenant_buyer_id", ["tenant", "buyer", "id"], unique=False)
        batch_op.create_index("ix_storefront_orders_tenant_created_at_id", ["tenant", "created_at", "id"], unique=False)
        batch_op.create_index("ix_storefront_orders_tenant_id", ["tenant", "id"], unique=False)
        batch_op.create_index(
            "ix_storefront_orders_tenant_payment_status_id", ["tenant", "payment_status", "id"], unique=False
        )
        batch_op.create_index("ix_storefront_orders_tenant_status_id", ["tenant", "status", "id"], unique=False)
        batch_op.create_index(
            "ix_storefront_orders_tenant_user_id_created_at_id", ["tenant", "user_id", "created_at", "id"], unique=False
        )
        batch_op.create_index("uq_storefront_orders_tenant_order_number", ["tenant", "order_number"], unique=True)

    op.create_table(
        "storefront_products",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", PlainText(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("deleted_at", UtcDateTime, nullable=True),
        sa.Column("name", PlainText(200), nullable=False),
        sa.Column("description", PlainText(10000), nullable=False),
        sa.Column("sku", PlainText(64), nullable=False),
        sa.Column("price", Exact(12, 2), nullable=False),
        sa.Column("category_id", sa.BigInteger(), nullable=False),
        sa.Column("cost", Exact(12, 2), nullable=True),
        sa.Column("stock_quantity", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=True),
        sa.Column("dimensions", Json, nullable=False),
        sa.Column("attributes", Json, nullable=False),
        sa.Column("tags", Json, nullable=False),
        sa.Column("images", Json, nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("featured", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"], ["storefront_categories.id"], name=op.f("fk_storefront_products_category_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_products")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("storefront_products", schema=None) as batch_op:
        batch_op.create_index(
            "ix_storefront_products_tenant_category_id_id",
            ["tenant", "category_id", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_storefront_products_tenant_id",
            ["tenant", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_storefront_products_tenant_is_active_featured_c_55170268",
            ["tenant", "is_active", "featured", "created_at", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_storefront_products_tenant_price_id",
            ["tenant", "price", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "ix_storefront_products_tenant_stock_quantity_id",
            ["tenant", "stock_quantity", "id"],
            unique=False,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.create_index(
            "uq_storefront_products_tenant_sku",
            ["tenant", "sku"],
            unique=True,
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.create_table(
        "storefront_order_items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant", PlainText(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_price", Exact(12, 2), nullable=False),
        sa.Column("total_price", Exact(18, 2), nullable=False),
        sa.Column("product_snapshot", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["storefront_orders.id"], name=op.f("fk_storefront_order_items_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["storefront_products.id"], name=op.f("fk_storefront_order_items_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_storefront_order_items")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("storefront_order_items", schema=None) as batch_op:
        batch_op.create_index("ix_storefront_order_items_tenant_id", ["tenant", "id"], unique=False)
        batch_op.create_index(
            "ix_storefront_order_items_tenant_order_id_id", ["tenant", "order_id", "id"], unique=False
        )
        batch_op.create_index(
            "ix_storefront_order_items_tenant_product_id_id", ["tenant", "product_id", "id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("storefront_order_items", schema=None) as batch_op:
        batch_op.drop_index("ix_storefront_order_items_tenant_product_id_id")
        batch_op.drop_index("ix_storefront_order_items_tenant_order_id_id")
        batch_op.drop_index("ix_storefront_order_items_tenant_id")

    op.drop_table("storefront_order_items")
    with op.batch_alter_table("storefront_products", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_storefront_products_tenant_sku",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_storefront_products_tenant_stock_quantity_id",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_storefront_products_tenant_price_id",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_storefront_products_tenant_is_active_featured_c_55170268",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_storefront_products_tenant_id",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_storefront_products_tenant_category_id_id",
            sqlite_where=sa.text("deleted_at IS NULL"),
            postgresql_where=sa.text("deleted_at IS NULL"),
        )

    op.drop_table("storefront_products")
    with op.batch_alter_table("storefront_orders", schema=None) as batch_op:
        batch_op.drop_index("uq_storefront_orders_tenant_order_number")
        batch_op.drop_index("ix_storefront_orders_tenant_user_id_created_at_id")
        batch_op.drop_index("ix_storefront_orders_tenant_status_id")
        batch_op.drop_index("ix_storefront_orders_tenant_payment_status_id")
        batch_op.drop_index("ix_storefront_orders_tenant_id")
        batch_op.drop_index("ix_storefront_orders_tenant_created_at_id")
        batch_op.drop_index("ix_storefront_orders_tenant_buyer_id")

    op.drop_table("storefront_orders")
    with op.batch_alter_table("storefront_categories", schema=None) as batch_op:
        batch_op.drop_index("uq_storefront_categories_tenant_slug")
        batch_op.drop_index("ix_storefront_categories_tenant_parent_id_id")
        batch_op.drop_index("ix_storefront_categories_tenant_is_active_sort_order_id")
        batch_op.drop_index("ix_storefront_categories_tenant_id")

    op.drop_table("storefront_categories")
