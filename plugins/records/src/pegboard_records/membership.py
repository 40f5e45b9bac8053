"""Records of which one value is among many, for PostgreSQL in a form that leaves it one good plan.

It compares each row with each value of an ``IN`` as soon as it has planned the statement without knowing the values,
which it does from the sixth time on; ``= ANY(array)`` is no different. Of a table that is being filled it knows nothing
besides, and takes the index that it finds first. With 300,000 records a thousand values took 2 to 4 seconds.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, FromClause, Numeric, Text, func, literal, literal_column, select, true

from .fields import NUMBERS, Field
from .tables import shards


def of_external_ids(tenant: str, type_id: str, external_ids: Sequence[str], dialect: str) -> FromClause:
    """The rows of some external ids, as `shards` has them; those that are soft-deleted, too.

    PostgreSQL looks each one up: the index that begins with the same columns lacks deleted records, so that only the
    one of external ids is left, and a limit's offset keeps the look-up from being made a join.
    """
    own = select(shards).where(shards.c.tenant == tenant, shards.c.type == type_id)
    if dialect != "postgresql":
        return own.where(shards.c.external_id.in_(external_ids)).subquery("found")
    wanted = _unnested(external_ids, Text()).table_valued("key", name="wanted").render_derived()
    one = own.where(shards.c.external_id == wanted.c.key).offset(literal_column("0")).lateral("one")
    return select(one).select_from(wanted.join(one, true())).subquery("found")


def is_among(column: ColumnElement[Any], values: Sequence[Any], field: Field, dialect: str) -> ColumnElement[bool]:
    """Whether the value of a field, as `value_of` has it, is one of `values`.

    Each row is read. Beneath ``IS TRUE`` PostgreSQL hashes the values, once, instead of making a join of them.
    """
    if dialect != "postgresql":
        return column.in_(values)
    kind = Numeric() if field.type in NUMBERS else Text()
    among: ColumnElement[bool] = column.in_(select(_unnested(values, kind))).is_(true())
    return among


def _unnested(values: Sequence[Any], kind: Any) -> Any:
    return func.unnest(literal(list(values), ARRAY(kind)))
