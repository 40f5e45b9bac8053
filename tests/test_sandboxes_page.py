"""``docs/sandboxes.md`` has every limit, setting, level and capability, each as the sources have it."""

import re
from collections.abc import Iterator

import attrs
import pytest

from pegboard import Capability, Isolation, Limits, SandboxProvider, create_app
from pegboard_sandbox_process import ProcessSettings
from pegboard_sandbox_restricted import RestrictedSettings
from workspace.tree import ROOT

PAGE = (ROOT / "docs/sandboxes.md").read_text()
ERRORS = (ROOT / "docs/errors.md").read_text()
UNITS = {"s": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "frames": 1, "loops": 1}


PLAIN = re.compile(r"true|[\d,]+( (s|KiB|MiB|GiB))?")
"""A default that is a value, and not words."""

ELSEWHERE = {"allow_weak_isolation", "max_level", "cgroup", "imports"}
"""Settings of isolation, and of programs: not for tuning."""


def section(heading: str) -> str:
    """The text below a heading, up to the next of its rank."""
    rank = heading.split()[0]
    (found,) = re.findall(rf"^{re.escape(heading)}$(.*?)(?=^#{{1,{len(rank)}}} |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def rows(text: str) -> Iterator[list[str]]:
    """The cells of all rows whose first cell is code, or several."""
    for line in text.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def number(text: str) -> float:
    """``64 KiB``, ``100,000``, ``5 s`` and ``true``."""
    if text == "true":
        return 1
    count, _, unit = text.replace(",", "").partition(" ")
    return float(count) * UNITS.get(unit, 1)


def test_every_limit_has_a_row_with_its_default() -> None:
    listed = {row[0].strip("`"): row[1] for row in rows(section("## Limits"))}
    defaults = attrs.asdict(Limits())
    assert listed.keys() == defaults.keys()
    assert listed.pop("cpu") == "that of `wall`"
    assert {name: number(text) for name, text in listed.items()} == {name: defaults[name] for name in listed}


def test_the_operators_maximum_of_each_limit_is_named() -> None:
    named = set(re.findall(r"`(max_\w+)`", section("## Limits")))
    assert named == {field.name for field in attrs.fields(ProcessSettings) if field.name.startswith("max_")} - {
        "max_level"
    }


def test_what_an_endpoint_answers_is_on_the_page_of_errors() -> None:
    told = set(re.findall(r"(?:[45]\d\d) `([A-Z_]+|[a-z-]+)`", PAGE))
    assert {"TIMEOUT_ERROR", "SANDBOX_BUSY", "limit-not-held"} <= told, "the search has lost what it is for"
    assert [code for code in sorted(told) if f"`{code}`" not in ERRORS] == []


@pytest.mark.parametrize("settings", [ProcessSettings, RestrictedSettings])
def test_every_setting_for_tuning_has_a_row(settings: type) -> None:
    listed = {row[0].strip("`") for row in rows(section("## Tuning"))}
    assert {field.name for field in attrs.fields(settings)} - ELSEWHERE <= listed


def test_the_other_settings_are_told_of() -> None:
    text = PAGE + (ROOT / "docs/isolation.md").read_text()
    assert [name for name in sorted(ELSEWHERE) if name not in text] == []


def test_the_defaults_of_settings_are_those_of_the_sources() -> None:
    sources = {**attrs.asdict(ProcessSettings()), **attrs.asdict(RestrictedSettings())}
    told = {row[0].strip("`"): number(row[1]) for row in rows(section("## Tuning")) if PLAIN.fullmatch(row[1])}
    assert len(told) >= 12, "the search has lost what it is for"
    assert told == {name: sources[name] for name in told}


def test_each_level_has_a_row() -> None:
    listed = re.findall(r"^\| (L\d) \|", section("## What each level holds"), re.MULTILINE)
    assert listed == [level.name for level in sorted(Isolation, reverse=True) if level is not Isolation.NONE]


def test_the_capabilities_are_those_that_sandboxes_declare() -> None:
    (head, table) = re.findall(r"^\| capability (.*?)\n\|---.*?\n(.*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)[0]
    names = re.findall(r"`(\w+)`", head)
    told = {row[0].split("`")[1]: dict(zip(names, row[1:], strict=True)) for row in rows(table)}
    assert told.keys() == {str(capability) for capability in Capability}
    providers = create_app(environ={}).state.board.registries[SandboxProvider]
    assert {"restricted", "process"} <= {provider.name for provider in providers} <= set(names)
    for provider in providers:
        declared = {name for name, answers in told.items() if answers[provider.name] == "yes"}
        assert declared == {str(capability) for capability in provider.capabilities}
