"""The log, which the database itself lets nobody change."""

import sqlalchemy as sa
from alembic import op

from pegboard_store import Json, UtcDateTime

revision = "0001"
down_revision = None

# An entry may go when the log itself says, in an entry that stays, that everything older was pruned. So there is no
# switch to forget, and nothing disappears without a trace. A migration that rebuilds the table must make these anew.
SQLITE = (
    """
    CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
    BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only, UPDATE is refused'); END
    """,
    """
    CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
    WHEN NOT EXISTS (
        SELECT 1 FROM audit_entries AS pruning
        WHERE pruning.tenant = old.tenant AND pruning.pruned_before IS NOT NULL AND pruning.pruned_before > old.at
    )
    BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only, DELETE is refused; use pegboard audit prune'); END
    """,
    # INSERT OR REPLACE deletes without a DELETE trigger.
    """
    CREATE TRIGGER audit_entries_no_replace BEFORE INSERT ON audit_entries
    WHEN EXISTS (SELECT 1 FROM audit_entries AS other WHERE other.seq = new.seq)
    BEGIN SELECT RAISE(ABORT, 'audit_entries is append-only, REPLACE is refused'); END
    """,
)

# The table is named by schema and name as the trigger has them: a temporary table of that name must not stand in for
# it. ALWAYS: also in sessions that call themselves a replica, in which plain triggers are silent.
POSTGRESQL = (
    """
    CREATE FUNCTION audit_entries_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        pruned boolean;
    BEGIN
        IF TG_OP = 'DELETE' THEN
            EXECUTE format(
                'SELECT EXISTS (SELECT 1 FROM %I.%I WHERE tenant = $1 AND pruned_before > $2)',
                TG_TABLE_SCHEMA, TG_TABLE_NAME
            ) INTO pruned USING OLD.tenant, OLD.at;
            IF pruned THEN
                RETURN OLD;
            END IF;
        END IF;
        RAISE EXCEPTION 'audit_entries is append-only, % is refused; use pegboard audit prune', TG_OP
            USING ERRCODE = 'restrict_violation';
    END
    $$
    """,
    """
    CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION audit_entries_guard()
    """,
    """
    CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_guard()
    """,
    "ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER audit_entries_append_only",
    "ALTER TABLE audit_entries ENABLE ALWAYS TRIGGER audit_entries_no_truncate",
)


def upgrade() -> None:
    _make_table()
    pruned = sa.text("pruned_before IS NOT NULL")
    op.create_index("ix_audit_entries_tenant_at_seq", "audit_entries", ["tenant", "at", "seq"])
    op.create_index("ix_audit_entries_tenant_kind_object", "audit_entries", ["tenant", "kind", "object"])
    op.create_index("ix_audit_entries_tenant_actor", "audit_entries", ["tenant", "actor"])
    op.create_index("ix_audit_entries_tenant_request_id", "audit_entries", ["tenant", "request_id"])
    op.create_index(
        "ix_audit_entries_pruned",
        "audit_entries",
        ["tenant", "pruned_before"],
        sqlite_where=pruned,
        postgresql_where=pruned,
    )
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def _make_table() -> None:
    texts = ("tenant", "actor", "username", "credential", "address", "request_id")
    told = ("action", "kind", "object", "outcome", "detail")
    op.create_table(
        "audit_entries",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in (*texts, *told)),
        sa.Column("changes", Json, nullable=False),
        sa.Column("pruned_before", UtcDateTime),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_entries"),
        sa.CheckConstraint(
            "pruned_before IS NULL OR (action = 'audit.prune' AND pruned_before <= at)",
            name="ck_audit_entries_pruned_before",
        ),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("audit_entries")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_entries_guard()")
