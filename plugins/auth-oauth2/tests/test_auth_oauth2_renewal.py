"""Tokens: fetched, used until they end, renewed ahead of that and after a 401, and kept whatever happens."""

from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import pytest
import sqlalchemy as sa

from pegboard import Problem
from pegboard.testing import answer
from pegboard_auth_oauth2 import LoginNeeded, OAuthTokens, TokenRefused
from pegboard_auth_oauth2.tables import grants
from pegboard_store import Store

pytestmark = pytest.mark.anyio


async def age(desk: Any, **values: Any) -> None:
    """Make it later: for a row of the database that is the same as to wait."""
    async with desk.services.get(Store).begin() as session:
        await session.execute(sa.update(grants).values(**{"obtained_at": ago(hours=1), **values}))


def ago(**time: float) -> datetime:
    return datetime.now(UTC) - timedelta(**time)


@pytest.mark.parametrize("mode", ["post", "basic"])
async def test_client_credentials_are_exchanged_once_for_many_requests(desk: Any, mode: str) -> None:
    desk.authority.mode = mode
    more = {"scope": "read write", "audience": "api", "tokenParameters": {"resource": "https://api.test/"}}
    config = desk.config(tokenAuthMethod=f"client_secret_{mode}", **more)
    for _ in range(3):
        assert (await desk.ask(config)).status == 200
    [asked] = desk.authority.asked
    form = asked.form()
    assert (form["grant_type"], form["scope"], form["audience"]) == ("client_credentials", "read write", "api")
    assert form["resource"] == "https://api.test/"
    assert asked.headers["accept"] == "application/json"


async def test_many_requests_at_once_share_one_token_request(desk: Any) -> None:
    config = desk.config()
    answers: list[Any] = []

    async def ask() -> None:
        answers.append(await desk.ask(config))

    async with anyio.create_task_group() as group:
        for _ in range(30):
            group.start_soon(ask)
    assert [found.status for found in answers] == [200] * 30
    assert len(desk.authority.asked) == 1


async def test_a_token_that_ends_in_the_middle_of_a_walk_is_renewed_and_rotated(desk: Any) -> None:
    seed = desk.authority.grant_refresh()
    config = desk.config("refresh_token", refreshToken=seed)
    for page in range(4):
        assert (await desk.ask(config, params={"page": str(page)})).status == 200
        desk.authority.good.clear()
        await age(desk, expires_at=ago(seconds=1))
    used = [asked.form()["refresh_token"] for asked in desk.authority.asked]
    assert used[0] == seed
    assert len(set(used)) == 4
    assert desk.authority.refresh.isdisjoint(used)


async def test_the_old_refresh_token_is_kept_where_no_new_one_comes(desk: Any) -> None:
    desk.authority.rotates = False
    seed = desk.authority.grant_refresh()
    config = desk.config("refresh_token", refreshToken=seed)
    for _ in range(3):
        assert (await desk.ask(config)).status == 200
        await age(desk, expires_at=ago(seconds=1))
    assert [asked.form()["refresh_token"] for asked in desk.authority.asked] == [seed] * 3


async def test_a_token_is_renewed_ahead_of_its_end(desk: Any) -> None:
    config = desk.config()
    await desk.ask(config)
    await age(desk, expires_at=ago(seconds=-30))
    await desk.ask(config)
    assert len(desk.authority.asked) == 2


async def test_a_short_life_is_not_taken_for_an_ended_one(desk: Any) -> None:
    desk.authority.lifetime = 30
    config = desk.config()
    for _ in range(3):
        assert (await desk.ask(config)).status == 200
    assert len(desk.authority.asked) == 1


async def test_a_token_that_is_still_good_is_used_while_it_cannot_be_renewed(desk: Any) -> None:
    config = desk.config()
    await desk.ask(config)
    await age(desk, expires_at=ago(seconds=-30))
    desk.authority.script = [answer(503), answer(503)]
    for _ in range(3):
        assert (await desk.ask(config)).status == 200
    assert len(desk.authority.asked) == 2, "after one failure there is a pause"


async def test_a_401_renews_once_and_sends_the_request_again(desk: Any) -> None:
    config = desk.config()
    await desk.ask(config)
    desk.authority.good.clear()
    found = await desk.ask(config, method="POST", content=b'{"a":1}')
    assert found.status == 200
    sent = desk.authority.stand_in.received("/items", "POST")
    assert [received.body for received in sent] == [b'{"a":1}'] * 2
    assert len(desk.authority.asked) == 2


async def test_a_server_that_always_says_401_costs_one_token_and_is_believed(desk: Any) -> None:
    config = desk.config()
    desk.authority.stand_in.on("/items", answer(401))
    for _ in range(4):
        assert (await desk.ask(config)).status == 401
    assert len(desk.authority.asked) == 2


