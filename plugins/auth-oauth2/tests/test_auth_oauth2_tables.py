"""The tables, and that what is secret in them lies under seal and can be sealed anew."""

from typing import Any

import pytest
import sqlalchemy as sa

import pegboard_auth_oauth2
from pegboard import Problem, Services
from pegboard_auth_oauth2 import OAuthLogins
from pegboard_auth_oauth2.grants import Ref
from pegboard_auth_oauth2.tables import grants, logins, metadata
from pegboard_store import Store
from pegboard_store.testing import check_migrations
from pegboard_vault.testing import check_sealed, rotate

pytestmark = pytest.mark.anyio


async def test_the_migrations_make_the_tables(database_url: str) -> None:
    await check_migrations(database_url, pegboard_auth_oauth2.pegboard_migrations(), metadata)


async def stored(services: Services) -> str:
    async with services.get(Store).read() as session:
        rows = [*(await session.execute(sa.select(*grants.c))), *(await session.execute(sa.select(*logins.c)))]
    return str(rows)


async def test_no_secret_lies_in_the_clear_and_all_are_sealed_anew(
    opened: Any, authority: Any, database_url: str
) -> None:
    async with opened(database_url) as desk:
        config = desk.config("refresh_token", refreshToken=authority.grant_refresh())
        for key in ("credential-1", "credential-2"):
            authority.refresh.add(config.refreshToken.reveal())
            await desk.ask(config, key=key)
        login = desk.config("authorization_code")
        url = await desk.services.get(OAuthLogins).authorize(login, "acme", "ada", "credential-3")
        params = authority.login(url)
        text = await stored(desk.services)
        secrets = [*authority.handed_out, "s3cret", dict(params)["state"]]
        assert [secret for secret in secrets if secret in text] == []
        for name in ("auth-oauth2.grants", "auth-oauth2.logins"):
            await check_sealed(desk.services, name)
        done = await rotate(desk.services)
        assert (done.failed, done.left) == ({}, 0)
        assert (await desk.ask(config)).status == 200
        assert (await desk.api.get("/oauth/callback", params=params)).status_code == 200


async def test_tokens_open_for_no_other_tenant(desk: Any) -> None:
    config, ref = desk.config(), Ref("other", "credential-1")
    await desk.ask(config)
    async with desk.services.get(Store).begin() as session:
        await session.execute(sa.update(grants).values(id=ref.id, tenant="other"))
    with pytest.raises(Problem, match="cannot be opened") as broken:
        await desk.ask(config, tenant="other")
    assert broken.value.code == "sealed-value-broken"
    assert "access-" not in str(broken.value.body())
