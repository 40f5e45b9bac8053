"""Credentials of upstreams lie in the database under seal, on both databases, and whatever happens to keys and rows."""

import logging
from typing import Any

import pytest
import structlog
from sqlalchemy import insert, select, update

from pegboard import Problem
from pegboard.testing import answer
from pegboard_endpoints.rotation import SEALED, replace, walk
from pegboard_endpoints.tables import widgets
from pegboard_store import Store
from pegboard_store.testing import store_section
from pegboard_vault import Vault
from pegboard_vault.testing import Key, check_sealed, rotate, survey

pytestmark = pytest.mark.anyio

SECRET = "topsecret-0123456789"
HEADERS = {"Authorization": f"Bearer {SECRET}", "X-Plain": "1"}
PARAMS = {"api_key": SECRET, "tokens": [SECRET, 7, True], "period": "weekly"}
DATA = {"headers": HEADERS, "params": PARAMS}


@pytest.fixture
def keyed(app_with: Any, database_url: str) -> Any:
    """An app over this test's database with these keys."""

    def make(*keys: Key, **more: Any) -> Any:
        given = {"keys": ",".join(key.text.reveal() for key in keys)}
        return app_with({"plugins": {"store": store_section(database_url), "vault": given, **more}})

    return make


def services(desk: Any) -> Any:
    return desk.client.app.state.board.services


async def row(desk: Any, widget: Any) -> Any:
    async with services(desk).get(Store).read() as session:
        return (await session.execute(select(*widgets.c).where(widgets.c.id == widget["id"]))).one()


async def put(desk: Any, widget: Any, **values: Any) -> None:
    async with services(desk).get(Store).begin() as session:
        await session.execute(update(widgets).where(widgets.c.id == widget["id"]).values(**values))


async def works(desk: Any, widget: Any) -> None:
    """The upstream gets the credentials."""
    answered = await desk.execute(widget)
    assert answered.status_code == 200, answered.text
    asked = desk.asked(widget)[-1]
    assert asked.headers["authorization"] == HEADERS["Authorization"]
    sent = {name: asked.params.get_list(name) for name in asked.params}
    assert sent == {"api_key": [SECRET], "tokens": [SECRET, "7", "true"], "period": ["weekly"]}


async def test_the_row_holds_no_credential_and_the_upstream_gets_it(each: Any) -> None:
    widget = await each.save(data=DATA)
    stored = await row(each, widget)
    assert SECRET not in str(tuple(stored))
    assert stored.endpoint_data["headers"] == {"Authorization": "***", "X-Plain": "1"}
    assert stored.endpoint_data["params"] == {"api_key": "***", "tokens": "***", "period": "weekly"}
    assert stored.credentials.startswith("pv1.")
    await works(each, widget)
    assert (await row(each, await each.save())).credentials == ""


async def test_what_lies_in_the_clear_is_sealed_when_the_vault_comes(keyed: Any) -> None:
    key = Key.new()
    async with keyed(key) as desk:
        found = [await desk.save(data=DATA) for _ in range(3)]
        plain = await desk.save()
        for widget in (*found, plain):
            clear = {**(await row(desk, widget)).endpoint_data, **(DATA if widget in found else {})}
            await put(desk, widget, endpoint_data=clear, credentials=None)
        assert SECRET in str(tuple(await row(desk, found[0])))
        await works(desk, found[0])
    with structlog.testing.capture_logs() as logs:
        async with keyed(key) as desk:
            for widget in found:
                assert SECRET not in str(tuple(await row(desk, widget)))
                await works(desk, widget)
            assert (await row(desk, plain)).credentials == ""
            assert (await row(desk, found[0])).revision == 1
    assert [line["widgets"] for line in logs if line["event"] == "endpoints.sealed"] == [4]
    with structlog.testing.capture_logs() as logs:
        async with keyed(key):
            assert not [line for line in logs if line["event"] == "endpoints.sealed"]


