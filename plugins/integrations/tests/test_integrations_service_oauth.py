"""OAuth through the whole stack: each grant with each paging, and tokens that end in the middle of a walk."""

import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import attrs
import pytest

from pegboard.testing import Received, answer

pytestmark = pytest.mark.anyio

GRANTS = ("client_credentials", "authorization_code", "refresh_token")
COUNT, SIZE = 23, 5


@attrs.define
class Guarded:
    """An API of contacts behind an authorization server that rotates refresh tokens, both below a desk's address.

    `first` is how many requests the first access token is good for; `before` is waited for ahead of each page.
    """

    desk: Any
    first: int = 1_000_000
    before: Callable[[Received], Any] | None = None
    left: dict[str, int] = attrs.field(factory=dict)
    refresh: set[str] = attrs.field(factory=set)
    refused: int = 0

    def open(self) -> "Guarded":
        self.desk.upstream.on(f"/{self.desk.root}/token", self.token, method="POST")
        self.desk.upstream.on(f"/{self.desk.root}/contacts", self.contacts)
        return self

    @property
    def url(self) -> str:
        return f"{self.desk.upstream.url}/{self.desk.root}"

    @property
    def asked(self) -> list[str]:
        """The grants of the token requests so far."""
        return [one.form()["grant_type"] for one in self.desk.upstream.received(f"/{self.desk.root}/token")]

    def auth(self, grant: str) -> dict[str, Any]:
        made = {"type": "oauth2", "grantType": grant, "clientId": "me", "clientSecret": "hush-hush"}
        made |= {"tokenUrl": f"{self.url}/token", "redirectUri": "http://localhost:8000/oauth/callback"}
        if grant == "authorization_code":
            made["authorizationUrl"] = f"{self.url}/login"
        if grant == "refresh_token":
            made["refreshToken"] = self._refresh_token()
        return made

    async def token(self, received: Received) -> Any:
        form = received.form()
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self.refresh:
                return answer(400, json={"error": "invalid_grant", "error_description": "it was used before"})
            self.refresh.remove(form["refresh_token"])
        access = f"access-{secrets.token_hex(8)}"
        self.left[access] = 1_000_000 if self.left else self.first
        told = {"access_token": access, "token_type": "Bearer", "expires_in": 3600}
        if form["grant_type"] != "client_credentials":
            told["refresh_token"] = self._refresh_token()
        return answer(json=told)

    def _refresh_token(self) -> str:
        token = f"refresh-{secrets.token_hex(8)}"
        self.refresh.add(token)
        return token

    async def contacts(self, received: Received) -> Any:
        if self.before is not None:
            await self.before(received)
        token = received.headers.get("authorization", "").removeprefix("Bearer ")
        if not self.left.get(token):
            self.refused += 1
            return answer(401, json={"error": "the token is not good any more"})
        self.left[token] -= 1
        return answer(json=page(received, self.url))

    async def log_in(self, made: dict[str, Any]) -> None:
        """A user who is sent to the login, agrees, and comes back."""
        sent = await self.desk.call("GET", f"{made['id']}/oauth/authorize", follow_redirects=False)
        assert sent.status_code == 303, sent.text
        [state] = parse_qs(urlsplit(sent.headers["location"]).query)["state"]
        cookie = {"cookie": sent.headers["set-cookie"].partition(";")[0]}
        back = {"params": {"state": state, "code": "c0de"}, "headers": cookie}
        done = await self.desk.call("GET", "/oauth/callback", **back)
        assert done.status_code == 200, done.text


def page(received: Received, url: str) -> dict[str, Any]:
    """One answer that every kind of paging finds its way in."""
    query = received.query
    first = int(query.get("offset") or query.get("cursor") or (int(query.get("page", 1)) - 1) * SIZE)
    then = first + SIZE if first + SIZE < COUNT else None
    numbers = range(first + 1, min(first + SIZE, COUNT) + 1)
    items = [{"id": n, "full_name": f"Contact {n}", "mail": f"c{n}@example.com"} for n in numbers]
    link = then and f"{url}/contacts?cursor={then}"
    return {"items": items, "more": then is not None, "next": then, "link": link, "total": COUNT}


