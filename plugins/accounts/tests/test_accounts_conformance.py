"""This plugin keeps what every plugin keeps."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pegboard_accounts
import pegboard_store
from pegboard import Principal, Services
from pegboard.testing.suites import InboundSuite, PanelSuite, PluginSuite
from pegboard_accounts.backends import providers


class TestAccounts(PluginSuite):
    plugin = pegboard_accounts
    name = "accounts"
    plugins = {"store": pegboard_store}  # noqa: RUF012
    anonymous = frozenset(
        {
            "auth.forgot-password",
            "auth.jwks",
            "auth.login",
            "auth.refresh",
            "auth.register",
            "auth.reset-password",
            "auth.short-login",
            "auth.verify-email",
            "oauth.revoke",
            "oauth.token",
        }
    )


class TestAccountsPanels(PanelSuite):
    plugin = pegboard_accounts
    name = "accounts"
    plugins = {"store": pegboard_store}  # noqa: RUF012


class Inbound(InboundSuite):
    """A key is made for each check, in the store of its app."""

    plugins = {"store": pegboard_store, "accounts": pegboard_accounts}  # noqa: RUF012
    principal = {"id": "ann", "tenant": "acme", "scopes": frozenset({"widgets:read"})}  # noqa: RUF012

    @asynccontextmanager
    async def services(self) -> AsyncIterator[Services]:
        async with super().services() as services:
            maker = Principal("ann", "acme", scopes=frozenset({"*"}))
            made = await services.get(pegboard_accounts.Accounts).create_key(maker, "suite", ("widgets:read",))
            self.good = self.carried(made.key)
            self.bad = [self.carried("pk_nobody_knowsthisone"), self.carried(made.key[:-4])]
            yield services

    def carried(self, key: str) -> Any:
        raise AssertionError("say how a request carries the key")


class TestApikey(Inbound):
    record = providers(pegboard_accounts.AccountsSettings())[0]

    def carried(self, key: str) -> Any:
        return {"X-API-Key": key}


class TestBearer(Inbound):
    record = providers(pegboard_accounts.AccountsSettings())[1]

    def carried(self, key: str) -> Any:
        return {"Authorization": f"Bearer {key}"}


del Inbound, InboundSuite, PanelSuite, PluginSuite
