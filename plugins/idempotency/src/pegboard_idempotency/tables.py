"""Keys that were used, with the answers that were given."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from pegboard_store import Json, UtcDateTime, metadata_for

metadata = metadata_for("idempotency")

keys = Table(
    "idempotency_keys",
    metadata,
    # of caller, method, path and key: these may be long, and nobody needs to read them here
    Column("digest", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("attempt", Text, nullable=False),
    Column("leased_until", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    # no status: under way, for as long as the lease lasts
    Column("status", Integer),
    Column("headers", Json),
    # no body beside a status: the answer was given, and could not be kept
    Column("body", LargeBinary),
)

Index(None, keys.c.expires_at)
