"""Who may do what: scopes, tenants, public endpoints, and what happens where a plugin is missing."""

from typing import Any

import pytest

from pegboard.testing import answer

pytestmark = pytest.mark.anyio

LADDER = ("widgets:read", "widgets:write", "widgets:delete", "widgets:admin")
ROUTES = {
    ("GET", ""): 0,
    ("GET", "{id}"): 0,
    ("GET", "{id}/execute"): 0,
    ("POST", "validate"): 0,
    ("POST", "preview"): 1,
    ("POST", ""): 1,
    ("PATCH", "{id}"): 1,
    ("DELETE", "{id}"): 2,
}


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_each_route_wants_its_scope_or_a_higher_one(desk: Any, method: str, path: str) -> None:
    needed = ROUTES[method, path]
    for rank, scope in enumerate((*LADDER, "*", "widgets:*", "", "shards:admin", "widgets")):
        widget = await desk.save()
        body = {"": desk.draft(), "validate": {"logic": "x"}, "preview": {"logic": "def process_data(d, r, u): pass"}}
        more = {} if method in ("GET", "DELETE") else {"json": body.get(path, {})}
        got = await desk.call(method, path.format(id=widget["id"]), scopes=scope, **more)
        if needed <= rank < 6:
            assert got.is_success, (scope, got.text)
        else:
            assert got.status_code == 403, (scope, got.text)
            assert got.json()["error_code"] == "INSUFFICIENT_SCOPE"


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_nobody_is_told_to_send_a_credential(desk: Any, method: str, path: str) -> None:
    widget = await desk.save()
    more = {} if method in ("GET", "DELETE") else {"json": {}}
    got = await desk.call(method, path.format(id=widget["id"]), scopes=None, **more)
    assert (got.status_code, got.json()["error_code"]) == (401, "UNAUTHORIZED")
    assert got.headers["www-authenticate"]


async def test_a_public_endpoint_is_for_everyone(desk: Any) -> None:
    widget = await desk.save("return [user.id, user.username, user.email]", public=True)
    assert (await desk.execute(widget, scopes=None)).json() == ["", "", ""]
    assert (await desk.of("stranger").execute(widget)).json() == ["u1", "ada", ""]
    assert (await desk.execute(widget, scopes="")).json() == ["u1", "ada", ""]


async def test_a_public_endpoint_can_only_be_executed_by_strangers(desk: Any) -> None:
    widget = await desk.save(public=True)
    for method in ("GET", "PATCH", "DELETE"):
        more = {"json": {"name": "x"}} if method == "PATCH" else {}
        assert (await desk.of("stranger").call(method, widget["id"], **more)).status_code == 404
        assert (await desk.call(method, widget["id"], scopes=None, **more)).status_code == 401


async def test_an_endpoint_that_is_no_longer_public_is_closed_at_once(desk: Any) -> None:
    widget = await desk.save(public=True, path=f"/e/{desk.tenant}")
    for url in (widget["execute_url"], widget["path"]):
        assert (await desk.call("GET", url, scopes=None)).status_code == 200
    await desk.call("PATCH", widget["id"], json={"public": False})
    for url in (widget["execute_url"], widget["path"]):
        assert (await desk.call("GET", url, scopes=None)).status_code == 401
        assert (await desk.of("stranger").call("GET", url)).status_code == 404


async def test_a_bad_credential_is_refused_even_where_none_is_needed(desk: Any) -> None:
    widget = await desk.save(public=True)
    got = await desk.execute(widget, scopes=None, headers={"X-Test-Caller": "{"})
    assert got.status_code == 401


async def test_an_endpoint_whose_sandbox_is_missing_is_closed_and_named(app_with: Any) -> None:
    async with app_with() as desk:
        restricted = await desk.save("return 1")
        process = await desk.save("return 2", data={"sandbox": "process"})
    async with app_with(plugins={"sandbox-restricted": None}) as desk:
        missing = await desk.execute(restricted)
        assert (missing.status_code, missing.json()["error_code"]) == (503, "PROVIDER_MISSING")
        assert missing.json()["type"] == "urn:pegboard:problem:provider-missing"
        assert '"restricted"' in missing.json()["detail"]
        created = await desk.call("POST", json=desk.draft("return 3"))
        assert (created.status_code, created.json()["error_code"]) == (503, "PROVIDER_MISSING")
        # all that does not need it goes on
        assert (await desk.execute(process)).json() == 2
        assert (await desk.call("GET", restricted["id"])).status_code == 200
        assert (await desk.call("DELETE", restricted["id"])).status_code == 204


async def test_without_an_authenticator_everything_but_the_public_is_closed(app_with: Any) -> None:
    async with app_with() as desk:
        private, public = await desk.save(), await desk.save(public=True)
    async with app_with(plugins={"callers": None}) as desk:
        closed = await desk.execute(private)
        assert (closed.status_code, closed.json()["error_code"]) == (503, "PROVIDER_MISSING")
        assert (await desk.call("GET", private["id"])).status_code == 503
        assert (await desk.execute(public)).status_code == 200


async def test_tenants_do_not_share_fetched_bodies(desk: Any) -> None:
    url = desk.url(lambda received: answer(json=received.headers.get("x-who")))
    for who in ("one", "two"):
        mine = desk.of(f"{desk.tenant}-{who}")
        widget = await mine.save(endpoint=url, data={"refresh_interval": 300, "headers": {"X-Who": who}})
        for freshness in ("MISS", "HIT"):
            got = await mine.execute(widget)
            assert (got.json(), got.headers["x-cache"]) == (who, freshness)


async def test_only_the_sandboxes_that_the_operator_allows_can_be_named(app_with: Any) -> None:
    async with app_with({"plugins": {"endpoints": {"sandboxes": []}}}) as desk:
        for path, body in (
            ("", desk.draft(data={"sandbox": "process"})),
            ("validate", {"logic": "x", "sandbox": "process"}),
            ("preview", {"logic": "x", "sandbox": "process"}),
        ):
            refused = await desk.call("POST", path, json=body)
            assert (refused.status_code, refused.json()["error_code"]) == (422, "INVALID_SANDBOX")
            assert "choose one of restricted" in refused.json()["detail"]
        assert (await desk.result("return 1", data={"sandbox": "restricted"})).json() == 1
