"""Jobs, attempts, logs and artifacts."""

import sqlalchemy as sa
from alembic import op

from pegboard_store import Json, UtcDateTime

revision = "0001"
down_revision = None

JOBS = "jobs_jobs"
Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        JOBS,
        sa.Column("seq", Number, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("id", "tenant", "owner", "kind", "subject", "title")),
        sa.Column("parameters", Json),
        sa.Column("payload", Json),
        sa.Column("unique_key", sa.Text),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("lane", Key, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_at", UtcDateTime),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("most_attempts", sa.Integer, nullable=False),
        sa.Column("lease", sa.Text),
        sa.Column("leased_until", UtcDateTime),
        sa.Column("worker", sa.Text),
        sa.Column("cancel_at", UtcDateTime),
        sa.Column("progress", sa.Float),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("log_bytes", sa.BigInteger, nullable=False),
        sa.Column("log_lines", sa.BigInteger, nullable=False),
        sa.Column("log_cut", sa.Boolean, nullable=False),
        sa.Column("result", Json),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("exit_code", sa.Integer),
        sa.Column("signal", sa.Integer),
        sa.Column("limit_hit", sa.Text, nullable=False),
        sa.Column("cpu", sa.Float, nullable=False),
        sa.Column("memory", sa.BigInteger, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("queued_at", UtcDateTime, nullable=False),
        sa.Column("started_at", UtcDateTime),
        sa.Column("begun_at", UtcDateTime),
        sa.Column("ended_at", UtcDateTime),
        sa.PrimaryKeyConstraint("seq", name=f"pk_{JOBS}"),
        sa.UniqueConstraint("id", name=f"uq_{JOBS}_id"),
        sqlite_autoincrement=True,
    )
    _index("queue", "lane", "seq", where="state = 'queued'")
    _index("due", "due_at", where="state = 'delayed'")
    _index("leases", "leased_until", where="state = 'running'")
    _index("owner", "tenant", "owner", "seq")
    _index("ended", "ended_at")
    _index("unique", "tenant", "owner", "kind", "unique_key", where="unique_key IS NOT NULL", unique=True)
    _belonging(
        "attempts",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("lease", sa.Text, nullable=False),
        sa.Column("worker", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("exit_code", sa.Integer),
        sa.Column("signal", sa.Integer),
        sa.Column("cpu", sa.Float, nullable=False),
        sa.Column("memory", sa.BigInteger, nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=False),
        key=("number",),
    )
    _belonging(
        "log",
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("line", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        key=("offset",),
    )
    _belonging(
        "artifacts",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        key=("name",),
    )
    _belonging(
        "artifact_parts",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        key=("name", "number"),
    )


def _index(name: str, *columns: str, where: str = "", unique: bool = False) -> None:
    some = sa.text(where) if where else None
    op.create_index(f"ix_{JOBS}_{name}", JOBS, list(columns), unique=unique, sqlite_where=some, postgresql_where=some)


def _belonging(name: str, *columns: sa.Column, key: tuple[str, ...]) -> None:  # type: ignore[type-arg]
    table = f"jobs_{name}"
    op.create_table(
        table,
        sa.Column("job", Number, nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("job", *key, name=f"pk_{table}"),
        sa.ForeignKeyConstraint(["job"], [f"{JOBS}.seq"], name=f"fk_{table}_job", ondelete="CASCADE"),
    )


def downgrade() -> None:
    for name in ("artifact_parts", "artifacts", "log", "attempts", "jobs"):
        op.drop_table(f"jobs_{name}")