async def test_tokens_that_the_config_brings_are_used_first(desk: Any) -> None:
    desk.authority.good.add("mine")
    config = desk.config("authorization_code", accessToken="mine", expiresAt="2999-01-01T00:00:00Z")
    assert (await desk.ask(config)).status == 200
    assert not desk.authority.asked
    refresh = desk.authority.grant_refresh()
    late = desk.config("authorization_code", accessToken="mine", refreshToken=refresh, expiresAt="2020-01-01T00:00:00Z")
    assert (await desk.ask(late)).status == 200
    assert len(desk.authority.asked) == 1


@pytest.mark.parametrize(
    "change", [{"clientId": "other"}, {"scope": "more"}, {"tokenUrl": "/token?x=1"}, {"audience": "other"}]
)
async def test_a_changed_config_does_not_use_tokens_of_the_old_one(desk: Any, change: dict[str, str]) -> None:
    await desk.ask(desk.config())
    if "tokenUrl" in change:
        change = {"tokenUrl": desk.authority.url + change["tokenUrl"]}
    desk.authority.script = [lambda _: desk.authority.issue(refresh=False)]
    assert (await desk.ask(desk.config(**change))).status == 200
    assert len(desk.authority.asked) == 2


async def test_a_changed_secret_keeps_the_grant(desk: Any) -> None:
    await desk.ask(desk.config())
    await desk.ask(desk.config(clientSecret="another"))
    assert len(desk.authority.asked) == 1


async def test_a_new_refresh_token_in_the_config_is_used(desk: Any) -> None:
    with pytest.raises(Problem):
        await desk.ask(desk.config("refresh_token", refreshToken="gone"))
    fresh = desk.authority.grant_refresh()
    assert (await desk.ask(desk.config("refresh_token", refreshToken=fresh))).status == 200


async def test_tenants_and_keys_do_not_share_tokens(desk: Any) -> None:
    config = desk.config()
    await desk.ask(config)
    await desk.ask(config, tenant="other")
    await desk.ask(config, key="credential-2")
    assert len(desk.authority.asked) == 3
    assert len({received.headers["authorization"] for received in desk.authority.stand_in.received("/items")}) == 3


async def test_invalid_grant_asks_for_a_login_and_is_not_tried_again(desk: Any) -> None:
    config = desk.config("refresh_token", refreshToken="token-of-yesterday")
    for _ in range(3):
        told = r"^invalid_grant: Token has been expired or revoked .*: connect again$"
        with pytest.raises(Problem, match=told) as at:
            await desk.ask(config)
        assert (at.value.status, at.value.code) == (409, LoginNeeded.CODE)
        assert at.value.extra == {"oauth_error": "invalid_grant"}
    assert len(desk.authority.asked) == 1
    status = await desk.services.get(OAuthTokens).status(config, "acme", "credential-1")
    assert (status.connected, status.trouble[:13]) == (False, "invalid_grant")


async def test_invalid_grant_of_the_app_itself_is_tried_again(desk: Any) -> None:
    desk.authority.script = [desk.authority.error("invalid_grant", "clock")]
    with pytest.raises(TokenRefused):
        await desk.ask(desk.config())
    assert (await desk.ask(desk.config())).status == 200


async def test_nobody_has_logged_in_yet(desk: Any) -> None:
    with pytest.raises(LoginNeeded, match="nobody has logged in yet: connect again"):
        await desk.ask(desk.config("authorization_code"))
    assert not desk.authority.asked


async def test_who_leaves_does_not_lose_the_token_for_the_others(desk: Any) -> None:
    """The refresh token is used up by the request: what came for it is stored although nobody waits."""
    seed, gate = desk.authority.grant_refresh(), anyio.Event()

    async def slowly(received: Any) -> Any:
        await gate.wait()
        return desk.authority._refresh_token(received.form())

    desk.authority.script = [slowly]
    config = desk.config("refresh_token", refreshToken=seed)
    async with anyio.create_task_group() as group:
        group.start_soon(desk.ask, config)
        await desk.authority.stand_in.wait_for(path="/token")
        group.cancel_scope.cancel()
    gate.set()
    assert (await desk.ask(config)).status == 200
    assert len(desk.authority.asked) == 1


async def test_what_is_forgotten_is_fetched_anew(desk: Any) -> None:
    tokens = desk.services.get(OAuthTokens)
    await desk.ask(desk.config())
    assert await tokens.forget("acme", "credential-1") is True
    assert await tokens.forget("acme", "credential-1") is False
    await desk.ask(desk.config())
    assert len(desk.authority.asked) == 2


async def test_tokens_outlive_the_app(opened: Any, authority: Any) -> None:
    for _ in range(2):
        async with opened() as desk:
            assert (await desk.ask(desk.config())).status == 200
    assert len(authority.asked) == 1
