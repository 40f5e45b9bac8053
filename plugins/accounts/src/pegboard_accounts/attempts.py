"""Locking out whoever guesses passwords, by account and by address, over all processes.

An attempt counts from before the password is looked at: a hundred at once are no more than five in turn.
"""

import hashlib
import ipaddress
import math
from datetime import UTC, datetime, timedelta

import attrs
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from pegboard_store import Store

from .errors import TooManyAttempts
from .settings import AccountsSettings
from .tables import AttemptRow


@attrs.frozen
class Attempt:
    """An attempt that is under way: rows that stay where it fails."""

    account: str
    numbers: tuple[int, ...]


class Attempts:
    def __init__(self, store: Store, config: AccountsSettings) -> None:
        self._store = store
        self._window = timedelta(minutes=config.lock_minutes)
        self._limits = {"account": config.lock_failures, "address": config.lock_address}

    async def begin(self, email: str, address: str) -> Attempt:
        """Count an attempt. Raises `TooManyAttempts`, whether there is such an account or not."""
        account, now = _account(email), datetime.now(UTC)
        subjects = sorted([account, *([f"address:{address}"] if address else [])])
        async with self._store.begin() as session:
            for subject in subjects:
                await serialise(session, self._store, subject)
            await session.execute(delete(AttemptRow).where(AttemptRow.at <= now - self._window))
            for subject in subjects:
                await self._check(session, subject, now)
            rows = [AttemptRow(subject=subject, at=now) for subject in subjects]
            session.add_all(rows)
            await session.flush()
        return Attempt(account, tuple(row.number for row in rows))

    async def _check(self, session: AsyncSession, subject: str, now: datetime) -> None:
        counted = select(func.count(), func.min(AttemptRow.at)).where(AttemptRow.subject == subject)
        count, oldest = (await session.execute(counted)).one()
        if count >= self._limits[subject.partition(":")[0]]:
            raise TooManyAttempts(max(1, math.ceil((oldest + self._window - now).total_seconds())))

    async def succeeded(self, session: AsyncSession, attempt: Attempt) -> None:
        """The password was right: the account's failures are forgotten, and those of the address stay."""
        await session.execute(delete(AttemptRow).where(AttemptRow.number.in_(attempt.numbers)))
        await session.execute(delete(AttemptRow).where(AttemptRow.subject == attempt.account))

    async def unlock(self, session: AsyncSession, email: str) -> None:
        """Forget the failures of an account, whose owner proved himself by other means."""
        await session.execute(delete(AttemptRow).where(AttemptRow.subject == _account(email)))


async def serialise(session: AsyncSession, store: Store, subject: str) -> None:
    """Let transactions about one subject take turns. SQLite lets one writer in at a time anyway."""
    if store.dialect == "postgresql":
        await session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:subject, 0))"), {"subject": f"accounts:{subject}"}
        )


def address_of(request: HTTPConnection | None) -> str:
    """Where a request comes from; of IPv6 the network, since whoever has one address has 2**64."""
    host = request.client.host if request is not None and request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network(f"{host}/64", strict=False)) if address.version == 6 else host


def _account(email: str) -> str:
    """An account that may not exist: its name is somebody's input, of any length."""
    return f"account:{hashlib.sha256(email.encode('utf-8', 'surrogatepass')).hexdigest()}"
