"""Settings: default < file < environment, strictly, and where each came from."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import attrs
import pytest

from pegboard import Secret, StartupError, hookimpl, setting
from pegboard.board import Board
from pegboard.settings import environment_name


@attrs.frozen
class Nested:
    depth: int = setting(1, help="how deep")


@attrs.frozen
class ShopSettings:
    colours: int = setting(3, help="how many colours", validator=attrs.validators.ge(1))
    paint: Secret = setting(Secret("white"), help="the paint's key", env=("PAINT", "OLD_PAINT"))
    tags: tuple[str, ...] = setting((), help="words")
    open: bool = setting(False, help="whether it is open")
    ratio: float = setting(0.5, help="a share")
    mode: Literal["fast", "slow"] = setting("slow", help="how")
    folder: Path = setting(Path("."), help="where")
    nested: Nested = setting(Nested(), help="")


@hookimpl
def pegboard_settings() -> type:
    return ShopSettings


SHOP = SimpleNamespace(pegboard_settings=pegboard_settings)


def build(file: Path | None = None, given: Any = None, kind: type = ShopSettings, **environ: str) -> Board:
    @hookimpl
    def pegboard_settings() -> type:
        return kind

    plugins = {"paint-shop": SimpleNamespace(pegboard_settings=pegboard_settings)}
    return Board.build(file, settings=given, plugins=plugins, environ=environ, installed=False)


def shop(file: Path | None = None, given: Any = None, **environ: str) -> ShopSettings:
    return build(file, given, **environ).settings.of(ShopSettings)


def source(board: Board, path: str) -> tuple[str, str]:
    [value] = [value for value in board.settings.values if value.path == path]
    return value.shown, value.source


def refused(file: Path | None = None, given: Any = None, **environ: str) -> list[str]:
    with pytest.raises(StartupError) as stopped:
        build(file, given, **environ)
    return str(stopped.value).splitlines()


@pytest.fixture
def toml(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        file = tmp_path / "pegboard.toml"
        file.write_text(text)
        return file

    return write


def test_a_default_is_in_force_until_something_else_is_said(toml: Any) -> None:
    file = toml("[plugins.paint-shop]\ncolours = 5")
    place = "plugins.paint-shop.colours"
    assert source(build(), place) == ("3", "default")
    assert source(build(file), place) == ("5", f"file {file}")
    assert source(build(file, PEGBOARD_PAINT_SHOP__COLOURS="7"), place) == (
        "7",
        "environment PEGBOARD_PAINT_SHOP__COLOURS",
    )


def test_what_the_program_gives_wins_over_the_file_and_not_over_the_environment(toml: Any) -> None:
    file = toml("[plugins.paint-shop]\ncolours = 5\nratio = 1.5\n[plugins.paint-shop.nested]\ndepth = 2")
    given = {"plugins": {"paint-shop": {"colours": 6}}}
    found = shop(file, given)
    assert (found.colours, found.ratio, found.nested.depth) == (6, 1.5, 2)
    assert shop(file, given, PEGBOARD_PAINT_SHOP__COLOURS="7").colours == 7


def test_the_environment_is_read_as_words(tmp_path: Path) -> None:
    found = shop(
        PEGBOARD_PAINT_SHOP__OPEN="yes",
        PEGBOARD_PAINT_SHOP__TAGS="a, b,,c",
        PEGBOARD_PAINT_SHOP__RATIO="1e-3",
        PEGBOARD_PAINT_SHOP__MODE="fast",
        PEGBOARD_PAINT_SHOP__FOLDER=str(tmp_path),
        PEGBOARD_PAINT_SHOP__NESTED__DEPTH="4",
    )
    assert (found.open, found.tags, found.ratio, found.mode) == (True, ("a", "b", "c"), 0.001, "fast")
    assert (found.folder, found.nested.depth) == (tmp_path, 4)


@pytest.mark.parametrize("word", ["0", "false", "NO", " off "])
def test_false_has_its_words(word: str) -> None:
    assert shop(PEGBOARD_PAINT_SHOP__OPEN=word).open is False


def test_an_alias_is_a_further_name_and_the_own_one_wins() -> None:
    assert shop(OLD_PAINT="red").paint == Secret("red")
    assert shop(OLD_PAINT="red", PAINT="blue").paint == Secret("blue")
    assert shop(PAINT="blue", PEGBOARD_PAINT_SHOP__PAINT="green").paint == Secret("green")


@pytest.mark.parametrize("name", ["PEGBOARD_PAINT_SHOP__PAINT_FILE", "PAINT_FILE"])
def test_any_value_may_be_in_a_file_that_a_variable_names(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("green\n")
    board = build(**{name: str(tmp_path / "secret")})
    assert board.settings.of(ShopSettings).paint.reveal() == "green"
    assert source(board, "plugins.paint-shop.paint") == ("***", f"environment {name}")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    [line] = refused(PAINT_FILE=str(tmp_path / "no"))
    assert "plugins.paint-shop.paint: cannot read the file that PAINT_FILE names: No such file" in line


def test_secrets_are_masked_wherever_they_came_from(toml: Any) -> None:
    file = toml('[plugins.paint-shop]\npaint = "tops3cret"')
    board = build(file)
    assert source(board, "plugins.paint-shop.paint") == ("***", f"file {file}")
    for shown in (repr(board.settings), repr(board), str(board.settings.of(ShopSettings)), repr(board.settings.values)):
        assert "tops3cret" not in shown


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("colours = '5'", "plugins.paint-shop.colours: expected an integer, got a string"),
        ("colours = true", "plugins.paint-shop.colours: expected an integer, got a boolean"),
        ("colours = 0", "plugins.paint-shop.colours: "),
        ("open = 'false'", "plugins.paint-shop.open: expected true or false, got a string"),
        ("open = 1", "plugins.paint-shop.open: expected true or false, got a number"),
        ("paint = 7", "plugins.paint-shop.paint: expected a string, got a number"),
        ("tags = 'a'", "plugins.paint-shop.tags: expected a list, got a string"),
        ("tags = ['a', 1]", "plugins.paint-shop.tags.1: expected a string, got a number"),
        ("mode = 'fest'", 'plugins.paint-shop.mode: expected one of fast, slow; got "fest"'),
        ("nested = 3", "plugins.paint-shop.nested: expected a table"),
        ("nested.depht = 3", 'plugins.paint-shop.nested.depht: unknown setting; did you mean "depth"?'),
        ("colors = 5", 'plugins.paint-shop.colors: unknown setting; did you mean "colours"?'),
    ],
)
def test_a_wrong_line_of_the_file_is_told_with_its_path(toml: Any, line: str, words: str) -> None:
    file = toml(f"[plugins.paint-shop]\n{line}")
    [told] = refused(file)
    assert told.startswith(f"{file}: {words}")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PEGBOARD_PAINT_SHOP__COLOURS", "many", "plugins.paint-shop.colours: expected an integer, got 'many'"),
        ("PEGBOARD_PAINT_SHOP__OPEN", "maybe", "plugins.paint-shop.open: expected true or false, got 'maybe'"),
        ("PEGBOARD_PAINT_SHOP__COLORS", "5", 'unknown setting; did you mean "PEGBOARD_PAINT_SHOP__COLOURS"?'),
        ("PEGBOARD_STRIKT", "1", 'unknown setting; did you mean "PEGBOARD_STRICT"?'),
        ("PEGBOARD_LOG__LEVEL", "loud", "log.level: "),
    ],
)
def test_a_wrong_variable_is_told_with_its_name(name: str, value: str, words: str) -> None:
    [told] = refused(**{name: value})
    assert told.startswith(f"environment {name}" if "unknown" not in words else f"environment: {name}")
    assert words in told


def test_all_mistakes_are_told_at_once(toml: Any) -> None:
    file = toml("strikt = true\n[log]\nlevel = 'loud'\n[plugins.paint-shop]\ncolours = 0\nopen = 1")
    assert len(refused(file)) == 2, "the kernel's own come first: they say which plugins to load"
    file = toml("[plugins.paint-shop]\ncolours = 0\nopen = 1\n[plugins.paint-shpo]\n[plugins.other]")
    told = "\n".join(refused(file))
    for words in (
        ".colours",
        ".open",
        'paint-shpo: no such plugin is installed; did you mean "paint-shop"',
        "plugins.other",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = ", "is not valid TOML"),
        ("a = 1\na = 2", "is not valid TOML"),
        ("plugins = 3", "plugins: expected a table"),
    ],
)
def test_a_broken_file_is_one_line(toml: Any, text: str, words: str) -> None:
    file = toml(text)
    [told] = refused(file)
    assert str(file) in told
    assert words in told


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    for told in (refused(tmp_path / "no.toml"), refused(PEGBOARD_CONFIG=str(tmp_path / "no.toml"))):
        assert told == [f"settings: cannot read {tmp_path / 'no.toml'}: No such file or directory"]


def test_the_file_may_be_named_by_the_environment(toml: Any) -> None:
    file = toml("[plugins.paint-shop]\ncolours = 5")
    assert shop(PEGBOARD_CONFIG=str(file)).colours == 5


def test_what_is_given_may_replace_a_wrong_part_of_the_file(toml: Any) -> None:
    assert build(toml("log = 3"), {"log": {"level": "debug"}}).settings.kernel.log.level == "debug"


def test_a_setting_without_a_default_must_be_set() -> None:
    @attrs.frozen
    class Strict:
        key: Secret = setting(help="the key")

    with pytest.raises(StartupError, match=r"plugins\.paint-shop\.key: must be set .*PEGBOARD_PAINT_SHOP__KEY"):
        build(kind=Strict)
    assert build(kind=Strict, PEGBOARD_PAINT_SHOP__KEY="k").settings.of(Strict).key == Secret("k")


def test_settings_of_a_disabled_plugin_stay_where_they_are(toml: Any) -> None:
    file = toml("disable = ['paint-shop']\n[plugins.paint-shop]\ncolours = 'many'")
    board = build(file, PEGBOARD_PAINT_SHOP__COLOURS="x")
    assert board.loader.plugins["paint-shop"].state == "disabled"
    with pytest.raises(LookupError, match="no active plugin declares the settings ShopSettings"):
        board.settings.of(ShopSettings)


def test_variables_of_tests_and_benchmarks_are_nobodys() -> None:
    assert build(PEGBOARD_TEST_POSTGRES="x", PEGBOARD_BENCH_SECONDS="1", OTHER="y").settings.kernel.strict is False


def test_names_in_the_environment() -> None:
    assert environment_name("auth.inbound") == "PEGBOARD_AUTH__INBOUND"
    assert environment_name("plugins.paint-shop.nested.depth") == "PEGBOARD_PAINT_SHOP__NESTED__DEPTH"


def test_every_setting_has_its_meaning() -> None:
    assert [value.path for value in build().settings.values if not value.help] == []
