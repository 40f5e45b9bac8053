"""The log: one format, an id that ties an answer to its lines, and no secrets."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from pegboard import Call, RouteSpec, Secret, StartupError, create_app, hookimpl
from pegboard.logs import configure, request_id
from pegboard.settings import LogSettings
from pegboard.testing import client

pytestmark = pytest.mark.anyio


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Configures the log as settings say; gives a function for what was written since."""
    written = io.StringIO()

    def use(**settings: Any) -> Callable[[], str]:
        monkeypatch.setattr("sys.stderr", written)
        configure(LogSettings(**settings))
        return written.getvalue

    yield use
    monkeypatch.undo()
    configure(LogSettings())


async def works(call: Call[None, None]) -> Any:
    structlog.get_logger("pegs").info("working", peg=7, key=Secret("tops3cret"))
    logging.getLogger("library").warning("of the standard library: %s", "x")
    return request_id.get()


async def fails(call: Call[None, None]) -> Any:
    revealed = call.request.headers["x-api-key"]
    if revealed:
        raise ZeroDivisionError("on purpose")


def app(**settings: Any) -> Any:
    @hookimpl
    def pegboard_routes(settings: Any) -> Any:
        yield RouteSpec("works", "/works", works, anonymous=True)
        yield RouteSpec("fails", "/fails", fails, anonymous=True)

    plugins = {"pegs": SimpleNamespace(pegboard_routes=pegboard_routes)}
    return create_app(plugins=plugins, settings=settings, environ={}, installed=False)


async def test_json_lines_are_objects_with_the_id_of_their_request(lines: Any) -> None:
    written = lines(format="json")
    async with client(app()) as api:
        answer = await api.get("/works", headers={"X-Request-Id": "from-the-caller"})
    own, foreign = (json.loads(line) for line in written().splitlines())
    assert answer.json() == answer.headers["x-request-id"] == "from-the-caller"
    assert (own["event"], own["level"], own["peg"], own["request_id"]) == ("working", "info", 7, "from-the-caller")
    assert (foreign["event"], foreign["level"]) == ("of the standard library: x", "warning")
    assert foreign["request_id"] == "from-the-caller"
    assert own["timestamp"].endswith("Z")


@pytest.mark.parametrize("kind", ["json", "text"])
async def test_secrets_are_in_no_line_not_even_in_a_trace(lines: Any, kind: str) -> None:
    written = lines(format=kind, level="debug")
    async with client(app()) as api:
        await api.get("/works")
        assert (await api.get("/fails", headers={"X-Api-Key": "tops3cret"})).status_code == 500
    assert "on purpose" in written()
    assert "tops3cret" not in written()


async def test_an_app_within_another_program_writes_no_secret_into_a_trace_either(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nobody has configured anything there, and `rich` is installed."""
    structlog.reset_defaults()
    async with client(app()) as api:
        assert (await api.get("/fails", headers={"X-Api-Key": "tops3cret"})).status_code == 500
    said = capsys.readouterr().out
    assert "on purpose" in said
    assert "tops3cret" not in said


async def test_a_program_that_has_configured_the_log_keeps_what_it_chose(lines: Any) -> None:
    lines()
    chosen = structlog.get_config()["processors"]
    app()
    assert structlog.get_config()["processors"] is chosen


async def test_the_level_is_the_operators(lines: Any) -> None:
    written = lines(level="error")
    async with client(app()) as api:
        await api.get("/works")
    assert written() == ""


@pytest.mark.parametrize("given", ["short", "x" * 200, "with spaces in it", "new\tline-in-it", "ünïcode-id", ""])
async def test_an_id_that_is_not_sane_is_replaced(given: str) -> None:
    async with client(app()) as api:
        answer = await api.get("/works", headers=[(b"x-request-id", given.encode())])
    assert answer.headers["x-request-id"] != given
    assert len(answer.headers["x-request-id"]) >= 8


async def test_every_request_has_an_id_of_its_own() -> None:
    async with client(app()) as api:
        answers = [await api.get(path) for path in ("/works", "/works", "/nowhere")]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 3
    assert answers[0].json() == answers[0].headers["x-request-id"]
    assert request_id.get() == ""


async def test_the_access_log_is_a_line_for_each_request_where_it_is_asked_for() -> None:
    for access in (True, False):
        with structlog.testing.capture_logs() as logs:
            async with client(app(log={"access": access})) as api:
                await api.get("/nowhere?key=tops3cret")
        found = [entry for entry in logs if entry["event"] == "request"]
        assert [(e["method"], e["path"], e["status"]) for e in found] == ([("GET", "/nowhere", 404)] if access else [])


def test_a_folder_has_a_log_for_people_one_for_programs_and_one_of_errors(lines: Any, tmp_path: Any) -> None:
    folder = tmp_path / "logs"
    lines(folder=folder)
    structlog.get_logger("pegs").info("working", peg=7)
    logging.getLogger("library").error("broken")
    people = (folder / "app.log").read_text()
    assert "working" in people
    assert "broken" in people
    told = [json.loads(line) for line in (folder / "app.json.log").read_text().splitlines()]
    assert [(one["event"], one["level"]) for one in told] == [("working", "info"), ("broken", "error")]
    errors = (folder / "errors.log").read_text()
    assert ("broken" in errors, "working" in errors) == (True, False)


def test_a_folder_that_cannot_be_written_to_says_so(lines: Any, tmp_path: Any) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartupError, match=r"\[log\] folder: .* cannot be written to: Not a directory"):
        lines(folder=tmp_path / "file" / "logs")


def test_files_are_rotated_and_no_line_is_lost(lines: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pegboard.log_files.LARGEST", 2000)
    lines(folder=tmp_path)
    for number in range(50):
        logging.getLogger("library").warning("line %d", number)
    found = "".join(path.read_text() for path in sorted(tmp_path.glob("app.log*"), reverse=True))
    assert len(list(tmp_path.glob("app.log*"))) > 1
    assert [f"line {number} " in found or f"line {number}\n" in found for number in range(50)] == [True] * 50
