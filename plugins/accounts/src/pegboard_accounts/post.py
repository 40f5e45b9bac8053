"""Mails: what they are, whoever sends them, and sending them in the background.

What a caller is answered, and when, does not depend on a mail: nobody learns from it whether there is an account.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import attrs
import structlog

from pegboard import Services

log = structlog.get_logger(__name__)

WAITING = 1000
PATIENCE = 15.0


@attrs.frozen
class Mail:
    """A plain text for one address. The text holds a code, and is shown to nobody else."""

    to: str
    subject: str
    text: str = attrs.field(repr=False)


@attrs.frozen
class Mailer:
    """A way to send mails, by the hook ``pegboard_mailers``; `name` is what the setting ``mailer`` names.

    `send` raises whatever keeps a mail from being sent.
    """

    name: str
    summary: str
    send: Callable[[Mail, Services], Awaitable[None]]


class Post:
    """Work that ends in a mail."""

    def __init__(self, mailer: Mailer, services: Services) -> None:
        self._mailer = mailer
        self._services = services
        self._tasks: set[asyncio.Task[None]] = set()

    def later(self, work: Callable[[], Coroutine[Any, Any, Mail | None]]) -> None:
        """Do the work, and send the mail that it returns, if any, while the caller is answered."""
        if len(self._tasks) >= WAITING:
            log.error("accounts.mail-dropped", mailer=self._mailer.name, reason=f"{WAITING} mails are waiting")
            return
        task = asyncio.create_task(self._carry_out(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, work: Callable[[], Coroutine[Any, Any, Mail | None]]) -> None:
        try:
            mail = await work()
            if mail is not None:
                await self._mailer.send(mail, self._services)
        except Exception as error:
            log.error("accounts.mail-unsent", mailer=self._mailer.name, reason=f"{type(error).__name__}: {error}")

    async def settle(self) -> None:
        """Wait until all that waits now is sent or has failed."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def aclose(self) -> None:
        """Send what waits; whatever takes longer than some seconds is given up, and said so."""
        if not self._tasks:
            return
        _, left = await asyncio.wait(self._tasks, timeout=PATIENCE)
        for task in left:
            task.cancel()
        if left:
            log.error("accounts.mail-dropped", mailer=self._mailer.name, reason=f"{len(left)} took too long")
            await asyncio.wait(left)
