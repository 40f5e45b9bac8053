"""The rules of the repository, kept: one test each, over the tree as it is."""

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from workspace import api, features, files, hookpages, imports, layout
from workspace.tree import ROOT

Rule = Callable[[Path], list[str]]

RULES: tuple[Rule, ...] = (
    features.kernel_names_no_feature,
    imports.plugins_meet_at_the_door,
    imports.nothing_leans_on_contrib,
    imports.graph_has_no_circle,
    imports.imports_are_declared,
    imports.declarations_are_used,
    layout.names_agree,
    layout.parts_are_there,
    layout.packages_open_with_names,
    files.requirements_name_each,
    files.constraints_pin_everything,
    files.nothing_tells_of_a_machine,
    files.locks_hold_no_address,
    hookpages.hooks_have_pages,
    hookpages.hooks_have_tests,
    hookpages.hooks_have_plugins,
    api.snapshot_is_current,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_tree_keeps(rule: Rule) -> None:
    breaches = rule(ROOT)
    assert not breaches, "\n".join([str(rule.__doc__), *breaches])


def test_continuous_integration_runs_what_the_readme_says() -> None:
    command = "python -m pip install tox && tox"
    assert f"{command}\n" in (ROOT / ".ci/run").read_text()
    assert f"{command}\n" in (ROOT / "README.md").read_text()


def test_no_environment_of_tox_forgets_the_versions() -> None:
    config = (ROOT / "tox.ini").read_text()
    wanted = ["-r tests/requirements.txt", "-c tests/constraints.txt"]
    assert all(line in config for line in wanted)
    assert config.count("deps =") == config.count("-c tests/constraints.txt")
    assert shlex.split(config.partition("env_list = ")[2].splitlines()[0]) == ["py"]
