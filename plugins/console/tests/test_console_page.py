"""The page as it is served: its files, its policy, its size, and what it says there is."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import console_sample
import pytest
from starlette.applications import Starlette

import pegboard_accounts
import pegboard_console
import pegboard_openapi
import pegboard_store
import pegboard_vault
from pegboard import Notices, create_app
from pegboard.testing import Client, client
from pegboard_accounts.testing import key_headers

pytestmark = pytest.mark.anyio

FIRST_LOAD = 300 * 1024  # bytes, compressed, before anything is opened


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def app_of(folder: Path, **console: Any) -> Starlette:
    plugins = {
        "accounts": pegboard_accounts,
        "console": pegboard_console,
        "openapi": pegboard_openapi,
        "store": pegboard_store,
        "vault": pegboard_vault,
        "sample": console_sample,
    }
    settings = {"data": str(folder), "plugins": {"console": console}}
    return create_app(settings=settings, plugins=plugins, installed=False, environ={})


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[Client]:
    async with client(app_of(tmp_path)) as made:
        yield made


async def test_the_page_lets_nothing_run_but_its_own_files(http: Client) -> None:
    page = await http.get("/console/")
    assert page.status_code == 200, page.text
    policy = dict(rule.split(" ", 1) for rule in page.headers["content-security-policy"].split("; "))
    nonce = re.search(r'name="pegboard-nonce" content="([^"]+)"', page.text)
    assert nonce is not None
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["style-src"] == f"'self' 'nonce-{nonce[1]}'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page.text)
    again = await http.get("/console/")
    assert nonce[1] not in again.text


async def test_files_are_compressed_and_kept_for_good(http: Client) -> None:
    page = (await http.get("/console/")).text
    (script,) = re.findall(r'src="\./(assets/index-[\w-]+\.js)"', page)
    packed = await http.get(f"/console/{script}", headers={"accept-encoding": "gzip"})
    plain = await http.get(f"/console/{script}", headers={"accept-encoding": "identity"})
    same = await http.get(f"/console/{script}", headers={"if-none-match": plain.headers["etag"]})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert packed.headers["x-content-type-options"] == "nosniff"
    assert (same.status_code, same.content) == (304, b"")


async def test_modules_keep_their_address_and_are_asked_for_anew(http: Client) -> None:
    for panel in ("endpoints", "integrations", "records", "scripts", "jobs", "system"):
        module = await http.get(f"/console/modules/{panel}.js")
        assert module.status_code == 200, panel
        assert module.headers["cache-control"] == "no-cache"
        assert "mount" in module.text


@pytest.mark.parametrize("name", ["nothing.js", "..%2findex.html", ".hidden.js", "index.html", "a%00b.js", "x.map"])
async def test_there_are_no_other_files(http: Client, name: str) -> None:
    assert (await http.get(f"/console/assets/{name}")).status_code == 404


async def test_the_first_load_is_small(http: Client) -> None:
    """All that the page itself links and imports; what opens a panel or the editor is fetched by then."""
    page = (await http.get("/console/")).text
    waiting = re.findall(r'(?:src|href)="\./(assets/[^"]+)"', page)
    assert any(name.endswith(".css") for name in waiting)
    seen: dict[str, int] = {}
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        text = (await http.get(f"/console/{name}")).text
        seen[name] = len(gzip.compress(text.encode(), 9))
        imported = re.findall(r'(?:^|[;}])\s*(?:import|export)[^;"\'()]*["\']\./([\w.-]+\.js)["\']', text)
        waiting += [f"assets/{found}" for found in imported]
    assert sum(seen.values()) <= FIRST_LOAD, seen


async def test_without_a_built_page_somebody_is_told_how_to_get_one(tmp_path: Path) -> None:
    async with client(app_of(tmp_path, static=str(tmp_path / "nothing"))) as http:
        answer = await http.get("/console/")
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:pegboard:problem:console-not-built")


async def test_the_page_may_be_somewhere_else(tmp_path: Path) -> None:
    app = app_of(tmp_path, prefix="/desk")
    async with client(app) as http:
        assert (await http.get("/desk")).headers["location"] == "/desk/"
        assert (await http.get("/desk/")).status_code == 200
        assert (await http.get("/console/")).status_code == 404
        told = {notice.title: notice.text for notice in app.state.board.services.get(Notices).take()}
    assert told["Console"] == "{url}/desk"


async def test_panels_are_those_that_a_caller_may_see(http: Client) -> None:
    assert (await http.get("/console/api/panels")).status_code == 401
    everything = await panels_of(http, "*")
    assert {"pegs", "users", "keys", "system"} <= everything.keys()
    assert "absent" not in everything  # its route is not served
    assert "endpoints" not in everything
    assert everything["pegs"]["plugin"] == "sample"
    few = await panels_of(http, "things:read")
    assert "users" not in few
    assert "pegs" in few


async def test_a_list_is_told_with_what_the_caller_may_do_there(http: Client) -> None:
    whole = (await panels_of(http, "*"))["keys"]["content"]
    assert whole["kind"] == "collection"
    assert whole["paging"] == {"start": "page", "size": "per_page", "most": 100}
    assert whole["create"]["schema"]["required"] == ["name", "scopes"]
    assert [action["title"] for action in whole["actions"]] == ["Revoke"]
    reader = (await panels_of(http, "keys:read"))["keys"]["content"]
    assert (reader["create"], reader["actions"]) == (None, [])


async def test_schemas_stand_by_themselves(http: Client) -> None:
    schema = (await panels_of(http, "*"))["pegs"]["content"]["create"]["schema"]
    options = schema["properties"]["shape"]["anyOf"]
    names = [option["$ref"].removeprefix("#/components/schemas/") for option in options]
    assert [schema["components"]["schemas"][name]["properties"]["type"]["enum"] for name in names] == [
        ["round"],
        ["square"],
    ]
    assert schema["properties"]["secret"]["writeOnly"]


async def test_the_catalogue_has_every_kind_of_thing_with_its_schema(http: Client) -> None:
    headers = await key_headers(http.app)  # type: ignore[arg-type]
    found = (await http.get("/console/api/catalog", headers=headers)).json()
    assert {"providers", "transforms", "paginators", "sandboxes", "runners"} <= found.keys()
    for entry in (entry for entries in found.values() for entry in entries):
        assert {"name", "summary", "plugin", "schema"} == entry.keys()
        assert entry["schema"]["type"] == "object"


async def panels_of(http: Client, *scopes: str) -> dict[str, Any]:
    headers = await key_headers(http.app, *scopes)  # type: ignore[arg-type]
    found = (await http.get("/console/api/panels", headers=headers)).json()["panels"]
    return {panel["name"]: panel for panel in found}
