"""Addresses of endpoints' own: templates, methods, bodies, conflicts, and their life beside the widget's."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pegboard import Call, RouteSpec, RouteTable, Services, Settings, hookimpl
from pegboard_endpoints.addresses import Addresses
from pegboard_endpoints.routes import execute
from pegboard_endpoints.sealing import Sealing
from pegboard_endpoints.widgets import Widgets
from pegboard_store import Store
from pegboard_vault import Vault

pytestmark = pytest.mark.anyio

ECHO = """
    return {'path': request.path, 'method': request.method,
            'params': {name: request.path_params[name] for name in request.path_params}}
"""


async def test_a_template_gives_its_parameters_to_the_logic(each: Any) -> None:
    path = f"/e/{each.tenant}/reports/{{region}}/{{year}}"
    assert (await each.save(ECHO, path=path))["path"] == path
    got = await each.call("GET", f"/e/{each.tenant}/reports/n%C3%B6rd/2026?a=1")
    assert got.json()["params"] == {"region": "nörd", "year": "2026"}
    assert got.json()["path"] == f"/e/{each.tenant}/reports/nörd/2026"
    assert got.headers["x-sandbox"] == "restricted"


async def test_a_plain_path_has_no_parameters(desk: Any) -> None:
    await desk.save(ECHO, path=f"/e/{desk.tenant}")
    got = await desk.call("GET", f"/e/{desk.tenant}")
    assert got.json() == {"path": f"/e/{desk.tenant}", "method": "GET", "params": {}}


async def test_a_rest_parameter_takes_several_segments(desk: Any) -> None:
    await desk.save(ECHO, path=f"/e/{desk.tenant}/{{rest:path}}")
    got = await desk.call("GET", f"/e/{desk.tenant}/a/b/c")
    assert got.json()["params"] == {"rest": "a/b/c"}


async def test_no_id_of_ours_is_among_the_parameters(desk: Any) -> None:
    widget = await desk.save(ECHO, path=f"/e/{desk.tenant}/{{id}}")
    assert (await desk.call("GET", f"/e/{desk.tenant}/mine")).json()["params"] == {"id": "mine"}
    assert (await desk.execute(widget)).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_methods_are_those_of_the_widget(desk: Any, method: str) -> None:
    await desk.save("return request.method", path=f"/e/{desk.tenant}", methods=[method])
    assert (await desk.call(method, f"/e/{desk.tenant}")).json() == method
    refused = await desk.call("GET", f"/e/{desk.tenant}")
    assert (refused.status_code, refused.headers["allow"]) == (405, method)
    assert refused.headers["content-type"] == "application/problem+json"


async def test_a_body_can_be_read_as_json(desk: Any) -> None:
    await desk.save("return request.json()['a']", path=f"/e/{desk.tenant}", methods=["GET", "POST"])
    assert (await desk.call("POST", f"/e/{desk.tenant}", json={"a": ["ü", 1]})).json() == ["ü", 1]
    for content in ("", "{", "nonsense"):
        got = await desk.call("POST", f"/e/{desk.tenant}", content=content)
        assert (got.status_code, got.json()["error_code"]) == (422, "EXECUTION_ERROR")
    bodiless = await desk.call("GET", f"/e/{desk.tenant}")
    assert bodiless.json()["error_code"] == "EXECUTION_ERROR"


async def test_a_body_may_have_1_mib_and_not_a_byte_more(desk: Any) -> None:
    await desk.save("return len(request.json())", path=f"/e/{desk.tenant}", methods=["POST"])
    exact = json.dumps("x" * (1024 * 1024 - 2))
    assert (await desk.call("POST", f"/e/{desk.tenant}", content=exact)).json() == 1024 * 1024 - 2
    over = await desk.call("POST", f"/e/{desk.tenant}", content=exact + " ")
    assert (over.status_code, over.json()["error_code"]) == (413, "BODY_TOO_LARGE")


async def test_a_body_that_is_no_text_is_400(desk: Any) -> None:
    await desk.save("return 1", path=f"/e/{desk.tenant}", methods=["POST"])
    refused = await desk.call("POST", f"/e/{desk.tenant}", content=b"\xff\xfe")
    assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_BODY")


async def test_a_bad_body_does_not_cost_the_upstream_a_request(desk: Any) -> None:
    widget = await desk.save("return 1", path=f"/e/{desk.tenant}", methods=["POST"])
    await desk.call("POST", f"/e/{desk.tenant}", content=b"\xff\xfe")
    assert desk.asked(widget) == []


async def test_an_address_is_guarded_as_its_widget_is(desk: Any) -> None:
    await desk.save("return 1", path=f"/e/{desk.tenant}")
    path = f"/e/{desk.tenant}"
    assert (await desk.call("GET", path, scopes="widgets:read")).status_code == 200
    assert (await desk.call("GET", path, scopes=None)).status_code == 401
    assert (await desk.call("GET", path, scopes="other:read")).status_code == 403
    assert (await desk.of("stranger").call("GET", path)).status_code == 404


@pytest.mark.parametrize("other", ["same", "stranger"])
async def test_a_taken_path_is_409_whoever_has_it(each: Any, other: str) -> None:
    path = f"/e/{each.tenant}/{{region}}"
    first = await each.save("return 'first'", path=path)
    second = each if other == "same" else each.of("stranger")
    again = f"/e/{each.tenant}/{{area}}"  # the same address: names of parameters do not make another
    refused = await second.call("POST", json=second.draft(path=again))
    assert (refused.status_code, refused.json()["error_code"]) == (409, "PATH_TAKEN")
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/path"]
    free = await second.save("return 'second'")
    refused = await second.call("PATCH", free["id"], json={"path": path})
    assert (refused.status_code, refused.json()["error_code"]) == (409, "PATH_TAKEN")
    assert (await second.call("GET", free["id"])).json() == free
    assert (await each.call("GET", f"/e/{each.tenant}/north")).json() == "first"
    assert first["id"] not in refused.text, "whose it is stays unsaid"


async def test_only_one_of_many_gets_a_path(each: Any) -> None:
    drafts = [each.draft(f"return {number}", path=f"/e/{each.tenant}") for number in range(8)]
    answers = await asyncio.gather(*(each.call("POST", json=draft) for draft in drafts))
    assert sorted(got.status_code for got in answers) == [201] + [409] * 7
    (winner,) = [number for number, got in enumerate(answers) if got.status_code == 201]
    assert (await each.call("GET", f"/e/{each.tenant}")).json() == winner
    assert (await each.call("GET")).json()["pagination"]["total_items"] == 1


async def test_a_path_that_a_fixed_route_answers_is_409(app_with: Any) -> None:
    async def fixed(call: Call[None, None]) -> str:
        return "fixed"

    @hookimpl
    def pegboard_routes(settings: Settings) -> Iterator[RouteSpec]:
        yield RouteSpec("fixed.one", "/e/fixed/{name}", fixed, anonymous=True)

    async with app_with(plugins={"fixed": SimpleNamespace(pegboard_routes=pegboard_routes)}) as desk:
        for path in ("/e/fixed/{anything}", "/e/fixed/mine", "/e/fixed/{rest:path}"):
            refused = await desk.call("POST", json=desk.draft(path=path))
            assert (refused.status_code, refused.json()["error_code"]) == (409, "PATH_TAKEN"), path
        assert (await desk.call("GET", "/e/fixed/mine")).json() == "fixed"


async def test_the_first_step_of_a_path_is_plain_text(desk: Any) -> None:
    for path in ("/e/{a}", "/e/{a}/{b}", "/e/{rest:path}"):
        refused = await desk.call("POST", json=desk.draft(path=path))
        assert (refused.status_code, refused.json()["error_code"]) == (422, "INVALID_PATH"), path
        assert refused.json()["errors"][0]["pointer"] == "/path"


async def test_nobody_lays_an_address_over_another_tenants_template(each: Any) -> None:
    first, thief = f"/e/{each.tenant}", each.of("thief")
    mine = await each.save("return 'mine'", path=f"{first}/{{region}}")
    for path in (f"{first}/north", f"{first}/{{region}}/more", f"{first}/{{rest:path}}", first):
        refused = await thief.call("POST", json=thief.draft(path=path))
        assert (refused.status_code, refused.json()["error_code"]) == (409, "PATH_TAKEN"), path
    other = await thief.save("return 'thief'")
    moved = await thief.call("PATCH", other["id"], json={"path": f"{first}/north"})
    assert (moved.status_code, moved.json()["error_code"]) == (409, "PATH_TAKEN")
    await each.call("DELETE", mine["id"])
    gone = await thief.call("POST", json=thief.draft(path=f"{first}/{{region}}"))
    assert gone.status_code == 409, "callers who know an address must not meet somebody else behind it"
    assert (await each.call("POST", json=each.draft(path=f"{first}/{{region}}"))).status_code == 201


async def test_two_tenants_that_want_a_first_step_at_once_get_one(each: Any) -> None:
    first = f"/e/race-{each.tenant}"
    tenants = [each.of(f"tenant-{number}") for number in range(6)]
    drafts = [tenant.draft(path=f"{first}/{number}") for number, tenant in enumerate(tenants)]
    answers = await asyncio.gather(
        *(tenant.call("POST", json=draft) for tenant, draft in zip(tenants, drafts, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]


async def test_a_patch_moves_an_address(each: Any) -> None:
    old, new = f"/e/{each.tenant}/old", f"/e/{each.tenant}/new/{{name}}"
    widget = await each.save(ECHO, path=old)
    assert (await each.call("GET", old)).status_code == 200
    await each.call("PATCH", widget["id"], json={"path": new, "methods": ["POST"]})
    assert (await each.call("GET", old)).status_code == 404
    moved = await each.call("POST", new.replace("{name}", "x"), json={})
    assert (moved.json()["method"], moved.json()["params"]) == ("POST", {"name": "x"})
    await each.call("PATCH", widget["id"], json={"methods": ["GET"]})
    assert (await each.call("POST", new.replace("{name}", "x"), json={})).status_code == 405
    assert (await each.call("GET", new.replace("{name}", "x"))).status_code == 200
    await each.call("PATCH", widget["id"], json={"path": new.replace("name", "label")})
    assert (await each.call("GET", new.replace("{name}", "x"))).json()["params"] == {"label": "x"}
    await each.call("PATCH", widget["id"], json={"path": None})
    assert (await each.call("GET", new.replace("{name}", "x"))).status_code == 404
    assert (await each.execute(widget)).status_code == 200


async def test_a_delete_frees_the_path_at_once(each: Any) -> None:
    path = f"/e/{each.tenant}"
    for round_ in range(5):
        widget = await each.save(f"return {round_}", path=path)
        assert (await each.call("GET", path)).json() == round_
        assert (await each.call("DELETE", widget["id"])).status_code == 204
        assert (await each.call("GET", path)).status_code == 404


async def test_a_freed_path_can_be_taken_with_the_very_next_request(each: Any) -> None:
    path = f"/e/{each.tenant}"
    for _ in range(5):
        widget = await each.save(path=path)
        moved = await each.save()
        assert (await each.call("PATCH", widget["id"], json={"path": None})).status_code == 200
        taken = await each.call("PATCH", moved["id"], json={"path": path})
        assert taken.status_code == 200, taken.text
        assert (await each.call("DELETE", moved["id"])).status_code == 204


async def test_addresses_are_there_again_after_a_restart(app_with: Any) -> None:
    async with app_with() as desk:
        kept = await desk.save("return 'kept'", path="/e/kept/{name}")
        gone = await desk.save("return 'gone'", path="/e/gone")
        await desk.call("DELETE", gone["id"])
    async with app_with() as desk:
        assert (await desk.call("GET", "/e/kept/x")).json() == "kept"
        assert (await desk.call("GET", "/e/gone")).status_code == 404
        assert (await desk.execute(kept)).json() == "kept"


class Paused(Widgets):
    """Reads the addresses, and lets something happen before it hands them over."""

    def __init__(self, services: Services, sealing: Sealing, meanwhile: Callable[[], Awaitable[None]]) -> None:
        super().__init__(services, sealing)
        self.meanwhile = meanwhile

    async def addresses(self) -> list[tuple[str, str, list[str]]]:
        rows = await super().addresses()
        await self.meanwhile()
        return rows


async def test_what_changes_while_the_addresses_are_read_is_not_undone(app_with: Any) -> None:
    async with app_with() as desk:
        board = desk.client.app.state.board
        store, table = board.services.get(Store), RouteTable(board.dispatcher.http)
        sealing = Sealing(board.services.get(Vault))
        gone, moved = await desk.save(path="/e/gone"), await desk.save(path="/e/old")

        async def meanwhile() -> None:
            await desk.call("DELETE", gone["id"])
            await desk.call("PATCH", moved["id"], json={"path": "/e/moved"})
            await desk.save(path="/e/new")
            store.changes.poll()

        addresses = Addresses(table, store, Paused(board.services, sealing, meanwhile), execute)
        store.changes.poll()
        await addresses.load()
        served = {path for path in ("/e/gone", "/e/old", "/e/moved", "/e/new") if table.find(path)}
        assert served == {"/e/moved", "/e/new"}


NAMES = st.sampled_from(["a", "b", "{x}", "{y}"])
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["save", "move", "clear", "delete"]), st.integers(0, 3), st.lists(NAMES, min_size=1, max_size=2)
    ),
    max_size=12,
)


@settings(max_examples=20, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
async def test_the_table_serves_what_is_saved_after_any_history(desk: Any, steps: list[Any]) -> None:
    """The law: an address answers with its widget's id exactly if a saved widget has that path."""
    known: dict[str, str | None] = {}
    for kind, index, segments in steps:
        path = f"/e/{desk.tenant}/" + "/".join(segments)
        chosen = list(known)[index % len(known)] if known else None
        if len(set(segments)) != len(segments) and "{" in path:
            continue
        if kind == "save":
            created = await desk.call("POST", json=desk.draft(path=path))
            taken = _pattern(path) in map(_pattern, filter(None, known.values()))
            assert created.status_code == (409 if taken else 201)
            if not taken:
                known[created.json()["id"]] = path
        elif chosen and kind == "move":
            others = [_pattern(p) for key, p in known.items() if p and key != chosen]
            moved = await desk.call("PATCH", chosen, json={"path": path})
            assert moved.status_code == (409 if _pattern(path) in others else 200)
            known[chosen] = path if moved.status_code == 200 else known[chosen]
        elif chosen and kind == "clear":
            assert (await desk.call("PATCH", chosen, json={"path": None})).status_code == 200
            known[chosen] = None
        elif chosen:
            assert (await desk.call("DELETE", chosen)).status_code == 204
            del known[chosen]
    patterns = {_pattern(path) for path in known.values() if path}
    for address in (("a",), ("b",), ("c",), ("a", "a"), ("a", "c"), ("c", "b"), ("c", "c")):
        expected = any(_matches(pattern, address) for pattern in patterns)
        got = await desk.call("GET", f"/e/{desk.tenant}/" + "/".join(address))
        assert (got.status_code == 200) == expected, (address, known)
    for widget in known:
        await desk.call("DELETE", widget)


def _pattern(path: str) -> tuple[str, ...]:
    return tuple("{}" if step.startswith("{") else step for step in path.split("/")[3:])


def _matches(pattern: tuple[str, ...], address: tuple[str, ...]) -> bool:
    return len(pattern) == len(address) and all(p in ("{}", a) for p, a in zip(pattern, address, strict=True))
