"""What is done is told to the service that audits, where a plugin offers one, and only there."""

from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from pegboard import (
    AuditEvent,
    Auditor,
    Call,
    Principal,
    RouteSpec,
    create_app,
    hookimpl,
    record_event,
)
from pegboard.cli import operator
from pegboard.testing import caller, callers, client

pytestmark = pytest.mark.anyio

ANN = caller("pegs:write", id="ann", tenant="acme")


@attrs.define
class Ledger:
    """The service of another plugin: keeps all that it is told, or refuses to."""

    refuses: bool = False
    told: list[tuple[Any, ...]] = attrs.field(factory=list)

    async def record(self, event: Any, *, principal: Any, request: Any = None, transaction: Any = None) -> None:
        if self.refuses:
            raise OSError("the ledger is full")
        self.told.append((event, principal.id, principal.tenant, request.url.path, transaction))


async def hang(call: Call[None, None]) -> str:
    event = AuditEvent("pegs.hang", "peg", "peg_1", after={"colour": "red"})
    await record_event(call.services, event, principal=call.caller, request=call.request, transaction="mine")
    return "done"


def board(*ledgers: Ledger) -> Any:
    """An app with a route that tells of what it does, and the plugin that these ledgers are of."""

    @hookimpl
    def pegboard_routes(settings: Any) -> RouteSpec:
        return RouteSpec("pegs.hang", "/pegs", hang, methods=("POST",), scopes=("pegs:write",))

    @hookimpl
    def pegboard_services(registry: Any, settings: Any) -> None:
        for ledger in ledgers:
            registry.offer(Auditor, lambda services, ledger=ledger: ledger)

    plugins = {"pegs": SimpleNamespace(pegboard_routes=pegboard_routes), "callers": callers}
    plugins["ledger"] = SimpleNamespace(pegboard_services=pegboard_services)
    return create_app(plugins=plugins, installed=False, environ={})


async def test_an_auditor_is_told_who_did_what_by_which_request_and_in_which_transaction() -> None:
    ledger = Ledger()
    async with client(board(ledger)) as api:
        assert (await api.post("/pegs", headers=ANN)).json() == "done"
    event = AuditEvent("pegs.hang", "peg", "peg_1", None, {"colour": "red"}, "success", "")
    assert ledger.told == [(event, "ann", "acme", "/pegs", "mine")]


async def test_without_an_auditor_nothing_is_told_and_nothing_is_missing() -> None:
    async with client(board()) as api:
        assert (await api.post("/pegs", headers=ANN)).json() == "done"


async def test_what_an_auditor_cannot_keep_is_not_done() -> None:
    async with client(board(Ledger(refuses=True))) as api:
        assert (await api.post("/pegs", headers=ANN)).status_code == 500


def test_an_event_shows_nothing_of_the_object_in_its_repr() -> None:
    shown = repr(AuditEvent("pegs.hang", "peg", "peg_1", {"nail": "rusty-17"}, {"nail": "shiny-18"}))
    assert "peg_1" in shown
    assert "rusty-17" not in shown
    assert "shiny-18" not in shown


@pytest.mark.parametrize("wrong", [{"action": "Hang it"}, {"action": "pegs.hang", "outcome": "perhaps"}])
def test_an_event_has_a_name_and_an_outcome_that_one_can_search_for(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"action|outcome"):
        AuditEvent(**wrong)


def test_on_the_command_line_it_is_the_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    assert operator("acme") == Principal("operator", "acme", username="ada")
