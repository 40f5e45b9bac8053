"""``pegboard records types``: made of files, listed, and refused with the reason."""

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner, Result

import pegboard_records
import pegboard_store
from pegboard.board import Board
from pegboard.cli import Session, cli
from pegboard.logs import configure
from pegboard.settings import LogSettings
from pegboard_store.testing import store_section

Run = Callable[..., Result]
SALE = {"id": "c_sale", "displayName": "Sale", "fields": [{"name": "amount", "type": "number"}], "strict": True}


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
def types(quiet: None, tmp_path: Path) -> Run:
    """Runs ``pegboard records types`` with the arguments; ``given`` becomes a file, which is the last of them."""
    store = store_section(f"sqlite:///{tmp_path}/records.db")
    settings = {"data": str(tmp_path), "log": {"level": "error"}, "plugins": {"store": store}}
    plugins = {"records": pegboard_records, "store": pegboard_store}

    def run(*arguments: str, given: Any = None, code: int = 0) -> Result:
        session = Session()
        session._board = Board.build(settings=settings, plugins=plugins, environ={}, installed=False)
        file = tmp_path / "types.json"
        file.write_text(given if isinstance(given, str) else json.dumps(given))
        command = ["records", "types", *arguments, *([str(file)] if given is not None else [])]
        result = CliRunner().invoke(cli, command, obj=session)
        assert result.exit_code == code, (result.output, result.exception)
        return result

    return run


def test_types_are_made_of_a_file_and_listed_for_their_tenant(types: Run) -> None:
    assert types("create", "--tenant", "acme", given=SALE).stdout == "c_sale\n"
    assert types("create", "--tenant", "acme", given=[{"id": "a"}, {"id": "b"}]).stdout == "a\nb\n"
    listed = types("list", "--tenant", "acme").stdout.splitlines()
    assert listed == ["a\t0 records\tno fields", "b\t0 records\tno fields", "c_sale\t0 records\tamount (number)"]
    assert types("list").stdout == ""


def test_what_is_listed_as_json_makes_the_same_types_elsewhere(types: Run) -> None:
    types("create", given=[SALE, {"id": "a"}])
    found = json.loads(types("list", "--json").stdout)
    types("create", "--tenant", "other", given=found)
    again = json.loads(types("list", "--json", "--tenant", "other").stdout)
    own = ("id", "displayName", "description", "fields", "strict", "revision")
    assert [[one[name] for name in own] for one in again] == [[one[name] for name in own] for one in found]
    assert found[1]["fields"][0]["type"] == "number"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("{", "it is no JSON"),
        ([{"id": "good"}, {"id": "1 bad"}], "id"),
        ({"id": "x", "fields": [{"name": "n", "type": "numeric"}]}, "numeric"),
        (7, "shard type"),
        (SALE | {"colour": "red"}, "colour"),
    ],
)
def test_what_is_no_type_is_refused_and_nothing_is_made(types: Run, given: Any, told: str) -> None:
    refused = types("create", given=given, code=1)
    assert told in refused.output + str(refused.exception)
    assert types("list").stdout == ""


def test_a_type_that_is_there_is_refused(types: Run) -> None:
    types("create", given=SALE)
    refused = types("create", given=SALE, code=1)
    assert 'there is a shard type "c_sale" already' in str(refused.exception)