async def test_more_than_a_batch_is_sealed(keyed: Any) -> None:
    key = Key.new()
    async with keyed(key) as desk:
        first = await desk.save(data=DATA)
        values = dict((await row(desk, first))._mapping)
        clear = {**values, "endpoint_data": {**values["endpoint_data"], **DATA}, "credentials": None}
        async with services(desk).get(Store).begin() as session:
            await session.execute(insert(widgets), [{**clear, "id": f"widget_{n:020}"} for n in range(450)])
    async with keyed(key) as desk:
        async with services(desk).get(Store).read() as session:
            rows = (await session.execute(select(*widgets.c))).all()
        assert len(rows) == 451
        assert SECRET not in str([tuple(stored) for stored in rows])
        assert len({stored.credentials for stored in rows}) == 451


async def test_a_row_in_the_clear_can_be_changed_like_any_other(keyed: Any) -> None:
    async with keyed(Key.new()) as desk:
        widget = await desk.save(data=DATA)
        clear = {**(await row(desk, widget)).endpoint_data, **DATA}
        await put(desk, widget, endpoint_data=clear, credentials=None)
        patch = {"name": "x", "endpoint_data": {"headers": {"authorization": "***"}}}
        changed = await desk.call("PATCH", widget["id"], json=patch)
        assert (changed.status_code, SECRET in changed.text) == (200, False)
        assert SECRET not in str(tuple(await row(desk, widget)))
        await works(desk, widget)


async def test_a_change_of_something_else_keeps_the_envelope(each: Any) -> None:
    widget = await each.save(data=DATA)
    before = (await row(each, widget)).credentials
    assert (await each.call("PATCH", widget["id"], json={"name": "New"})).json()["name"] == "New"
    assert (await row(each, widget)).credentials == before
    await works(each, widget)


async def test_one_of_two_credentials_is_changed_and_one_is_taken_out(each: Any) -> None:
    widget = await each.save(data={"headers": {"X-Api-Key": "one", "Authorization": "two"}})
    for headers, wanted in (
        ({"x-api-key": "***", "Authorization": "three"}, ("one", "three")),
        ({"x-api-key": "***"}, ("one", None)),
        ({}, (None, None)),
    ):
        changed = await each.call("PATCH", widget["id"], json={"endpoint_data": {"headers": headers}})
        assert changed.status_code == 200, changed.text
        await each.execute(widget)
        sent = each.asked(widget)[-1].headers
        assert (sent.get("x-api-key"), sent.get("authorization")) == wanted
    assert (await row(each, widget)).credentials == ""


async def test_with_a_lost_key_all_but_its_credentials_goes_on_and_they_can_be_given_anew(keyed: Any) -> None:
    lost = Key.new()
    async with keyed(lost) as desk:
        widget, plain = await desk.save(data=DATA), await desk.save("return 1")
    async with keyed(Key.new()) as desk:
        refused = await desk.execute(widget)
        assert (refused.status_code, refused.json()["error_code"]) == (503, "VAULT_KEY_MISSING")
        assert lost.id in refused.json()["detail"]
        assert (await desk.execute(plain)).json() == 1
        assert (await desk.call("GET", widget["id"])).json()["endpoint_data"]["headers"]["Authorization"] == "***"
        assert len((await desk.call("GET")).json()["data"]) == 2
        assert (await desk.call("PATCH", widget["id"], json={"name": "New"})).status_code == 200
        half = {"endpoint_data": {"headers": {"Authorization": "new"}}}
        assert (await desk.call("PATCH", widget["id"], json=half)).status_code == 503
        assert not desk.asked(widget)
        assert (await desk.call("PATCH", widget["id"], json={"endpoint_data": DATA})).status_code == 200
        await works(desk, widget)


async def test_credentials_do_not_follow_a_row_that_is_given_another_address_behind_our_back(each: Any) -> None:
    widget, other = await each.save(data=DATA), await each.save(data=DATA)
    mine = (await row(each, widget)).credentials
    for changes in (
        {"endpoint": "https://elsewhere.example.com/"},
        {"credentials": (await row(each, other)).credentials},
        {"credentials": mine[:-4] + "AAAA"},
        {"tenant": "another", "public": True},
    ):
        before = dict((await row(each, widget))._mapping)
        await put(each, widget, **changes)
        refused = await each.execute(widget)
        assert (refused.status_code, refused.json()["error_code"]) == (500, "SEALED_VALUE_BROKEN")
        assert SECRET not in refused.text
        await put(each, widget, **before)
    assert not each.asked(widget)
    await works(each, widget)


