"""The secret of each tenant, with which answers that are sent on are signed."""

from sqlalchemy import Column, Table, Text

from pegboard_store import UtcDateTime, metadata_for

metadata = metadata_for("execute")

signing = Table(
    "execute_signing",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("sealed", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
