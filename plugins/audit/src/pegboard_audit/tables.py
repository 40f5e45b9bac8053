"""The log's table. Its triggers are in the migration that makes it: SQLAlchemy knows none."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table, Text

from pegboard_store import Json, UtcDateTime, metadata_for

metadata = metadata_for("audit")

entries = Table(
    "audit_entries",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("credential", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("changes", Json, nullable=False),
    # Set in an entry that says that all older ones of its tenant may go: the triggers let nothing else be deleted.
    Column("pruned_before", UtcDateTime),
    CheckConstraint("pruned_before IS NULL OR (action = 'audit.prune' AND pruned_before <= at)", name="pruned_before"),
    # A number is not given twice, not even after the newest entry has been pruned.
    sqlite_autoincrement=True,
)

Index(None, entries.c.id)
Index(None, entries.c.tenant, entries.c.at, entries.c.seq)
Index(None, entries.c.tenant, entries.c.kind, entries.c.object)
Index(None, entries.c.tenant, entries.c.actor)
Index(None, entries.c.tenant, entries.c.request_id)
Index(
    "ix_audit_entries_pruned",
    entries.c.tenant,
    entries.c.pruned_before,
    sqlite_where=entries.c.pruned_before.is_not(None),
    postgresql_where=entries.c.pruned_before.is_not(None),
)
