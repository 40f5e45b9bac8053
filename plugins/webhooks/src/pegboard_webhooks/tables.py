"""Events that came, lanes in which work is done one job at a time, and what is sent to whom."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from pegboard_store import Json, UtcDateTime, metadata_for

metadata = metadata_for("webhooks")

Number = BigInteger().with_variant(Integer, "sqlite")
WAITING = text("state = 'waiting'")

# `key` tells an event from others of its address; it is taken off when the replay window is over.
events = Table(
    "webhooks_events",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("hook", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("key", Text),
    Column("type", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("headers", Json, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("result", Json),
    Column("sent_at", UtcDateTime),
    Column("received_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("handled_at", UtcDateTime),
    UniqueConstraint("id"),
    UniqueConstraint("source", "hook", "key"),
    Index("ix_webhooks_events_due", "lane", "due_at", sqlite_where=WAITING, postgresql_where=WAITING),
    Index("ix_webhooks_events_tenant", "tenant", "seq"),
    Index("ix_webhooks_events_received", "received_at"),
    sqlite_autoincrement=True,
)

# One job at a time works in a lane: `token` and `attempt` are its, until `job_until`. It rests until `resume_at`.
lanes = Table(
    "webhooks_lanes",
    metadata,
    Column("lane", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("job_until", UtcDateTime),
    Column("resume_at", UtcDateTime),
    PrimaryKeyConstraint("lane"),
)

subscriptions = Table(
    "webhooks_subscriptions",
    metadata,
    Column("id", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("events", Json, nullable=False),
    Column("format", Text, nullable=False),
    Column("ordered", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("failing_since", UtcDateTime),
    Column("created_by", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("id"),
    Index(None, "tenant", "created_at"),
)

messages = Table(
    "webhooks_messages",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("id"),
    Index("ix_webhooks_messages_created", "created_at"),
    sqlite_autoincrement=True,
)

# Without a `subscription`, address and sealed secret are the delivery's own.
deliveries = Table(
    "webhooks_deliveries",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("subscription", Text),
    Column("url", Text),
    Column("secret", Text),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("status", Integer),
    Column("error", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    UniqueConstraint("id"),
    Index("ix_webhooks_deliveries_due", "lane", "due_at", sqlite_where=WAITING, postgresql_where=WAITING),
    Index("ix_webhooks_deliveries_tenant", "tenant", "seq"),
    Index("ix_webhooks_deliveries_subscription", "subscription", "seq"),
    Index("ix_webhooks_deliveries_message", "message"),
    sqlite_autoincrement=True,
)

attempts = Table(
    "webhooks_attempts",
    metadata,
    Column("delivery", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("status", Integer),
    Column("error", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("seconds", Float, nullable=False),
    PrimaryKeyConstraint("delivery", "number"),
)
