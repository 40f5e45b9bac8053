"""The first step of a path below ``/e/`` belongs to the tenant that used it first, for good.

Without it a tenant could lay a literal address over another's template, or take over one that was given up, and so
get callers who meant somebody else.
"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import FieldError, Problem
from pegboard_store import insert_into

from .tables import prefixes


def prefix_of(path: str) -> str:
    """``/e/reports/{region}`` is below ``reports``. Raises Problem 422 where the first step is a parameter."""
    first = path.split("/")[2]
    if "{" in first:
        detail = "the first step after /e/ must be plain text; it becomes your tenant's own"
        raise Problem(422, "invalid-path", detail, errors=[FieldError(detail, "/path")])
    return first


async def claim(session: AsyncSession, dialect: str, path: str, tenant: str) -> None:
    """Take the prefix of a path for a tenant. Raises Problem 409 if another tenant has it."""
    prefix = prefix_of(path)
    await session.execute(insert_into(dialect, prefixes).values(prefix=prefix, tenant=tenant).on_conflict_do_nothing())
    owner = await session.scalar(select(prefixes.c.tenant).where(prefixes.c.prefix == prefix))
    if owner != tenant:
        raise taken(path, f"/e/{prefix}/ belongs to somebody else; choose another first step")


def taken(path: str, way_out: str) -> Problem:
    """The 409 for a path that somebody else has; whose it is stays untold."""
    errors = [FieldError(f"is taken: {way_out}", "/path")]
    return Problem(409, "path-taken", f"the path {path} is taken by another endpoint", errors=errors)