PAGINGS: dict[str, dict[str, Any]] = {
    "offset": {"limitParam": "limit", "maxLimit": SIZE, "endCondition": {"type": "count_less_than_limit"}},
    "page": {"endCondition": {"type": "has_more_field", "field": "$.more"}},
    "cursor": {"cursorPath": "$.next", "endCondition": {"type": "cursor_null"}},
    "link": {"nextLinkPath": "$.link", "endCondition": {"type": "empty_array"}},
}


async def guarded(desk: Any, grant: str, paging: str = "page", **more: Any) -> tuple[Guarded, dict[str, Any]]:
    """An API and an active integration with it, whose user has logged in where one has to."""
    api = Guarded(desk, **more).open()
    endpoint = desk.contacts(pagination={"type": paging, **PAGINGS[paging]})
    made = await desk.active(auth=api.auth(grant), endpoints=[endpoint])
    if grant == "authorization_code":
        await api.log_in(made)
    return api, made


async def everything_once(desk: Any, run: dict[str, Any]) -> None:
    assert run["status"] == "succeeded", run
    assert (run["recordsIn"], run["created"], run["pages"]) == (COUNT, COUNT, -(-COUNT // SIZE))
    assert (run["updated"], run["unchanged"], run["failed"]) == (0, 0, 0)
    assert sorted(int(one["externalId"]) for one in await desk.shards()) == list(range(1, COUNT + 1))


@pytest.mark.parametrize("paging", PAGINGS)
@pytest.mark.parametrize("grant", GRANTS)
async def test_each_grant_with_each_paging(desk: Any, grant: str, paging: str) -> None:
    api, made = await guarded(desk, grant, paging)
    ended = await desk.sync(made)
    await everything_once(desk, ended["run"])
    assert api.asked == [grant]
    assert {one["request"]["headers"]["authorization"] for one in ended["trace"]} == {"***"}


@pytest.mark.parametrize("grant", GRANTS)
async def test_a_token_that_ends_in_mid_walk_is_renewed_once_and_nothing_is_lost(each: Any, grant: str) -> None:
    api, made = await guarded(each, grant, first=2)
    await everything_once(each, (await each.sync(made))["run"])
    renewal = "client_credentials" if grant == "client_credentials" else "refresh_token"
    assert (api.refused, api.asked) == (1, [grant, renewal])


async def test_a_renewal_that_is_refused_in_mid_walk_ends_the_run_and_the_next_login_goes_on(each: Any) -> None:
    api, made = await guarded(each, "authorization_code", first=2)
    api.refresh.clear()
    failed = (await each.sync(made))["run"]
    assert (failed["status"], failed["pages"], failed["created"]) == ("failed", 2, 2 * SIZE)
    assert "connect again" in str(failed["error"])
    await api.log_in(made)
    run = (await each.sync(made))["run"]
    assert (run["status"], run["created"], run["unchanged"]) == ("succeeded", COUNT - 2 * SIZE, 2 * SIZE)


async def test_two_processes_whose_token_is_refused_at_once_renew_it_once(server: Any) -> None:
    """Both hold the same token; its third use is refused, and both are told so before either can ask for another."""
    arrived, gate = 0, anyio.Event()

    async def meet(received: Received) -> None:
        nonlocal arrived
        if received.query.get("page") == "3" and not gate.is_set():
            arrived += 1
            if arrived == 2:
                api.left.update(dict.fromkeys(api.left, 0))
                gate.set()
            await gate.wait()

    async with AsyncExitStack() as stack:
        (_, one), (_, other) = [await stack.enter_async_context(server()) for _ in range(2)]
        desks = (one, one.elsewhere(other))
        api = Guarded(one, before=meet).open()
        endpoints = [one.contacts(id=f"e{n}") for n in range(2)]
        made = await one.active(auth=api.auth("refresh_token"), endpoints=endpoints)
        runs = []
        for number, desk in enumerate(desks):
            started = await desk.call("POST", f"{made['id']}/sync", json={"endpointId": f"e{number}"})
            runs.append(started.json()["id"])
        ended = [(await one.ended(made, run))["run"] for run in runs]
        found = await one.shards()
    assert [run["status"] for run in ended] == ["succeeded"] * 2
    assert [run["recordsIn"] for run in ended] == [COUNT] * 2
    assert sorted(int(one["externalId"]) for one in found) == list(range(1, COUNT + 1))
    assert sum(run["created"] for run in ended) == COUNT
    assert api.refused == 2
    assert api.asked == ["refresh_token"] * 2, "the first token, and one renewal for both"
