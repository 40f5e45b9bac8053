"""A session: what opens it, what it proves, and what ends it."""

import base64
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from starlette.applications import Starlette

import pegboard_accounts
import pegboard_console
import pegboard_openapi
import pegboard_ratelimit
import pegboard_store
import pegboard_vault
from pegboard import Call, Principal, RouteSpec, Settings, SocketCall, SocketSpec, create_app, hookimpl
from pegboard.testing import Client, SocketRefused, client
from pegboard_accounts import Accounts, NewUser
from pegboard_accounts.testing import key_headers
from pegboard_console.cookie import Session, seal, unseal
from pegboard_vault import Vault

pytestmark = pytest.mark.anyio

SESSION = "/console/api/session"
OPERATOR = Principal("operator", "default", scopes=frozenset({"*"}))
PASSWORD = "correct horse battery staple"


class Things:
    """Routes to call with a session."""

    @hookimpl
    def pegboard_routes(self, settings: Settings) -> Iterator[RouteSpec | SocketSpec]:
        yield RouteSpec("things.read", "/things", told, scopes=("things:read",))
        yield RouteSpec("things.write", "/things", told, ("POST",), scopes=("things:write",))
        yield RouteSpec("things.open", "/open", told, ("POST",), anonymous=True)
        yield SocketSpec("things.socket", "/socket", talk, scopes=("things:read",))


async def told(call: Call[None, None]) -> dict[str, Any]:
    return {"who": call.principal and call.principal.id}


async def talk(call: SocketCall) -> None:
    await call.socket.accept()
    await call.socket.send_json({"who": call.principal and call.principal.id})
    await call.socket.close()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def running(folder: Path, **settings: Any) -> AsyncIterator[Client]:
    plugins = {
        "accounts": pegboard_accounts,
        "console": pegboard_console,
        "openapi": pegboard_openapi,
        "ratelimit": pegboard_ratelimit,
        "store": pegboard_store,
        "vault": pegboard_vault,
        "things": Things(),
    }
    given = {"data": str(folder), **settings}
    app = create_app(settings=given, plugins=plugins, installed=False, environ={})
    async with client(app) as http:
        yield http


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Client]:
    async with running(tmp_path) as made:
        yield made


async def a_key(http: Client, *scopes: str) -> str:
    return (await key_headers(http.app, *scopes))["X-API-Key"]  # type: ignore[arg-type]


async def signed_in(http: Client, **given: str) -> dict[str, Any]:
    """Who signed in; the client keeps the cookie."""
    answer = await http.post(SESSION, json=given)
    assert answer.status_code == 200, answer.text
    who: dict[str, Any] = answer.json()["who"]
    return who


async def an_account(app: Any, email: str = "ann@example.com") -> None:
    accounts = app.state.board.services.get(Accounts)
    await accounts.create_user(NewUser(email, PASSWORD, "ann"), "admin", "default", by=OPERATOR)


def cookie_of(http: Client) -> str:
    return http.cookies["pegboard_console"]


async def test_a_key_opens_a_session_that_reads_and_with_its_token_writes(http: Client) -> None:
    who = await signed_in(http, key=await a_key(http, "things:write"))
    assert (who["id"], who["kind"], who["scopes"], who["renew_in"]) == ("ann", "key", ["things:write"], None)
    assert (await http.get("/things")).json() == {"who": "ann"}
    token = {"X-CSRF-Token": who["csrf"]}
    assert (await http.post("/things", headers=token)).json() == {"who": "ann"}
    assert (await http.get(SESSION)).json()["who"]["id"] == "ann"


async def test_without_the_token_nothing_is_changed(http: Client) -> None:
    await signed_in(http, key=await a_key(http))
    other = Session("key", "x", int(time.time()) + 60).csrf
    assert (await http.post("/things")).status_code == 401
    wrong = await http.post("/things", headers={"X-CSRF-Token": other})
    assert (wrong.status_code, wrong.json()["type"]) == (403, "urn:pegboard:problem:csrf-token-invalid")
    assert (await http.post("/open")).json() == {"who": None}
    for path, method in ((SESSION, "DELETE"), (f"{SESSION}/renew", "POST"), (f"{SESSION}/switch", "POST")):
        answer = await http.request(method, path, json={"tenant": "x"} if "switch" in path else None)
        assert answer.status_code == 403, path
    assert (await http.get("/things")).status_code == 200


async def test_the_token_of_another_session_is_none(http: Client) -> None:
    first = await signed_in(http, key=await a_key(http))
    await signed_in(http, key=await a_key(http))
    assert (await http.post("/things", headers={"X-CSRF-Token": first["csrf"]})).status_code == 403


