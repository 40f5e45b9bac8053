"""The tables: one row for each grant, and one for each login that is under way."""

from sqlalchemy import Column, Index, Integer, Table, Text

from pegboard_store import Json, UtcDateTime, metadata_for

metadata = metadata_for("auth-oauth2")

grants = Table(
    "auth_oauth2_grants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("obtained_at", UtcDateTime),
    Column("forced_at", UtcDateTime),
    Column("version", Integer, nullable=False),
    Column("lease_fence", Integer, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("failure", Json),
    Column("failed_fence", Integer, nullable=False),
    Column("failed_at", UtcDateTime),
)

logins = Table(
    "auth_oauth2_logins",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("return_to", Text, nullable=False),
    Column("browser", Text, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index(None, "expires_at"),
)
