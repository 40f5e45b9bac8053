"""``pegboard integrations``, against an API on a socket."""

import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
import structlog
from click.testing import CliRunner, Result

from pegboard.board import Board
from pegboard.cli import Session, cli
from pegboard.logs import configure
from pegboard.settings import LogSettings

pytestmark = pytest.mark.anyio

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def quiet() -> Iterator[None]:
    """Logs go to standard error, as the command line has it, and afterwards where they went before."""
    handlers, level = list(logging.root.handlers), logging.root.level
    configure(LogSettings(level="error"))
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture
def pegboard(quiet: None, document: dict[str, Any], plugins: dict[str, Any]) -> Run:
    """Runs a command to its end, in a thread: commands have event loops of their own."""

    async def run(*arguments: str, code: int = 0) -> Result:
        session = Session()
        session._board = Board.build(settings=document, plugins=plugins, environ={}, installed=False)
        call = partial(CliRunner().invoke, cli, ["integrations", *arguments], obj=session)
        result = await anyio.to_thread.run_sync(call)
        assert result.exit_code == code, (result.output, result.exception)
        assert "s3cret" not in result.output
        return result

    return run


async def test_a_definition_is_imported_tested_and_exported(pegboard: Run, at: Any, tmp_path: Path) -> None:
    desk = at(None)
    desk.serve_contacts(25, 10)
    file = tmp_path / "crm.json"
    file.write_text(json.dumps(desk.definition(name="crm")))
    assert (await pegboard("import", str(file))).stdout.startswith("integration_")
    assert "crm" in (await pegboard("list")).stdout
    [listed] = json.loads((await pegboard("list", "--json")).stdout)
    assert (listed["name"], listed["auth"]["keyValue"]) == ("crm", "***")
    assert "works" in (await pegboard("test", "crm", "contacts")).stdout
    exported = (await pegboard("export", "crm")).stdout
    assert json.loads(exported)["auth"]["keyValue"] == "***"
    (tmp_path / "again.json").write_text(exported)
    await pegboard("import", str(tmp_path / "again.json"), "--replace")
    assert json.loads((await pegboard("test", "crm", "contacts", "--json")).stdout)["success"] is True


async def test_a_sync_shows_what_happened_and_why_it_stopped(
    pegboard: Run, at: Any, document: dict[str, Any], served_with: Any, tmp_path: Path
) -> None:
    async with served_with(document) as http:
        desk = at(http)
        await desk.active(name="crm")
    desk.serve_contacts(25, 10)
    shown = (await pegboard("sync", "crm", "contacts", "--tenant", desk.tenant)).stdout
    assert "succeeded" in shown
    assert "25" in shown
    assert "$.more" in shown
    again = json.loads((await pegboard("sync", "crm", "contacts", "--tenant", desk.tenant, "--json")).stdout)
    assert (again["unchanged"], again["created"]) == (25, 0)
    (tmp_path / "page.json").write_text(json.dumps({"items": [desk.contact(1)]}))
    previewed = await pegboard("preview", "crm", "contacts", str(tmp_path / "page.json"), "--tenant", desk.tenant)
    assert json.loads(previewed.stdout)["records"] == [{"name": "Contact 1", "email": "c1@example.com"}]


async def test_a_sync_of_what_is_not_active_fails_with_the_way_out(pegboard: Run, at: Any, tmp_path: Path) -> None:
    file = tmp_path / "crm.json"
    file.write_text(json.dumps(at(None).definition(name="crm")))
    await pegboard("import", str(file))
    refused = await pegboard("sync", "crm", "contacts", code=1)
    assert "only active ones sync" in str(refused.exception)
    unknown = await pegboard("test", "erp", code=1)
    assert "there is no integration 'erp'" in str(unknown.exception)


async def test_an_integration_is_switched_on_and_off(
    pegboard: Run, at: Any, document: dict[str, Any], served_with: Any, tmp_path: Path
) -> None:
    file = tmp_path / "crm.json"
    file.write_text(json.dumps(at(None).definition(name="crm")))
    await pegboard("import", str(file), "--tenant", "acme")
    refused = await pegboard("activate", "crm", "--tenant", "acme", code=1)
    assert "c_contact" in str(refused.exception), "its shard type is not there yet"
    async with served_with(document) as http:
        await at(http).shard_type()
    for command, status in (("activate", "active"), ("deactivate", "inactive")):
        assert (await pegboard(command, "crm", "--tenant", "acme")).stdout == f"crm is {status}\n"
        [listed] = json.loads((await pegboard("list", "--tenant", "acme", "--json")).stdout)
        assert listed["status"] == status


async def test_an_openapi_document_becomes_a_draft(pegboard: Run, at: Any, tmp_path: Path) -> None:
    desk = at(None)
    pets = {
        "openapi": "3.1.0",
        "info": {"title": "Pet Store", "version": "1"},
        "servers": [{"url": f"{desk.upstream.url}/{desk.root}"}],
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
            "parameters": {"limit": {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 20}}},
        },
        "paths": {
            "/pets": {
                "get": {"operationId": "listPets", "parameters": [{"$ref": "#/components/parameters/limit"}]},
                "post": {"operationId": "addPet", "requestBody": {"content": {"application/json": {}}}},
            },
            "/pets/{id}": {"get": {"parameters": [{"name": "id", "in": "path", "schema": {"type": "string"}}]}},
        },
    }
    (tmp_path / "pets.json").write_text(json.dumps(pets))
    await pegboard("import", str(tmp_path / "pets.json"))
    made = json.loads((await pegboard("export", "pet-store")).stdout)
    assert made["auth"] == {"type": "api_key", "keyName": "X-Key", "keyLocation": "header", "keyValue": "***"}
    assert [(one["id"], one["method"], one["path"]) for one in made["endpoints"]] == [
        ("listPets", "GET", "/pets"),
        ("addPet", "POST", "/pets"),
        ("get-pets-id", "GET", "/pets/{id}"),
    ]
    assert made["endpoints"][0]["queryParams"][0]["default"] == 20
