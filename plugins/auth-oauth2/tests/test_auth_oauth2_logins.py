"""Users who log in: PKCE, a state that is good once and for one user, and what the browser is shown in the end."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from pegboard import Problem, Secret
from pegboard.testing import answer, caller
from pegboard_auth_oauth2 import COOKIE, OAuthLogins
from pegboard_auth_oauth2.tables import grants, logins
from pegboard_store import Store

pytestmark = pytest.mark.anyio

CALLBACK = "/oauth/callback"
OWN_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def code_config(desk: Any, **more: Any) -> Any:
    return desk.config("authorization_code", **more)


async def begin(desk: Any, config: Any = None, return_to: str = "", **more: Any) -> str:
    url: str = await desk.services.get(OAuthLogins).authorize(
        config or code_config(desk), "acme", "ada", "credential-1", return_to, **more
    )
    return url


async def back(desk: Any, params: Any, **more: Any) -> Any:
    return await desk.api.get(CALLBACK, params=params, **more)


async def test_a_user_logs_in_and_requests_go_out_with_his_token(desk: Any) -> None:
    config = code_config(desk, scope="read", authorizationParameters={"access_type": "offline"})
    url = await begin(desk, config)
    asked = {name: values for name, values in parse_qs(urlsplit(url).query).items()}
    assert url.startswith(f"{desk.authority.url}/authorize?tenant=x&")
    assert (asked["scope"], asked["access_type"]) == (["read"], ["offline"])
    assert asked["redirect_uri"] == ["http://localhost:8000/oauth/callback"]
    done = await back(desk, desk.authority.login(url))
    assert (done.status_code, "<h1>Connected</h1>" in done.text) == (200, True)
    assert (await desk.ask(config)).status == 200
    assert len(desk.authority.asked) == 1


async def test_the_page_can_do_nothing_and_stays_nowhere(desk: Any) -> None:
    for params in (desk.authority.login(await begin(desk)), [("state", "<script>")]):
        headers = (await back(desk, params)).headers
        assert headers["content-security-policy"] == OWN_PAGE
        assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-type"] == "text/html; charset=utf-8"


async def test_the_browser_goes_back_to_where_the_login_began(desk: Any) -> None:
    url = await begin(desk, return_to="/console/integrations?id=1#auth")
    done = await back(desk, desk.authority.login(url))
    assert (done.status_code, done.headers["location"]) == (303, "/console/integrations?id=1#auth")


@pytest.mark.parametrize(
    "target",
    ["//evil.test", "/\\evil.test", "https://evil.test", "javascript:alert(1)", "/\t/evil.test", "x", "/a\r\nb"],
)
async def test_the_browser_goes_to_no_other_site(desk: Any, target: str) -> None:
    with pytest.raises(Problem) as refused:
        await begin(desk, return_to=target)
    assert (refused.value.status, refused.value.code) == (422, "oauth-return-to")


async def test_a_state_is_good_once(desk: Any) -> None:
    params = desk.authority.login(await begin(desk))
    assert (await back(desk, params)).status_code == 200
    again = await back(desk, params)
    assert again.status_code == 400
    assert "was used already: log in again" in again.text
    assert len(desk.authority.asked) == 1


async def test_a_state_is_good_for_a_while(desk: Any) -> None:
    params = desk.authority.login(await begin(desk))
    async with desk.services.get(Store).begin() as session:
        await session.execute(sa.update(logins).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    late = await back(desk, params)
    assert (late.status_code, "took too long" in late.text) == (400, True)
    assert not desk.authority.asked


async def test_what_expired_is_swept(desk: Any) -> None:
    await begin(desk)
    async with desk.services.get(Store).begin() as session:
        await session.execute(sa.update(logins).values(expires_at=datetime.now(UTC) - timedelta(hours=2)))
    await begin(desk)
    async with desk.services.get(Store).read() as session:
        assert (await session.execute(sa.select(sa.func.count()).select_from(logins))).scalar_one() == 1


@pytest.mark.parametrize("other", [caller(id="eve", tenant="acme"), caller(id="ada", tenant="other")])
async def test_another_users_state_is_refused_and_stays_good_for_its_own(desk: Any, other: Any) -> None:
    params = desk.authority.login(await begin(desk))
    refused = await back(desk, params, headers=other)
    assert (refused.status_code, "started by another user" in refused.text) == (403, True)
    assert not desk.authority.asked
    assert (await back(desk, params, headers=caller(id="ada", tenant="acme"))).status_code == 200


async def test_a_login_can_be_bound_to_a_browser(desk: Any) -> None:
    params = desk.authority.login(await begin(desk, browser=Secret("b1")))
    for cookies in ({}, {"Cookie": f"{COOKIE}=b2"}):
        refused = await back(desk, params, headers=cookies)
        assert (refused.status_code, "in another browser" in refused.text) == (403, True)
    assert (await back(desk, params, headers={"Cookie": f"{COOKIE}=b1"})).status_code == 200


async def test_a_refusal_is_told_and_uses_the_state_up(desk: Any) -> None:
    url = await begin(desk, return_to="/console")
    state = dict(desk.authority.login(url))["state"]
    said = {"error": "access_denied", "error_description": "<b>No</b>", "state": state}
    refused = await back(desk, said)
    assert refused.status_code == 403
    assert "access_denied: &lt;b&gt;No&lt;/b&gt; (the server&#x27;s answer to the login)" in refused.text
    assert '<a href="/console">' in refused.text
    assert (await back(desk, {"code": "x", "state": state})).status_code == 400


async def test_a_code_that_the_server_refuses_is_told(desk: Any) -> None:
    url = await begin(desk)
    desk.authority.login(url)
    state = parse_qs(urlsplit(url).query)["state"][0]
    refused = await back(desk, {"code": "stolen-code", "state": state})
    assert (refused.status_code, "invalid_grant: Bad code or verifier" in refused.text) == (502, True)
    assert "stolen-code" not in refused.text


async def test_an_error_that_repeats_the_code_is_masked(desk: Any) -> None:
    params = desk.authority.login(await begin(desk))
    said = f"the code {dict(params)['code']} is old"
    desk.authority.script = [desk.authority.error("invalid_grant", said)]
    refused = await back(desk, params)
    assert "the code *** is old" in refused.text


@pytest.mark.parametrize(
    ("iss", "issuer", "status"),
    [
        ("{url}", "", 200),
        ("{url}/realm", "", 200),
        ("https://evil.test", "", 400),
        ("http://[", "", 400),
        ("https://auth.test/", "https://auth.test/", 200),
        ("https://auth.test", "https://auth.test/", 400),
        ("{url}", "https://auth.test/", 400),
    ],
)
async def test_a_server_that_names_itself_must_be_the_one(desk: Any, iss: str, issuer: str, status: int) -> None:
    url = await begin(desk, code_config(desk, issuer=issuer))
    done = await back(desk, desk.authority.login(url, iss=iss.format(url=desk.authority.url)))
    assert done.status_code == status
    assert len(desk.authority.asked) == (1 if status == 200 else 0), "a code goes to no mixed-up server"


@pytest.mark.parametrize("name", ["state", "code", "iss"])
async def test_a_parameter_that_is_there_twice_is_refused(desk: Any, name: str) -> None:
    params = [*desk.authority.login(await begin(desk)), (name, "x"), (name, "y")]
    assert (await back(desk, params)).status_code == 400
    assert not desk.authority.asked


@pytest.mark.parametrize("params", [{}, {"state": ""}, {"state": "x" * 9000, "code": "y"}, {"code": "y"}])
async def test_what_nobody_began_is_refused(desk: Any, params: dict[str, str]) -> None:
    assert (await back(desk, params)).status_code == 400


async def test_neither_a_code_nor_an_error_is_refused(desk: Any) -> None:
    params = {"state": dict(desk.authority.login(await begin(desk)))["state"]}
    refused = await back(desk, params)
    assert (refused.status_code, "neither a code nor an error" in refused.text) == (400, True)


async def test_a_new_login_ends_the_need_for_one(desk: Any) -> None:
    config = code_config(desk)
    await back(desk, desk.authority.login(await begin(desk)))
    desk.authority.good.clear()
    desk.authority.refresh.clear()
    with pytest.raises(Problem, match=r"invalid_grant.*connect again"):
        await desk.ask(config)
    await back(desk, desk.authority.login(await begin(desk)))
    assert (await desk.ask(config)).status == 200


async def test_no_refresh_token_and_a_401_need_a_login(desk: Any) -> None:
    desk.authority.gives_refresh = False
    config = code_config(desk)
    await back(desk, desk.authority.login(await begin(desk)))
    desk.authority.good.clear()
    with pytest.raises(Problem, match="the server gave no refresh token: connect again"):
        await desk.ask(config)


async def test_a_login_counts_more_than_a_renewal_that_began_before(desk: Any) -> None:
    config = code_config(desk)
    await back(desk, desk.authority.login(await begin(desk)))
    async with desk.services.get(Store).begin() as session:
        await session.execute(sa.update(grants).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))

    async def meanwhile(received: Any) -> Any:
        old = desk.authority._refresh_token(received.form())
        assert (await back(desk, desk.authority.login(await begin(desk)))).status_code == 200
        return old

    desk.authority.script = [meanwhile]
    assert (await desk.ask(config)).status == 200
    newest = desk.authority.asked[-1].form()
    assert newest["grant_type"] == "authorization_code"
    sent = desk.authority.stand_in.received("/items")[-1].headers["authorization"]
    assert sent == f"Bearer {desk.authority.handed_out[-2]}", "the token of the login, not of the renewal"


async def test_a_config_without_a_login_has_none(desk: Any) -> None:
    for config in (desk.config(), code_config(desk, authorizationUrl="", accessToken="a")):
        with pytest.raises(Problem, match="to log in") as refused:
            await begin(desk, config)
        assert (refused.value.status, refused.value.code) == (422, "oauth-config")
    with pytest.raises(Problem, match="/authorizationUrl: must be https"):
        await begin(desk, code_config(desk, authorizationUrl="http://auth.example.com/"))


async def test_the_config_may_name_where_the_login_comes_back_to(desk: Any) -> None:
    url = await begin(desk, code_config(desk, redirectUri="https://proxy.test/cb"))
    params = desk.authority.login(url)
    assert parse_qs(urlsplit(url).query)["redirect_uri"] == ["https://proxy.test/cb"]
    assert (await back(desk, params)).status_code == 200
    assert desk.authority.asked[0].form()["redirect_uri"] == "https://proxy.test/cb"


async def test_a_server_that_is_down_does_not_show_more_than_that(desk: Any) -> None:
    params = desk.authority.login(await begin(desk))
    desk.authority.script = [answer(503, text="secret stack trace")]
    refused = await back(desk, params)
    assert (refused.status_code, "stack trace" in refused.text) == (502, False)
