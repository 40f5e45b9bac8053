"""Users, tenants, sessions, codes and attempts."""

import sqlalchemy as sa
from alembic import op

from pegboard_store import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _people()
    _sessions()
    _codes()


def _people() -> None:
    op.create_table(
        "accounts_users",
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("username", sa.Text),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("password_at", UtcDateTime, nullable=False),
        sa.Column("first_name", sa.Text, nullable=False),
        sa.Column("last_name", sa.Text, nullable=False),
        sa.Column("is_verified", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime),
        sa.Column("last_login", UtcDateTime),
        sa.PrimaryKeyConstraint("number", name="pk_accounts_users"),
        sa.UniqueConstraint("id", name="uq_accounts_users_id"),
        sa.UniqueConstraint("email", name="uq_accounts_users_email"),
        sa.UniqueConstraint("username", name="uq_accounts_users_username"),
    )
    op.create_table(
        "accounts_tenants",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts_tenants"),
    )
    op.create_table(
        "accounts_members",
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["accounts_tenants.id"], name="fk_accounts_members_tenant"),
        sa.ForeignKeyConstraint(["user_id"], ["accounts_users.id"], name="fk_accounts_members_user_id"),
        sa.PrimaryKeyConstraint("tenant", "user_id", name="pk_accounts_members"),
    )
    op.create_index("ix_accounts_members_user_id", "accounts_members", ["user_id"])


def _sessions() -> None:
    op.create_table(
        "accounts_sessions",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("revoked_at", UtcDateTime),
        sa.ForeignKeyConstraint(["user_id"], ["accounts_users.id"], name="fk_accounts_sessions_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_accounts_sessions"),
    )
    op.create_index("ix_accounts_sessions_user_id", "accounts_sessions", ["user_id"])
    op.create_index("ix_accounts_sessions_expires_at", "accounts_sessions", ["expires_at"])
    op.create_table(
        "accounts_refresh",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("used_at", UtcDateTime),
        sa.ForeignKeyConstraint(
            ["session_id"], ["accounts_sessions.id"], name="fk_accounts_refresh_session_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name="pk_accounts_refresh"),
    )
    op.create_index("ix_accounts_refresh_session_id", "accounts_refresh", ["session_id"])


def _codes() -> None:
    op.create_table(
        "accounts_codes",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("used_at", UtcDateTime),
        sa.PrimaryKeyConstraint("digest", name="pk_accounts_codes"),
    )
    op.create_index("ix_accounts_codes_kind_email", "accounts_codes", ["kind", "email"])
    op.create_table(
        "accounts_attempts",
        sa.Column("number", sa.Integer, autoincrement=True, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_accounts_attempts"),
    )
    op.create_index("ix_accounts_attempts_subject_at", "accounts_attempts", ["subject", "at"])
    op.create_index("ix_accounts_attempts_at", "accounts_attempts", ["at"])


def downgrade() -> None:
    for name in ("attempts", "codes", "refresh", "sessions", "members", "tenants", "users"):
        op.drop_table(f"accounts_{name}")
