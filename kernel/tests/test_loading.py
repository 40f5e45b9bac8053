"""Loading: what is broken is quarantined with its phase, its reason and the way out, and stops nobody else."""

from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from pegboard import StartupError, Transform, hookimpl
from pegboard.board import Board
from pegboard.plugins import Plugin

GOOD = """
    @hookimpl
    def pegboard_transforms(settings):
        yield Transform("upper", "Capital letters", compile=lambda config, context: lambda value, record: value.upper())
"""


def check(plugin: Plugin, phase: str, *words: str) -> None:
    """A quarantine that names the plugin, the phase, the reason and the way out in one line."""
    line = plugin.line()
    assert (plugin.state, plugin.phase) == ("quarantined", phase), line
    for word in (f'plugin "{plugin.name}"', f"in phase {phase}", *words, f"PEGBOARD_DISABLE={plugin.name}"):
        assert word in line
    assert "\n" not in line


def test_an_installed_plugin_is_loaded_and_described_from_its_metadata(site: Any) -> None:
    site.add("good", GOOD, version="2.1")
    board = site.board()
    plugin = board.loader.plugins["good"]
    assert (plugin.state, plugin.version, plugin.distribution) == ("active", "2.1", "pegboard-good")
    assert (plugin.summary, plugin.hooks) == ("The good of the tests", ("pegboard_transforms",))
    assert board.registries[Transform].owner("upper") == "good"


@pytest.mark.parametrize(
    ("broken", "phase", "words"),
    [
        ("import no_such_module_at_all", "import", ("ModuleNotFoundError", "no_such_module_at_all")),
        ("1 / 0", "import", ("ZeroDivisionError",)),
        ("def x(:", "import", ("SyntaxError",)),
        ("raise SystemExit(7)", "import", ("SystemExit", "7")),
        (
            "@hookimpl\ndef pegboard_transfroms(settings): ...",
            "register",
            ("pegboard_transfroms", 'did you mean "pegboard_transforms"'),
        ),
        (
            "@hookimpl(tryfirst=True)\ndef pegboard_transforms(settings): ...",
            "register",
            ("pegboard_transforms", "tryfirst", "the order is the operator's"),
        ),
        (
            "@hookimpl(wrapper=True)\ndef pegboard_transforms(settings):\n    return (yield)",
            "register",
            ("pegboard_transforms", "wrapper"),
        ),
        (
            "@hookimpl\ndef pegboard_transforms(settings, registry): ...",
            "register",
            ("pegboard_transforms", "registry"),
        ),
        ("@hookimpl\ndef pegboard_settings():\n    raise LookupError('gone')", "settings", ("LookupError: gone",)),
        ("@hookimpl\ndef pegboard_settings():\n    return dict", "settings", ("no attrs class",)),
        ("@hookimpl\ndef pegboard_routes(settings):\n    raise LookupError('gone')", "collect", ("LookupError: gone",)),
        ("@hookimpl\ndef pegboard_transforms(settings):\n    yield 'upper'", "collect", ("'upper'", "no Transform")),
        ("@hookimpl\ndef pegboard_points(settings):\n    raise LookupError('gone')", "collect", ("LookupError",)),
        ("@hookimpl\ndef pegboard_services(registry, settings):\n    raise SystemExit(1)", "collect", ("SystemExit",)),
    ],
)
def test_a_broken_plugin_is_quarantined_and_the_others_work(
    site: Any, broken: str, phase: str, words: tuple[str, ...]
) -> None:
    site.add("bad", broken)
    site.add("good", GOOD)
    board = site.board()
    check(board.loader.plugins["bad"], phase, *words)
    assert board.loader.plugins["good"].state == "active"
    assert board.registries[Transform].names() == ["upper"]


def test_two_plugins_of_one_name_name_both_distributions(site: Any) -> None:
    site.add("twin", GOOD, distribution="pegboard-twin")
    site.add("twin", GOOD, distribution="acme-twin")
    check(site.state("twin"), "find", "acme-twin", "pegboard-twin", "uninstall one")


@pytest.mark.parametrize(
    ("requirement", "words"),
    [
        ("no-such-distribution>=2", ("no-such-distribution>=2", "not installed", "pip install no-such-distribution")),
        ("pluggy>=99", ("pluggy>=99", "is installed", "pip install 'pluggy>=99'")),
        ("pegboard>=99", ("pegboard>=99",)),
    ],
)
def test_an_unmet_requirement_is_found_before_anything_is_imported(
    site: Any, requirement: str, words: tuple[str, ...]
) -> None:
    site.add("bad", "raise AssertionError('it was imported')", requires=(requirement,))
    check(site.state("bad"), "find", *words)