async def test_the_cookie_is_for_the_browser_alone_and_tells_nothing(http: Client) -> None:
    key = await a_key(http)
    answer = await http.post(SESSION, json={"key": key})
    told = answer.headers["set-cookie"]
    assert {part.strip().lower() for part in told.split(";")[1:]} >= {"httponly", "samesite=strict", "path=/"}
    assert "secure" not in told.lower()
    text = cookie_of(http)
    opened = base64.urlsafe_b64decode(text.split(".")[-1] + "===")
    assert key.encode() not in opened
    assert key not in text
    assert key not in answer.text
    assert key not in repr(unseal(text, http.app.state.board.services.get(Vault)))  # type: ignore[attr-defined]


async def test_over_https_the_cookie_goes_nowhere_else(tmp_path: Path) -> None:
    async with running(tmp_path) as http:
        key = await a_key(http)
        answer = await http.post(f"https://testserver{SESSION}", json={"key": key})
    assert "; secure" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("change", [lambda text: text[:-4] + "AAAA", lambda text: "", lambda text: "x" * 5000])
async def test_a_cookie_that_was_changed_opens_nothing_and_locks_nobody_out(http: Client, change: Any) -> None:
    key = await a_key(http)
    await signed_in(http, key=key)
    text = change(cookie_of(http))
    http.cookies.clear()
    headers = {"Cookie": f"pegboard_console={text}"}
    assert (await http.get("/things", headers=headers)).status_code == 401
    assert (await http.get(SESSION, headers=headers)).json()["who"] is None
    assert (await http.post(SESSION, json={"key": key}, headers=headers)).status_code == 200


async def test_a_session_is_over_at_its_time(http: Client) -> None:
    vault = http.app.state.board.services.get(Vault)  # type: ignore[attr-defined]
    await signed_in(http, key=await a_key(http))
    session = unseal(cookie_of(http), vault)
    assert session is not None
    assert 12 * 3600 - 60 < session.until - time.time() <= 12 * 3600
    over = seal(attrs.evolve(session, until=int(time.time())), vault)
    http.cookies.clear()
    assert (await http.get("/things", headers={"Cookie": f"pegboard_console={over}"})).status_code == 401


async def test_a_revoked_key_ends_its_sessions_at_once(http: Client) -> None:
    accounts = http.app.state.board.services.get(Accounts)  # type: ignore[attr-defined]
    made = await accounts.create_key(Principal("ann", "default", scopes=frozenset({"*"})), "test", ("*",))
    await signed_in(http, key=made.key)
    await accounts.revoke_key("default", made.record.id)
    assert (await http.get("/things")).status_code == 401
    assert (await http.get(SESSION)).json()["who"] is None
    assert (await http.get("/console/")).status_code in (200, 503)  # 503 where no page is built


async def test_a_wrong_key_is_told_at_its_field_and_guessing_ends_soon(http: Client) -> None:
    first = await http.post(SESSION, json={"key": "pk_wrong"})
    assert (first.status_code, first.json()["errors"][0]["pointer"]) == (422, "/key")
    answers = [(await http.post(SESSION, json={"key": f"pk_wrong{n}"})).status_code for n in range(25)]
    assert set(answers) == {422, 429}
    assert "set-cookie" not in first.headers


async def test_what_is_missing_is_told_at_its_field(http: Client) -> None:
    answer = await http.post(SESSION, json={"email": "ann@example.com"})
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/password"]


async def test_signing_out_takes_the_cookie_away(http: Client) -> None:
    who = await signed_in(http, key=await a_key(http))
    assert (await http.delete(SESSION, headers={"X-CSRF-Token": who["csrf"]})).status_code == 204
    assert "pegboard_console" not in http.cookies
    assert (await http.get("/things")).status_code == 401
    assert (await http.delete(SESSION)).status_code == 204


