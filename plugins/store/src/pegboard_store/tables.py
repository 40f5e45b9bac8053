"""How plugins declare tables, and the one that the store itself needs."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

from .columns import UtcDateTime

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def metadata_for(plugin: str) -> MetaData:
    """The metadata of a plugin's tables, whose names start with `table_prefix(plugin)`.

    Constraints are named by rule, so that a later migration can find them. No foreign key may point at another
    plugin's table. `pegboard_store.testing.check_migrations` proves that a plugin keeps to it.
    """
    return MetaData(naming_convention=NAMING, info={"plugin": plugin})


def table_prefix(plugin: str) -> str:
    """``auth-oauth2`` owns the tables ``auth_oauth2_...``."""
    return plugin.replace("-", "_").replace(".", "_") + "_"


metadata = metadata_for("store")

store_changes = Table(
    "store_changes",
    metadata,
    Column("seq", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)
