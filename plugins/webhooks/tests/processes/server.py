"""``pegboard`` with a source of events that writes a row for each time that one is handled."""

import secrets
from typing import Any

from sqlalchemy import text

from pegboard import Registries, Secret, Services, hookimpl
from pegboard.board import Board
from pegboard.cli import Session, main
from pegboard.logs import configure
from pegboard.testing import callers
from pegboard_store import Store
from pegboard_webhooks import Effect, Event, HmacConfig, Hook, WebhookScheme, WebhookSource, WebhookSources

SECRET, TOKEN = "wh_secret_abc123", "the-token"


class Counting:
    """Takes events at the hook ``one``; `count_handled` has a row for each handling, equal ones too."""

    async def find(self, services: Services, hook: str, token: str) -> Hook | None:
        if hook != "one" or not secrets.compare_digest(token, TOKEN):
            return None
        scheme = services.get(Registries)[WebhookScheme].get("hmac")
        config = HmacConfig(header="X-Signature")
        return Hook(id=hook, tenant="acme", scheme=scheme, config=config, secrets=[Secret(SECRET)])

    async def plan(self, services: Services, event: Event) -> Effect:
        number = event.document["n"]

        async def apply(session: Any) -> None:
            await session.execute(text("INSERT INTO count_handled (n) VALUES (:n)"), {"n": number})

        return Effect("counted", apply)

    @hookimpl
    def pegboard_services(self, registry: Any) -> None:
        async def added(services: Services) -> Counting:
            async with (await services.aget(Store)).begin() as session:
                await session.execute(text("CREATE TABLE IF NOT EXISTS count_handled (n INTEGER)"))
            (await services.aget(WebhookSources)).add(WebhookSource("count", find=self.find, plan=self.plan))
            return self

        registry.offer(Counting, added, eager=True)


class WithCounting(Session):
    @property
    def board(self) -> Board:
        if self._board is None:
            self._board = Board.build(plugins={"callers": callers, "counting": Counting()})
            configure(self._board.settings.kernel.log)
        return self._board


if __name__ == "__main__":
    main(WithCounting())
