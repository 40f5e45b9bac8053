"""Locking out whoever guesses passwords, by account and by address, over all processes.

An attempt counts from before the password is looked at: a hundred at once are no more than five in turn.
"""

import hashlib
import ipaddress
import math
from datetime import UTC, datetime, timedelta

import attrs
from sqlalchemy import delete, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from pegboard_store import Seldom, Store

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
        self._forgetting = Seldom(every=60)

    async def begin(self, email: str, address: str) -> Attempt:
        """Count an attempt. Raises `TooManyAttempts`, whether there is such an account or not."""
        account, now = _account(email), datetime.now(UTC)
        subjects = sorted([account, *([f"address:{address}"] if address else [])])
        async with self._store.begin() as session:
            await serialise(session, self._store, *subjects)
            if self._forgetting.is_due():
                await session.execute(delete(AttemptRow).where(AttemptRow.at <= now - self._window))
            await self._check(session, subjects, now)
            rows = [AttemptRow(subject=subject, at=now) for subject in subjects]
            session.add_all(rows)
            await session.flush()
        return Attempt(account, tuple(row.number for row in rows))

    async def _check(self, session: AsyncSession, subjects: list[str], now: datetime) -> None:
        counted = select(AttemptRow.subject, func.count(), func.min(AttemptRow.at)).group_by(AttemptRow.subject)
        counted = counted.where(AttemptRow.subject.in_(subjects), AttemptRow.at > now - self._window)
        for subject, count, oldest in await session.execute(counted):
            if count >= self._limits[subject.partition(":")[0]]:
                raise TooManyAttempts(max(1, math.ceil((oldest + self._window - now).total_seconds())))

    async def succeeded(self, session: AsyncSession, attempt: Attempt) -> None:
        """The password was right: the account's failures are forgotten, and those of the address stay."""
        own = or_(AttemptRow.number.in_(attempt.numbers), AttemptRow.subject == attempt.account)
        await session.execute(delete(AttemptRow).where(own))

    async def unlock(self, session: AsyncSession, email: str) -> None:
        """Forget the failures of an account, whose owner proved himself by other means."""
        await session.execute(delete(AttemptRow).where(AttemptRow.subject == _account(email)))


async def serialise(session: AsyncSession, store: Store, *subjects: str) -> None:
    """Let transactions about a subject take turns. SQLite lets one writer in at a time anyway.

    Whoever names several names them sorted: otherwise two could wait for each other.
    """
    if store.dialect == "postgresql":
        keys = {f"key_{place}": f"accounts:{subject}" for place, subject in enumerate(subjects)}
        locks = ", ".join(f"pg_advisory_xact_lock(hashtextextended(:{key}, 0))" for key in keys)
        await session.execute(text(f"SELECT {locks}"), keys)


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
