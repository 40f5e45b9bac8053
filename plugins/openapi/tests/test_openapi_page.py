"""The page, and the files that it is made of."""

import gzip
import hashlib
import json
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from starlette.applications import Starlette

from pegboard import Notices, RouteSpec, Settings, hookimpl
from pegboard.testing import client

pytestmark = pytest.mark.anyio

MakeApp = Callable[..., Starlette]
VIEWER = files("pegboard_openapi").joinpath("viewer")


async def test_the_page_lets_only_its_own_files_run(make_app: MakeApp) -> None:
    async with client(make_app()) as http:
        page = await http.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(rule.split(" ", 1) for rule in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page.text)


async def test_every_file_that_the_page_names_is_served_from_here(make_app: MakeApp) -> None:
    async with client(make_app()) as http:
        page = await http.get("/docs")
        names = re.findall(r'(?:src|href)="([^"]+)"', page.text)
        answers = {name: await http.get(f"/{name}") for name in names}
    assert not any("//" in name for name in names)
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(names, 200)
    assert {answer.headers["x-content-type-options"] for name, answer in answers.items() if "assets" in name} == {
        "nosniff"
    }


async def test_a_large_file_goes_out_compressed_to_whoever_takes_it(make_app: MakeApp) -> None:
    path = "/docs/assets/swagger-ui-bundle.js"
    async with client(make_app()) as http:
        packed = await http.get(path, headers={"accept-encoding": "gzip"})
        plain = await http.get(path, headers={"accept-encoding": "identity"})
        again = await http.get(path, headers={"if-none-match": plain.headers["etag"]})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content) / 3
    assert (again.status_code, again.content) == (304, b"")


async def test_there_are_no_other_files(make_app: MakeApp) -> None:
    async with client(make_app()) as http:
        for name in ("page.html", "vendored.json", "..%2fpage.py", "nothing"):
            assert (await http.get(f"/docs/assets/{name}")).status_code == 404


def test_the_vendored_files_are_what_they_are_said_to_be() -> None:
    folder = VIEWER.joinpath("swagger-ui")
    facts = json.loads(folder.joinpath("vendored.json").read_text())
    found = {
        name: hashlib.sha256(gzip.decompress(folder.joinpath(f"{name}.gz").read_bytes())).hexdigest()
        for name in facts["sha256"]
    }
    assert found == facts["sha256"]
    assert facts["license"] == "Apache-2.0"
    assert "Apache License" in folder.joinpath("LICENSE").read_text()


async def test_the_root_leads_to_the_page(make_app: MakeApp) -> None:
    app = make_app()
    async with client(app) as http:
        home = await http.get("/")
        titles = {notice.title: notice.text for notice in app.state.board.services.get(Notices).take()}
    assert (home.status_code, home.headers["location"]) == (307, "/docs")
    assert titles["API document"] == "{url}/docs"


async def test_another_plugin_may_have_the_root(make_app: MakeApp) -> None:
    class Site:
        @hookimpl
        def pegboard_routes(self, settings: Settings) -> RouteSpec:
            return RouteSpec("site.home", "/", site, anonymous=True)

    async def site(call: Any) -> str:
        return "site"

    app = make_app(plugins={"site": Site()})
    async with client(app) as http:
        home, page = await http.get("/"), await http.get("/docs")
        states = {plugin["name"]: plugin["state"] for plugin in (await http.get("/-/plugins")).json()}
    assert home.json() == "site"
    assert page.status_code == 200
    assert set(states.values()) == {"active"}


@pytest.mark.parametrize(("openapi", "home"), [({"viewer": False}, 404), ({"home": False}, 404)])
async def test_the_root_may_be_left_alone(make_app: MakeApp, openapi: dict[str, Any], home: int) -> None:
    async with client(make_app(openapi=openapi)) as http:
        assert (await http.get("/")).status_code == home
        assert (await http.get("/openapi.json")).status_code == 200


async def test_without_the_viewer_there_is_no_page_and_no_notice(make_app: MakeApp) -> None:
    app = make_app(openapi={"viewer": False})
    async with client(app) as http:
        assert (await http.get("/docs")).status_code == 404
        assert app.state.board.services.get(Notices).take() == []
