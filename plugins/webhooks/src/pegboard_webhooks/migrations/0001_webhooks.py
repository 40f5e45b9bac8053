"""Events that came, lanes, subscriptions, and what is sent."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from pegboard_store import Json, UtcDateTime

revision = "0001"
down_revision = None

Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _events()
    _lanes()
    _subscriptions()
    _messages()
    _deliveries()
    _attempts()


def downgrade() -> None:
    for name in ("attempts", "deliveries", "messages", "subscriptions", "lanes", "events"):
        op.drop_table(f"webhooks_{name}")


def _events() -> None:
    _numbered(
        "events",
        *_texts("tenant", "source", "hook", "lane"),
        sa.Column("key", sa.Text),
        *_texts("type", "state", "content_type"),
        sa.Column("headers", Json, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        *_texts("error"),
        sa.Column("result", Json),
        sa.Column("sent_at", UtcDateTime),
        sa.Column("received_at", UtcDateTime, nullable=False),
        sa.Column("due_at", UtcDateTime),
        sa.Column("handled_at", UtcDateTime),
        sa.UniqueConstraint("source", "hook", "key", name="uq_webhooks_events_source_hook_key"),
    )
    _due("events")
    op.create_index("ix_webhooks_events_tenant", "webhooks_events", ["tenant", "seq"])
    op.create_index("ix_webhooks_events_received", "webhooks_events", ["received_at"])


def _lanes() -> None:
    op.create_table(
        "webhooks_lanes",
        *_texts("lane", "tenant", "token"),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("job_until", UtcDateTime),
        sa.Column("resume_at", UtcDateTime),
        sa.PrimaryKeyConstraint("lane", name="pk_webhooks_lanes"),
    )


def _subscriptions() -> None:
    op.create_table(
        "webhooks_subscriptions",
        *_texts("id", "tenant", "url", "description"),
        sa.Column("events", Json, nullable=False),
        *_texts("format"),
        sa.Column("ordered", sa.Boolean, nullable=False),
        *_texts("status", "reason", "secret"),
        sa.Column("failing_since", UtcDateTime),
        *_texts("created_by"),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks_subscriptions"),
    )
    op.create_index("ix_webhooks_subscriptions_tenant_created_at", "webhooks_subscriptions", ["tenant", "created_at"])


def _messages() -> None:
    _numbered(
        "messages",
        *_texts("tenant", "type", "subject"),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_webhooks_messages_created", "webhooks_messages", ["created_at"])


def _deliveries() -> None:
    _numbered(
        "deliveries",
        *_texts("tenant", "lane", "message"),
        *(sa.Column(name, sa.Text) for name in ("subscription", "url", "secret")),
        *_texts("state"),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("status", sa.Integer),
        *_texts("error"),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("due_at", UtcDateTime),
        sa.Column("ended_at", UtcDateTime),
    )
    _due("deliveries")
    op.create_index("ix_webhooks_deliveries_tenant", "webhooks_deliveries", ["tenant", "seq"])
    op.create_index("ix_webhooks_deliveries_subscription", "webhooks_deliveries", ["subscription", "seq"])
    op.create_index("ix_webhooks_deliveries_message", "webhooks_deliveries", ["message"])


def _attempts() -> None:
    op.create_table(
        "webhooks_attempts",
        *_texts("delivery"),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("status", sa.Integer),
        *_texts("error", "answer"),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("delivery", "number", name="pk_webhooks_attempts"),
    )


def _texts(*names: str) -> list[sa.Column]:  # type: ignore[type-arg]
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _numbered(name: str, *columns: Any) -> None:
    table = f"webhooks_{name}"
    op.create_table(
        table,
        sa.Column("seq", Number, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("seq", name=f"pk_{table}"),
        sa.UniqueConstraint("id", name=f"uq_{table}_id"),
        sqlite_autoincrement=True,
    )


def _due(name: str) -> None:
    waiting, table = sa.text("state = 'waiting'"), f"webhooks_{name}"
    op.create_index(f"ix_{table}_due", table, ["lane", "due_at"], sqlite_where=waiting, postgresql_where=waiting)