def test_requirements_of_extras_and_other_platforms_do_not_count(site: Any) -> None:
    wants = (
        "no-such-one; extra == 'more'",
        "no-such-two; sys_platform == 'plan9'",
        "pluggy>=1",
        "pegboard-other; extra == 'x'",
    )
    site.add("good", GOOD, requires=wants)
    assert site.state("good").state == "active"


def test_a_plugin_for_another_hook_api_says_so(site: Any) -> None:
    site.add("future", "raise AssertionError('it was imported')", group="pegboard.plugin.v2")
    check(site.state("future"), "find", "v2", "v1")


def test_the_plugins_that_one_needs_are_known(site: Any) -> None:
    site.add("base", GOOD)
    site.add("top", "", requires=("pegboard-base>=1", "pluggy"))
    assert site.state("top").requires == ("base",)


def test_a_disabled_plugin_is_not_even_imported(site: Any) -> None:
    site.add("bad", "raise AssertionError('it was imported')")
    assert site.state("bad", disable="bad").state == "disabled"


def test_strict_stops_with_a_line_for_each(site: Any) -> None:
    site.add("bad", "1 / 0")
    site.add("worse", "raise SystemExit(1)")
    with pytest.raises(StartupError) as stopped:
        site.board(strict="1")
    lines = str(stopped.value).splitlines()
    assert [line.split('"')[1] for line in lines] == ["bad", "worse"]
    assert all("PEGBOARD_DISABLE=" in line for line in lines)


def test_what_is_required_must_work(site: Any) -> None:
    site.add("bad", "1 / 0")
    site.add("good", GOOD)
    assert site.state("good", required="good").state == "active"
    with pytest.raises(StartupError, match='"bad" failed in phase import: ZeroDivisionError'):
        site.board(required="good,bad")
    with pytest.raises(StartupError, match='"good" is disabled'):
        site.board(required="good", disable="good")


@pytest.mark.parametrize("field", ["required", "disable"])
def test_a_name_that_is_not_installed_is_told_with_the_nearest(site: Any, field: str) -> None:
    site.add("good", GOOD)
    with pytest.raises(StartupError, match=f'{field}: plugin "goood" is not installed; did you mean "good"'):
        site.board(**{field: "goood"})


def plugins(**made: Any) -> dict[str, Any]:
    """Plugins as objects; each is given as its hooks."""
    return {name: SimpleNamespace(**{hook.__name__: hook for hook in hooks}) for name, hooks in made.items()}


def build(**made: Any) -> Board:
    return Board.build(plugins=plugins(**made), environ={}, installed=False)


def transforms(*names: str) -> Any:
    @hookimpl
    def pegboard_transforms(settings: Any) -> Any:
        return [Transform(name, "Same", compile=lambda c, x: lambda value, record: value) for name in names]

    return pegboard_transforms


def test_a_name_that_is_taken_names_both(site: Any) -> None:
    board = build(first=[transforms("same")], second=[transforms("other", "same")])
    check(board.loader.plugins["second"], "collect", 'transform "same"', 'plugin "second"', 'plugin "first"')
    assert board.registries[Transform].names() == ["same"], "what a quarantined plugin brought before is left"


def test_a_hook_may_return_one_several_or_nothing() -> None:
    one = Transform("one", "Same", compile=lambda c, x: lambda value, record: value)

    @hookimpl
    def pegboard_transforms(settings: Any) -> Any:
        return one

    @hookimpl
    def pegboard_paginators(settings: Any) -> None:
        return None

    board = build(single=[pegboard_transforms, pegboard_paginators], several=[transforms("a", "b")])
    assert sorted(board.registries[Transform].names()) == ["a", "b", "one"]


def test_hooks_are_called_in_the_order_of_names() -> None:
    board = build(zebra=[transforms("z")], ant=[transforms("a")], mole=[transforms("m")])
    assert board.registries[Transform].names() == ["a", "m", "z"]


def test_a_record_with_a_bad_name_says_what_a_name_is() -> None:
    board = build(bad=[transforms("No Such Name")])
    check(board.loader.plugins["bad"], "collect", "'No Such Name'", "lower-case letters and digits")


@attrs.frozen
class Empty:
    """An attrs instance is one record, although it is iterable."""

    def __iter__(self) -> Any:
        return iter(())


def test_an_iterable_record_is_still_one() -> None:
    @hookimpl
    def pegboard_transforms(settings: Any) -> Any:
        return Empty()

    check(build(bad=[pegboard_transforms]).loader.plugins["bad"], "collect", "Empty", "no Transform")