async def test_credentials_are_sealed_anew_under_another_key_while_the_app_serves(keyed: Any) -> None:
    old, new = Key.new(), Key.new()
    async with keyed(old) as desk:
        found = [await desk.save(data=DATA) for _ in range(3)]
        await desk.save()
    async with keyed(new, old) as desk:
        await works(desk, found[0])
        done = await rotate(services(desk))
        assert (done.resealed, done.left, done.failed) == (3, 0, {})
        assert await survey(services(desk)) == {(SEALED.name, new.id): 3}
        assert (await row(desk, found[0])).revision == 1
        await works(desk, found[0])
    async with keyed(new) as desk:
        for widget in found:
            await works(desk, widget)


async def test_the_vault_finds_and_replaces_all_of_them(keyed: Any) -> None:
    async with keyed(Key.new()) as desk:
        found = [await desk.save(data=DATA) for _ in range(5)]
        await desk.save()
        await check_sealed(services(desk), SEALED.name)
        for widget in found:
            await works(desk, widget)


async def test_a_change_that_comes_between_wins(each: Any) -> None:
    widget = await each.save(data=DATA)
    [entry] = [e for e in await walk(services(each), "", 10_000) if e.key == widget["id"]]
    patch = {"endpoint_data": {"headers": {"Authorization": "changed"}}}
    assert (await each.call("PATCH", widget["id"], json=patch)).status_code == 200
    assert not await replace(services(each), entry, {entry.values[0]: "pv1.x"})
    await each.execute(widget)
    assert each.asked(widget)[-1].headers["authorization"] == "changed"


async def test_without_the_vault_there_are_no_endpoints(app_with: Any) -> None:
    async with app_with(plugins={"vault": None}) as desk:
        assert (await desk.call("GET")).status_code == 404
        plugin = desk.client.app.state.board.loader.plugins["endpoints"]
    assert plugin.state == "quarantined"
    assert "pegboard_sealed" in plugin.reason


async def test_nothing_that_anybody_sees_has_a_credential_in_it(keyed: Any, caplog: Any, capfd: Any) -> None:
    """After everything was tried: answers, logs of any level, errors, reprs, documents."""
    old, new, seen = Key.new(), Key.new(), []
    caplog.set_level(logging.INFO)
    with structlog.testing.capture_logs() as logs:
        async with keyed(old) as desk:
            widget = await desk.save("return data", answer(json=1), answer(500), answer(raw=b""), data=DATA)
            preview = {"logic": "def process_data(d, r, u): return 1", "endpoint": widget["endpoint"], **DATA}
            bad = {**desk.draft(data=DATA), "size": 7}
            seen += [widget, (await desk.call("POST", "preview", json=preview)).text]
            seen += [(await desk.call("POST", json=bad)).text, (await desk.call("GET")).text]
            for _ in range(3):
                seen.append((await desk.execute(widget)).text)
            patch = {"endpoint": "https://elsewhere.example.com/"}
            seen.append((await desk.call("PATCH", widget["id"], json=patch)).text)
            plan = await services(desk).get(Vault).ping(), await desk_plan(desk, widget)
            seen.append(repr(plan))
        async with keyed(new) as desk:
            seen += [(await desk.execute(widget)).text, repr(await rotate(services(desk)))]
        async with keyed(new, old) as desk:
            seen.append(repr(await rotate(services(desk))))
            for path in ("/-/health", "/-/plugins"):
                seen.append((await desk.call("GET", path)).text)
    shown = "\n".join(map(str, [*seen, *logs, caplog.text, *capfd.readouterr()]))
    assert "VAULT_KEY_MISSING" in shown
    assert SECRET not in shown


async def desk_plan(desk: Any, widget: Any) -> Any:
    from pegboard_endpoints import Endpoints

    endpoints = services(desk).get(Endpoints)
    opened = await endpoints.widgets.opened(widget["id"])
    with pytest.raises(Problem):
        await endpoints.widgets.opened("widget_none")
    return await endpoints.plans.get(widget["id"]), opened
