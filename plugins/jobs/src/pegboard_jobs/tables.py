"""Jobs, their attempts, their logs, and the files that they leave."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)

from pegboard_store import Json, UtcDateTime, metadata_for

metadata = metadata_for("jobs")

Key = Text().with_variant(Text(collation="C"), "postgresql")
Number = BigInteger().with_variant(Integer, "sqlite")
QUEUED, DELAYED, RUNNING, UNIQUE = (
    text("state = 'queued'"),
    text("state = 'delayed'"),
    text("state = 'running'"),
    text("unique_key IS NOT NULL"),
)

# `lane` is "priority/tenant/owner", so that whose turn it is can be told by one walk over the index of what is queued.
jobs = Table(
    "jobs_jobs",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("parameters", Json),
    Column("payload", Json),
    Column("unique_key", Text),
    Column("priority", Integer, nullable=False),
    Column("lane", Key, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("most_attempts", Integer, nullable=False),
    Column("lease", Text),
    Column("leased_until", UtcDateTime),
    Column("worker", Text),
    Column("cancel_at", UtcDateTime),
    Column("progress", Float),
    Column("stage", Text, nullable=False),
    Column("log_bytes", BigInteger, nullable=False),
    Column("log_lines", BigInteger, nullable=False),
    Column("log_cut", Boolean, nullable=False),
    Column("result", Json),
    Column("error", Text, nullable=False),
    Column("exit_code", Integer),
    Column("signal", Integer),
    Column("limit_hit", Text, nullable=False),
    Column("cpu", Float, nullable=False),
    Column("memory", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("queued_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("begun_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    UniqueConstraint("id"),
    Index("ix_jobs_jobs_queue", "lane", "seq", sqlite_where=QUEUED, postgresql_where=QUEUED),
    Index("ix_jobs_jobs_due", "due_at", sqlite_where=DELAYED, postgresql_where=DELAYED),
    Index("ix_jobs_jobs_leases", "leased_until", sqlite_where=RUNNING, postgresql_where=RUNNING),
    Index("ix_jobs_jobs_owner", "tenant", "owner", "seq"),
    Index("ix_jobs_jobs_ended", "ended_at"),
    Index(
        "ix_jobs_jobs_unique",
        "tenant",
        "owner",
        "kind",
        "unique_key",
        unique=True,
        sqlite_where=UNIQUE,
        postgresql_where=UNIQUE,
    ),
    sqlite_autoincrement=True,
)


def in_state(*names: str) -> ColumnElement[bool]:
    """Whether a job is in one of these states, which are part of the statement and no parameters of it.

    SQLite looks into an index of the rows of one state only where it knows that state; and one that is a parameter has
    it prepare the statement anew for each execution, which takes longer than the execution.
    """
    literals = [literal_column(f"'{name}'") for name in sorted(names)]
    return jobs.c.state == literals[0] if len(literals) == 1 else jobs.c.state.in_(literals)


def _job() -> Column[int]:
    return Column("job", Number, ForeignKey("jobs_jobs.seq", ondelete="CASCADE"), nullable=False)


# Those that others came after, or that were lost. The latest is in the row of its job, as long as that has its lease.
attempts = Table(
    "jobs_attempts",
    metadata,
    _job(),
    Column("number", Integer, nullable=False),
    Column("lease", Text, nullable=False),
    Column("worker", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("exit_code", Integer),
    Column("signal", Integer),
    Column("cpu", Float, nullable=False),
    Column("memory", BigInteger, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("job", "number"),
)

# `line` is how many lines end before the chunk.
log = Table(
    "jobs_log",
    metadata,
    _job(),
    Column("offset", BigInteger, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("job", "offset"),
)

artifacts = Table(
    "jobs_artifacts",
    metadata,
    _job(),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("job", "name"),
)

parts = Table(
    "jobs_artifact_parts",
    metadata,
    _job(),
    Column("name", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("job", "name", "number"),
)
