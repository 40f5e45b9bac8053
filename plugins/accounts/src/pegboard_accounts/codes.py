"""Codes that mails carry: 256 random bits, kept as a digest, good for one use and a while."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from .errors import InvalidCode
from .keys import digest_of
from .tables import CodeRow

Kind = Literal["verify", "reset", "invite"]

PAUSE = timedelta(seconds=60)
AT_ONCE = 3
"""Mails of one kind that an address gets within a minute, whoever asks for them."""


async def issue(
    session: AsyncSession, kind: Kind, email: str, lasts: timedelta, *, tenant: str = "", role: str = ""
) -> str | None:
    """A new code, or None where the address was sent enough of them just now."""
    now = datetime.now(UTC)
    await session.execute(delete(CodeRow).where(CodeRow.expires_at < now))
    lately = (CodeRow.kind == kind, CodeRow.email == email, CodeRow.created_at > now - PAUSE)
    if (await session.scalar(select(func.count()).select_from(CodeRow).where(*lately)) or 0) >= AT_ONCE:
        return None
    text = secrets.token_urlsafe(32)
    session.add(
        CodeRow(
            digest=digest_of(text),
            kind=kind,
            email=email,
            tenant=tenant,
            role=role,
            created_at=now,
            expires_at=now + lasts,
        )
    )
    return text


async def redeem(session: AsyncSession, kind: Kind, text: str) -> CodeRow:
    """Use a code up. Raises `InvalidCode`, in the same words whatever is wrong with it."""
    which = (CodeRow.digest == digest_of(text), CodeRow.kind == kind)
    row = await session.scalar(select(CodeRow).where(*which).with_for_update())
    if row is None or row.used_at is not None or row.expires_at <= datetime.now(UTC):
        raise InvalidCode()
    row.used_at = datetime.now(UTC)
    return row


async def withdraw(session: AsyncSession, kind: Kind, email: str) -> None:
    """Make all codes of a kind useless that an address was sent."""
    await session.execute(delete(CodeRow).where(CodeRow.kind == kind, CodeRow.email == email))
