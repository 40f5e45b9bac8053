"""References: a foreign key knows nothing of tenants and owners, so what they may not see is asked for before."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from pegboard import FieldError

from .catalog import Entry
from .errors import cut, invalid_row
from .reading import AT_ONCE
from .values import Values

if TYPE_CHECKING:
    from .writing import Writer


async def check_references(writer: "Writer", entry: Entry, rows: Sequence[Values]) -> None:
    """Raises Problem 422 for a reference to what is not there, or not for whoever writes."""
    errors: list[FieldError] = []
    for spec in entry.model.fields.values():
        wanted = {row[spec.name] for row in rows if spec.rules.references and row.get(spec.name) is not None}
        if wanted:
            other = writer.entry(entry.model.referred(spec))
            unknown = wanted - writer.holds(other)
            missing = sorted(unknown - await _there(writer, other, unknown))
            errors += [FieldError(f"there is no {other.model.noun} {cut(one)}", f"/{spec.name}") for one in missing]
    if errors:
        raise invalid_row(errors)


async def _there(writer: "Writer", entry: Entry, ids: set[Any]) -> set[Any]:
    """Those rows that one may refer to; they stay until this transaction ends."""
    column, wanted, found = entry.table.c.id, sorted(ids), set()
    for start in range(0, len(wanted), AT_ONCE):
        same = column.in_(wanted[start : start + AT_ONCE])
        statement = select(column).where(same, *writer.conditions(entry)).order_by(column)
        found |= set(await writer.session.scalars(statement.with_for_update(read=True, key_share=True)))
    return found
