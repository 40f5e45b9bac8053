"""Points and registries: a plugin opens a hook of its own, others implement it."""

from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from pegboard import AuthProvider, Paginator, Point, Registries, Transform, hookimpl
from pegboard.board import Board
from pegboard.problems import MissingService
from pegboard.registry import Conflict, Registry


@attrs.frozen
class Mailer:
    name: str
    summary: str = ""


@hookimpl
def pegboard_points(settings: Any) -> Any:
    return Point("mailer", "Ways to send mail", hook="pegboard_mailers", record=Mailer)


def brings(*records: Any) -> Any:
    @hookimpl
    def pegboard_mailers(settings: Any) -> Any:
        yield from records

    return SimpleNamespace(pegboard_mailers=pegboard_mailers)


OPENER = SimpleNamespace(pegboard_points=pegboard_points)
ANOTHER = SimpleNamespace(pegboard_points=pegboard_points, another=True)  # pluggy takes equal ones for one


def build(**plugins: Any) -> Board:
    return Board.build(plugins=plugins, environ={}, installed=False)


@pytest.mark.parametrize(("opener", "other"), [("a", "b"), ("b", "a")])
def test_a_plugin_implements_the_hook_that_another_opens_whoever_comes_first(opener: str, other: str) -> None:
    board = build(**{opener: OPENER, other: brings(Mailer("smtp"))})
    found = board.services.get(Registries)[Mailer]
    assert [(mailer.name, found.owner(mailer.name)) for mailer in found] == [("smtp", other)]


def test_a_hook_that_nobody_opens_is_a_mistake_of_who_implements_it() -> None:
    plugin = build(lonely=brings(Mailer("smtp"))).loader.plugins["lonely"]
    assert (plugin.state, plugin.phase) == ("quarantined", "register")
    assert "pegboard_mailers, which nothing opens" in plugin.reason


def test_a_misspelt_hook_of_a_point_is_told_with_the_nearest() -> None:
    @hookimpl
    def pegboard_mailer(settings: Any) -> Any: ...

    plugin = build(opener=OPENER, other=SimpleNamespace(pegboard_mailer=pegboard_mailer)).loader.plugins["other"]
    assert 'did you mean "pegboard_mailers"' in plugin.reason


def test_another_record_than_the_points_is_refused() -> None:
    plugin = build(opener=OPENER, other=brings("smtp")).loader.plugins["other"]
    assert (plugin.phase, plugin.reason) == (
        "collect",
        "TypeError: pegboard_mailers brought 'smtp', which is no Mailer",
    )


def test_a_point_opens_once() -> None:
    board = build(a=OPENER, b=ANOTHER, c=brings(Mailer("smtp")))
    assert board.loader.plugins["b"].phase == "collect"
    assert "Mailer has a registry already" in board.loader.plugins["b"].reason
    assert board.registries[Mailer].names() == ["smtp"]


@pytest.mark.parametrize("hook", ["mailers", "pegboard mailers", "pegboard_mailers()"])
def test_a_hook_needs_a_name_of_pegboards(hook: str) -> None:
    with pytest.raises(ValueError, match='must be an identifier like "pegboard_things"'):
        Point("mailer", "Mail", hook=hook, record=Mailer)


def test_what_is_missing_is_a_503_that_names_the_nearest() -> None:
    registry: Registry[Mailer] = Registry("mailer")
    registry.add(Mailer("smtp"), "post")
    with pytest.raises(MissingService) as missing:
        registry.get("smpt")
    assert (missing.value.status, missing.value.code) == (503, "provider-missing")
    assert missing.value.detail == 'mailer "smpt" is not available: no plugin brings it; did you mean "smtp"?'


def test_a_registry_knows_its_records_and_their_owners() -> None:
    registry: Registry[Mailer] = Registry("mailer")
    registry.add(Mailer("smtp"), "post")
    registry.add(Mailer("log"), "tests")
    assert ("smtp" in registry, "x" in registry, len(registry), registry.names()) == (True, False, 2, ["smtp", "log"])
    with pytest.raises(Conflict, match='mailer "log" of plugin "b" is also in plugin "tests"'):
        registry.add(Mailer("log"), "b")
    registry.discard("post")
    assert registry.names() == ["log"]


def test_a_name_may_be_one_record_for_callers_and_another_for_outgoing_requests() -> None:
    def inbound(config: Any, services: Any) -> Any: ...

    def outbound(config: Any, context: Any) -> Any: ...

    registry: Registry[AuthProvider] = Registry("auth provider")
    ours, theirs = AuthProvider("bearer", "In", inbound=inbound), AuthProvider("bearer", "Out", outbound=outbound)
    both = AuthProvider("key", "Both", inbound=inbound, outbound=outbound)
    for record, owner in ((ours, "a"), (theirs, "b"), (both, "c")):
        registry.add(record, owner)
    assert (registry.get("bearer", "inbound"), registry.get("bearer", "outbound")) == (ours, theirs)
    assert registry.get("key") is registry.get("key", "inbound") is registry.get("key", "outbound") is both
    assert (list(registry), len(registry), registry.names()) == ([ours, theirs, both], 3, ["bearer", "key"])
    for taken in (theirs, AuthProvider("bearer", "Both", inbound=inbound, outbound=outbound)):
        with pytest.raises(Conflict, match='auth provider "bearer" of plugin "d"'):
            registry.add(taken, "d")
    registry.discard("b")
    with pytest.raises(MissingService, match=r'auth provider "bearer" is not available.*did you mean|known are key'):
        registry.get("bearer", "outbound")
    assert registry.get("bearer", "inbound") is ours


def test_the_registry_of_a_type_that_nobody_opened_is_missing() -> None:
    registries = build().services.get(Registries)
    assert registries[Transform].names() == registries[Paginator].names() == []
    with pytest.raises(MissingService, match="the registry of Mailer"):
        registries[Mailer]
