"""`scripts.toml` against the scripts: nothing is declared that they do not take, and they take nothing else."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import pegboard_catalog_scripts
from pegboard_catalog_scripts import InputError, Parameter, make_parser, parse, read_manifest, scripts

PACKAGE = Path(pegboard_catalog_scripts.__file__).parent
NAMES = (
    "ftp_download",
    "filter_products",
    "create_metafields",
    "categorize_products",
    "shopify_upload",
    "cleanup_duplicates",
    "full_import",
)
SHARED = ("admin", "ftp", "sifting", "program", "shop_images", "sending")
DECLARED = [(script.name, parameter.name) for script in scripts().values() for parameter in script.parameters]
EXAMPLES = {"api_version": "2026-07", "shop": "my-shop.myshopify.com", "location_id": "123", "host": "ftp.example.com"}


def example(parameter: Parameter, folder: Path) -> str:
    """A value that the declaration allows."""
    if parameter.type == "file":
        path = folder / f"{parameter.name}{parameter.extensions[0]}"
        path.touch()
        return str(path)
    if parameter.type in ("int", "float"):
        return str(int(parameter.min or 0))
    if parameter.type in ("choice", "multi-choice"):
        return parameter.choices[-1]
    return {"date": "2026-03-31", "string": EXAMPLES.get(parameter.name, "name")}[parameter.type]


def required(name: str, folder: Path) -> list[str]:
    return [f"{one.flag}={example(one, folder)}" for one in scripts()[name].parameters if one.required]


def test_the_seven_scripts_are_there_and_say_how_they_are_called():
    assert tuple(scripts()) == NAMES
    for name, script in scripts().items():
        assert script.argv == ("{python}", "-m", f"pegboard_catalog_scripts.{name}")
        assert callable(importlib.import_module(script.argv[-1]).run)


def test_each_category_is_one_of_the_registry():
    found = {script.category for script in scripts().values()}
    assert found == {"data_import", "data_processing", "shopify", "maintenance", "workflow"}


@pytest.mark.parametrize(("name", "parameter"), DECLARED)
def test_a_declared_parameter_is_accepted_and_its_bounds_are_kept(tmp_path, name, parameter):
    script, given = scripts()[name], scripts()[name].parameter(parameter)
    argv = [one for one in required(name, tmp_path) if not one.startswith(f"{given.flag}=")]
    if given.type == "boolean":
        assert getattr(parse(script, [*argv, given.flag], {}), parameter) is True
        assert getattr(parse(script, [*argv, given.flag.replace("--", "--no-", 1)], {}), parameter) is False
        return
    value = getattr(parse(script, [*argv, f"{given.flag}={example(given, tmp_path)}"], {}), parameter)
    assert value is not None
    for wrong in wrong_values(given):
        with pytest.raises(InputError, match=given.flag):
            parse(script, [*argv, f"{given.flag}={wrong}"], {})


def wrong_values(parameter: Parameter) -> list[str]:
    found = {"int": ["x", "1.5"], "float": ["x", "inf"], "date": ["31.3.2026"], "choice": ["x"], "multi-choice": ["x"]}
    wrong = list(found.get(parameter.type, ()))
    if parameter.min is not None:
        wrong.append(str(int(parameter.min) - 1))
    if parameter.max is not None:
        wrong.append(str(int(parameter.max) + 1))
    if parameter.max_length is not None:
        wrong.append("a" * (parameter.max_length + 1))
    if parameter.regex is not None:
        wrong += ["\x01", "a/../b\x00"]
    if parameter.type == "file":
        wrong += ["absent" + parameter.extensions[0], "script.sh"]
    return wrong


@pytest.mark.parametrize("name", NAMES)
def test_the_parser_takes_nothing_that_is_not_declared(name):
    taken = {action.dest for action in make_parser(scripts()[name])._actions} - {"help"}
    assert taken == {parameter.name for parameter in scripts()[name].parameters}


@pytest.mark.parametrize("name", NAMES)
def test_what_a_script_reads_is_declared(name):
    own = options_read(PACKAGE / f"{name}.py")
    assert own <= {parameter.name for parameter in scripts()[name].parameters}


def test_what_is_declared_is_read_somewhere():
    read = {name for module in (*NAMES, *SHARED) for name in options_read(PACKAGE / f"{module}.py")}
    read |= {step.skip for step in importlib.import_module("pegboard_catalog_scripts.full_import").STEPS}
    assert {parameter for _, parameter in DECLARED} - read == set()


def options_read(path: Path) -> set[str]:
    """The attributes of `options` that a module reads."""
    tree = ast.parse(path.read_text())
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).split(".")[-1] == "options"
    }


@pytest.mark.parametrize("name", NAMES)
def test_no_secret_is_a_parameter(name):
    script = scripts()[name]
    flags = {parameter.flag for parameter in script.parameters}
    assert not {f"--{secret.variable.lower().replace('_', '-')}" for secret in script.secrets} & flags
    assert all(parameter.type != "secret" or parameter.passed != "argument" for parameter in script.parameters)


def test_a_workflow_gives_each_parameter_the_meaning_that_its_step_gives_it():
    workflow = scripts()["full_import"]
    for name in NAMES[:-1]:
        for parameter in scripts()[name].parameters:
            same = workflow.parameter(parameter.name)
            if same is not None and parameter.name not in ("dry_run", "force"):
                assert (same.type, same.default, same.choices) == (parameter.type, parameter.default, parameter.choices)


def test_what_touches_the_shop_is_a_dry_run_unless_told():
    for name in ("shopify_upload", "cleanup_duplicates", "full_import"):
        assert scripts()[name].parameter("dry_run").default is True
    assert scripts()["shopify_upload"].parameter("batch_size").default == 50


def test_help_is_the_manifest():
    command = [sys.executable, "-m", "pegboard_catalog_scripts.shopify_upload", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert all(parameter.flag in done.stdout for parameter in scripts()["shopify_upload"].parameters)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('type = "text"', "x: parameter a: 'type' must be in"),
        ('type = "string"\npass = "shell"', "x: parameter a: 'passed' must be in"),
        ('type = "string"\ncolour = 1', "x: parameter a: .*unexpected keyword argument 'colour'"),
    ],
)
def test_a_wrong_manifest_is_named(change, words):
    with pytest.raises(InputError, match=words):
        read_manifest(f'[[script]]\nname = "x"\n[[script.parameters]]\nname = "a"\ndescription = "d"\n{change}\n')


def test_a_parameter_may_come_from_the_environment():
    text = """
[[script]]
name = "x"
display_name = "X"
description = "x"
category = "maintenance"
argv = ["{python}"]
estimated_duration = 1
parameters = [
    { name = "key", type = "secret", pass = "environment", required = true, max_length = 5, description = "the key" },
]
"""
    (script,) = read_manifest(text)
    assert parse(script, [], {"KEY": "abc"}).key == "abc"
    with pytest.raises(InputError, match="the environment variable KEY is missing"):
        parse(script, [], {})
    with pytest.raises(InputError, match="KEY: has 6 characters") as refused:
        parse(script, [], {"KEY": "abcdef"})
    assert "abcdef" not in str(refused.value)
    with pytest.raises(InputError, match="--key"):
        parse(script, ["--key=abc"], {})