async def test_an_account_signs_in_stays_signed_in_and_signs_out(http: Client) -> None:
    vault = http.app.state.board.services.get(Vault)  # type: ignore[attr-defined]
    await an_account(http.app)
    who = await signed_in(http, email="ann@example.com", password=PASSWORD)
    assert (who["kind"], who["name"], [one["id"] for one in who["tenants"]]) == ("account", "ann", ["default"])
    assert 0 < who["renew_in"] <= 3600
    token = {"X-CSRF-Token": who["csrf"]}

    before = unseal(cookie_of(http), vault)
    assert before is not None
    again = (await http.post(f"{SESSION}/renew", headers=token)).json()["who"]
    same = unseal(cookie_of(http), vault)
    assert same is not None
    assert (again["csrf"], same.refresh) == (who["csrf"], before.refresh)  # it has an hour left

    old = seal(attrs.evolve(before, renew=int(time.time())), vault)
    http.cookies.clear()
    fresh = await http.post(f"{SESSION}/renew", headers={**token, "Cookie": f"pegboard_console={old}"})
    after = unseal(cookie_of(http), vault)
    assert after is not None
    assert (fresh.json()["who"]["csrf"], after.until) == (who["csrf"], before.until)
    assert after.refresh != before.refresh

    assert (await http.delete(SESSION, headers=token)).status_code == 204
    headers = {"Cookie": f"pegboard_console={seal(after, vault)}"}
    assert (await http.get("/things", headers=headers)).status_code == 401
    assert (await http.get(SESSION, headers=headers)).json()["who"] is None
    assert (await http.post(f"{SESSION}/renew", headers={**token, **headers})).status_code == 401


async def test_a_session_whose_access_token_is_over_is_told_to_renew(http: Client) -> None:
    vault = http.app.state.board.services.get(Vault)  # type: ignore[attr-defined]
    await an_account(http.app)
    who = await signed_in(http, email="ann@example.com", password=PASSWORD)
    session = unseal(cookie_of(http), vault)
    assert session is not None
    over = attrs.evolve(session, credential=session.credential[:-4] + "AAAA", renew=int(time.time()) - 5)
    http.cookies.clear()
    headers = {"Cookie": f"pegboard_console={seal(over, vault)}"}
    state = (await http.get(SESSION, headers=headers)).json()
    assert (state["who"], state["renew"]) == (None, who["csrf"])
    renewed = await http.post(f"{SESSION}/renew", headers={**headers, "X-CSRF-Token": state["renew"]})
    assert renewed.json()["who"]["id"] == who["id"]
    assert (await http.get("/things")).status_code == 200


async def test_an_account_goes_from_tenant_to_tenant(http: Client) -> None:
    await an_account(http.app)
    who = await signed_in(http, email="ann@example.com", password=PASSWORD)
    headers = {"X-CSRF-Token": who["csrf"]}
    made = (await http.post("/api/v1/tenants", json={"name": "Other"}, headers=headers)).json()
    other = (await http.post(f"{SESSION}/switch", json={"tenant": made["id"]}, headers=headers)).json()["who"]
    assert (other["tenant"], len(other["tenants"])) == (made["id"], 2)
    assert (await http.get(SESSION)).json()["who"]["tenant"] == made["id"]
    assert (await http.post("/things", headers=headers)).status_code == 403  # the token of the session before


async def test_a_wrong_password_is_refused_as_accounts_refuses_it(http: Client) -> None:
    answer = await http.post(SESSION, json={"email": "ann@example.com", "password": "x"})
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:pegboard:problem:invalid-credentials")


async def test_a_socket_opens_for_the_page_itself_alone(http: Client) -> None:
    await signed_in(http, key=await a_key(http))
    cookie = {"Cookie": f"pegboard_console={cookie_of(http)}"}
    async with http.websocket("/socket", headers={**cookie, "Origin": "http://testserver", "Host": "testserver"}) as ws:
        assert await ws.receive_json() == {"who": "ann"}
    for origin in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {}):
        with pytest.raises(SocketRefused):
            async with http.websocket("/socket", headers={**cookie, "Host": "testserver", **origin}):
                pass


async def test_a_program_with_a_key_needs_no_token_whatever_cookie_it_has(http: Client) -> None:
    key = await a_key(http)
    await signed_in(http, key=key)
    assert (await http.post("/things", headers={"X-API-Key": key})).json() == {"who": "ann"}


async def test_an_operator_who_does_not_ask_for_sessions_is_told_so(tmp_path: Path) -> None:
    async with running(tmp_path, auth={"inbound": ["apikey", "bearer"]}) as http:
        answer = await http.post(SESSION, json={"key": await a_key(http)})
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:pegboard:problem:console-not-asked")
    assert "[auth] inbound" in answer.json()["detail"]


async def test_behind_a_path_the_cookie_is_for_that_path(tmp_path: Path) -> None:
    async with running(tmp_path) as http:
        key = await a_key(http)
        mounted = httpx.AsyncClient(transport=_Mounted(http.app, "/apps/one"), base_url="http://testserver")
        answer = await mounted.post(f"/apps/one{SESSION}", json={"key": key})
        entered = await mounted.get("/apps/one/console")
    assert "path=/apps/one/" in answer.headers["set-cookie"].lower()
    assert entered.headers["location"] == "/apps/one/console/"


def _Mounted(app: Starlette, root: str) -> httpx.ASGITransport:
    return httpx.ASGITransport(app, root_path=root)
