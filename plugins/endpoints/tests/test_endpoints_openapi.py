"""Saved endpoints in the OpenAPI document: at once, and for those who may call them."""

from typing import Any

import pytest

import pegboard_openapi
from pegboard import Principal
from pegboard_endpoints import Endpoints, widgets

pytestmark = pytest.mark.anyio


async def document(desk: Any, **more: Any) -> Any:
    got = await desk.call("GET", "/openapi.json", **more)
    assert got.status_code == 200, got.text
    return got.json()["paths"]


async def test_saved_endpoints_are_listed_until_they_are_deleted(app_with: Any) -> None:
    async with app_with(plugins={"openapi": pegboard_openapi}) as desk:
        widget = await desk.save(name="Best", description="of all", path="/e/best/{region}", methods=["GET", "POST"])
        paths = await document(desk)
        execute = paths[widget["execute_url"]]["get"]
        assert execute["summary"] == "Best"
        assert execute["description"].startswith("of all")
        assert {"200", "422", "502", "503", "504"} <= set(execute["responses"])
        assert set(paths["/e/best/{region}"]) == {"get", "post"}
        parameters = paths["/e/best/{region}"]["get"]["parameters"]
        assert ("region", "path") in [(parameter["name"], parameter["in"]) for parameter in parameters]
        assert "/e/best/{region}" not in await document(desk.of("stranger"))
        assert "/e/best/{region}" not in await document(desk, scopes=None)
        assert "/e/best/{region}" not in await document(desk, scopes="other:read")
        await desk.call("PATCH", widget["id"], json={"public": True})
        assert "/e/best/{region}" in await document(desk, scopes=None)
        await desk.call("DELETE", widget["id"])
        paths = await document(desk)
        assert not {"/e/best/{region}", widget["execute_url"]} & set(paths)


async def test_the_contracts_routes_are_described(app_with: Any) -> None:
    async with app_with(plugins={"openapi": pegboard_openapi}) as desk:
        paths = await document(desk, scopes=None)
    assert {(path, method) for path, item in paths.items() if "/public/widgets" in path for method in item} == {
        ("/public/widgets", "get"),
        ("/public/widgets", "post"),
        ("/public/widgets/validate", "post"),
        ("/public/widgets/preview", "post"),
        ("/public/widgets/{id}", "get"),
        ("/public/widgets/{id}", "patch"),
        ("/public/widgets/{id}", "delete"),
        ("/public/widgets/{id}/execute", "get"),
        ("/public/widgets/{id}/calls", "get"),
        ("/public/widgets/{id}/calls/minutes", "get"),
        ("/public/widgets/states", "get"),
    }


async def test_a_document_that_is_cut_off_leaves_nothing_open(app_with: Any) -> None:
    settings = {"plugins": {"openapi": {"limit": 2}, "store": {"pool": 1, "wait": 2}}}
    async with app_with(settings, plugins={"openapi": pegboard_openapi}) as desk:
        for _ in range(5):
            await desk.save()
        for _ in range(5):
            got = await desk.call("GET", "/openapi.json")
            assert got.json()["x-pegboard-truncated"] == {"limit": 2}
        assert (await desk.call("GET")).json()["pagination"]["total_items"] == 5


async def test_saved_endpoints_are_described_to_those_who_may_know_of_them(each: Any) -> None:
    mine, theirs = await each.save(), await each.of("stranger").save()
    public = await each.of("stranger").save(public=True)
    table = each.client.app.state.board.table
    caller = Principal("u1", each.tenant, scopes=frozenset({"widgets:read"}))
    paths = [spec.path async for spec in table.catalog(caller)]
    assert mine["execute_url"] in paths
    assert public["execute_url"] in paths
    assert theirs["execute_url"] not in paths


async def test_all_are_described_once_newest_first_however_many_are_read_at_a_time(
    each: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = [(await each.save(name=str(number)))["id"] for number in range(7)]
    endpoints = each.client.app.state.board.services.get(Endpoints)
    for step in (1, 2, 3, 7, 8):
        monkeypatch.setattr(widgets, "STEP", step)
        described = [
            widget.id async for widget in endpoints.widgets.described(each.tenant) if widget.tenant == each.tenant
        ]
        assert described == saved[::-1], f"{step} at a time"
