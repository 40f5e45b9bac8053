"""Parameters: what is taken, what is refused and in which words, and how it gets to the script."""

import datetime
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pegboard import Problem, Secret
from pegboard_scripts.argv import invocation
from pegboard_scripts.manifests import ManifestError, read_annotated, read_manifest
from pegboard_scripts.names import FileName, file_name, open_beneath, safe_base
from pegboard_scripts.specs import Parameter, Script, Variable
from pegboard_scripts.values import Given, read_values, value_of

EVERY = """
[[script]]
name = "every_kind"
argv = ["{python}", "every.py"]
category = "data_processing"

[[script.parameters]]
name = "title"
required = true
max_length = 10
regex = "[a-z]+"

[[script.parameters]]
name = "count"
type = "int"
default = 5
min = 1
max = 9

[[script.parameters]]
name = "ratio"
type = "float"
min = 0.5

[[script.parameters]]
name = "dry_run"
type = "boolean"
default = true

[[script.parameters]]
name = "size"
type = "choice"
choices = ["small", "large"]

[[script.parameters]]
name = "colours"
type = "multi-choice"
choices = ["red", "green", "blue"]

[[script.parameters]]
name = "since"
type = "date"
min = "2026-01-01"
pass = "environment"

[[script.parameters]]
name = "input_file"
type = "file"
extensions = [".csv"]

[[script.parameters]]
name = "password"
type = "secret"
pass = "environment"
variable = "FTP_PASSWORD"

[[script.parameters]]
name = "body"
pass = "stdin"

[[script.secrets]]
variable = "API_TOKEN"
"""

(SCRIPT,) = read_manifest(EVERY, "scripts.toml")


def one(name: str, value: Any, kind: str | None = None) -> Given:
    return Given(name=name, value=value, type=kind)


def sent(**values: Any) -> list[Given]:
    return [one(name, value) for name, value in values.items()]


def refused(*given: Given) -> Problem:
    with pytest.raises(Problem) as problem:
        read_values(SCRIPT, given)
    return problem.value


def test_values_are_what_their_kinds_say_with_the_defaults() -> None:
    values = read_values(SCRIPT, sent(title="abc", since="2026-02-03", colours=["red", "blue"], ratio=1, count="7"))
    assert values == {
        "title": "abc",
        "since": datetime.date(2026, 2, 3),
        "colours": ("red", "blue"),
        "ratio": 1.0,
        "count": 7,
        "dry_run": True,
    }


def test_every_mistake_is_told_at_once_with_its_place() -> None:
    problem = refused(
        one("title", "ABC"),
        one("count", 10, "int"),
        one("ratio", 1, "int"),
        one("cuont", 1),
        one("size", "medium"),
        one("since", "2025-12-31"),
        one("title", "abc"),
        one("dry_run", "yes"),
        one("dry_run", None),
    )
    assert (problem.status, problem.code) == (400, "invalid-parameters")
    assert [(error.pointer, error.detail) for error in problem.errors] == [
        ("/parameters/0/value", "title does not match [a-z]+"),
        ("/parameters/1/value", "count is 10; 9 is the most"),
        ("/parameters/2/type", "ratio is a float, not an int"),
        ("/parameters/3/name", "'cuont' is unknown; did you mean \"count\"?"),
        ("/parameters/4/value", "size must be one of small, large"),
        ("/parameters/5/value", "since is 2025-12-31; 2026-01-01 is the first day"),
        ("/parameters/7/value", "dry_run must be true or false"),
        ("/parameters/8/value", "dry_run must be true or false"),
    ]


def test_a_missing_parameter_is_named() -> None:
    assert [error.pointer for error in refused().errors] == ["/parameters/title"]


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("title", "a\0b", "NUL"),
        ("title", "abcdefghijk", "at most 10"),
        ("title", 5, "must be text, not a number"),
        ("body", "x" * 70_000, "at most 65536"),
        ("body", "\ud800", "surrogate"),
        ("count", True, "whole number"),
        ("count", "1e3", "whole number"),
        ("count", 1.5, "whole number"),
        ("ratio", "nan", "must be a number"),
        ("ratio", "1e999", "must be a number"),
        ("ratio", [1], "not a list"),
        ("colours", "red", "must be a list"),
        ("colours", ["red", "red"], "twice"),
        ("colours", ["pink"], "'pink'"),
        ("since", "2026-02-30", "no day of the calendar"),
        ("since", "03/02/2026", "such as"),
        ("input_file", "data.txt", "must end with .csv"),
        ("password", 5, "must be text"),
    ],
)
def test_a_bad_value_is_refused_with_the_reason(name: str, value: Any, reason: str) -> None:
    parameter = SCRIPT.parameter(name)
    assert parameter is not None
    with pytest.raises(ValueError, match=reason):
        value_of(parameter, value)


def test_a_pattern_cannot_make_anyone_wait() -> None:
    slow = Parameter(name="text", regex="(a+)+$")
    with pytest.raises(ValueError, match="does not match"):
        value_of(slow, "a" * 30_000 + "!")


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40).filter(lambda text: "\0" not in text), st.booleans())
def test_a_value_arrives_as_it_was_sent_whatever_it_looks_like(text: str, alone: bool) -> None:
    script = Script(name="echo", argv=("{python}",), parameters=(Parameter(name="text", flag="" if alone else None),))
    try:
        values = read_values(script, [one("text", text)])
    except Problem:
        return  # half a surrogate pair
    made = invocation(script, values, {}, {})
    assert made.argv == (sys.executable, *(("--", text) if alone else (f"--text={text}",)))


def test_no_shell_and_no_option_parser_reads_a_value() -> None:
    program = (
        "import argparse; parser = argparse.ArgumentParser(); parser.add_argument('--text');"
        "parser.add_argument('--force', action='store_true'); print(vars(parser.parse_args()))"
    )
    script = Script(name="echo", argv=("{python}", "-c", program), parameters=(Parameter(name="text"),))
    for text in ("--force", "; rm -rf /", "$(id)", "`id`", "a\nb", "-", "*"):
        made = invocation(script, read_values(script, [one("text", text)]), {}, {})
        told = subprocess.run(made.argv, env=dict(made.environment), capture_output=True, text=True, check=True)
        assert told.stdout == f"{ {'text': text, 'force': False} }\n"


def test_everything_gets_where_it_is_passed_and_nothing_else_is_there() -> None:
    given = sent(title="abc", since="2026-02-03", password="hunter2", body="text", dry_run=False)
    given += sent(colours=["red", "blue"])
    values = read_values(SCRIPT, [*given, one("input_file", "in/data.csv")])
    made = invocation(
        SCRIPT, values, {"input_file": "/work/data.csv"}, {"API_TOKEN": Secret("tok"), "OTHER": Secret("x")}
    )
    assert made.argv == (
        sys.executable, "every.py", "--title=abc", "--count=5", "--no-dry-run", "--colours=red", "--colours=blue",
        "--input-file=/work/data.csv",
    )  # fmt: skip
    assert made.environment == {"SINCE": "2026-02-03", "FTP_PASSWORD": "hunter2", "API_TOKEN": "tok"}
    assert (made.stdin, made.secrets) == (b"text", ("hunter2", "tok"))
    assert "hunter2" not in repr(made)
    assert "tok'" not in repr(made)


def test_a_secret_that_the_operator_has_not_set_is_named() -> None:
    script = Script(
        name="x", argv=("x",), secrets=(Variable(variable="A_TOKEN"), Variable(variable="B_TOKEN", required=False))
    )
    with pytest.raises(Problem, match="A_TOKEN") as problem:
        invocation(script, {}, {}, {})
    assert (problem.value.status, problem.value.code) == (503, "secret-missing")
    assert invocation(script, {}, {}, {"A_TOKEN": Secret("a")}).environment == {"A_TOKEN": "a"}


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ('argv = ["x"]', "name: is missing"),
        ('name = "x"', "argv: is missing"),
        ('name = "X y"\nargv = ["x"]', "name"),
        ('name = "x"\nargv = ["x"]\ncolour = 1', "colour: unknown key"),
        (
            'name = "x"\nargv = ["x"]\n[[script.parameters]]\nname = "p"\ntype = "secret"',
            "parameters.0.pass: must be env",
        ),
        ('name = "x"\nargv = ["x"]\n[[script.parameters]]\nname = "p"\npass = "shell"', "parameters.0.pass"),
        ('name = "x"\nargv = ["x"]\n[[script.parameters]]\nname = "p"\ntype = "choice"', "choices: is missing"),
        ('name = "x"\nargv = ["x"]\n[[script.parameters]]\nname = "p"\nregex = "("', "RE2"),
        ('name = "x"\nargv = ["x"]\n[[script.parameters]]\nname = "p"\nmin = 1', "min: is for int"),
        (
            'name = "x"\nargv = ["x"]\n[[script.parameters]]\nname = "p"\ntype = "int"\ndefault = "a"',
            "p.default: must be",
        ),
        ('name = "x"\nargv = ["x"]\n[[script.parameters]]\nname = "p"\nrequired = true\ndefault = "a"', "never used"),
        (
            'name = "x"\nargv = ["x"]\n[[script.parameters]]\nname = "p"\ntype = "secret"\npass = "stdin"\n'
            'default = "hunter2"',
            "everybody can read",
        ),
        (
            'name = "x"\nargv = ["x"]\n[[script.parameters]]\nname = "p"\npass = "environment"\n'
            'variable = "LD_PRELOAD"',
            "how programs start",
        ),
        ('name = "x"\nargv = ["x"]\n[[script.parameters]]\nname = "path"\npass = "environment"', "how programs start"),
        (
            'name = "x"\nargv = ["x"]\n[[script.parameters]]\nname = "p"\n[[script.parameters]]\nname = "p"',
            "p is there twice",
        ),
        (
            'name = "x"\nargv = ["x"]\n[[script.parameters]]\nname = "p"\npass = "stdin"\n'
            '[[script.parameters]]\nname = "q"\npass = "stdin"',
            "standard input",
        ),
    ],
)
def test_a_bad_manifest_names_the_script_the_key_and_the_reason(table: str, reason: str) -> None:
    with pytest.raises(ManifestError, match=r"scripts\.toml: script 1") as error:
        read_manifest(f"[[script]]\n{table}", "scripts.toml")
    assert reason in str(error.value)


@pytest.mark.parametrize("text", ["", "a = ", "[scripts]", "script = 1"])
def test_what_is_no_manifest_says_so(text: str) -> None:
    with pytest.raises(ManifestError, match=r"^scripts\.toml: "):
        read_manifest(text, "scripts.toml")


def test_a_program_says_in_a_comment_what_it_is() -> None:
    text = """#!/usr/bin/env python3
# /// pegboard-script
# description = "Counts"
# [[parameters]]
# name = "limit"
# type = "int"
# ///
print("hello")
"""
    script = read_annotated(text, "count.py", {"name": "count", "argv": ["{python}", "count.py"]})
    assert script is not None
    assert (script.name, script.description, script.parameters[0].type) == ("count", "Counts", "int")
    assert read_annotated("print()", "x.py", {}) is None
    with pytest.raises(ManifestError, match="2 blocks"):
        read_annotated(text + text, "count.py", {})


@pytest.mark.parametrize(
    "name",
    [
        "../secret", "a/../../secret", "/etc/passwd", "//etc/passwd", "a//b", ".", "..", "", "a/", "a/./b", "a\0b",
        "..\\secret", "C:/windows", "c:secret", "a\nb", "\x7f", "x" * 256, "/".join("a" * 40), "\ud800", "é" * 128,
    ],
)  # fmt: skip
def test_a_name_that_could_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"^(has|must|is)"):
        file_name(name)


@pytest.mark.parametrize(
    "name", ["data.csv", "in/2026/data.csv", "%2e%2e/x", "-rf", "ünïcode.csv", "a b.csv", "...", "~"]
)
def test_a_name_is_what_it_is(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("here")
    with os.fdopen(open_beneath(tmp_path, file_name(name))) as opened:
        assert opened.read() == "here"


def test_no_link_leads_out(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (root / "folder").mkdir(parents=True)
    (root / "link").symlink_to(outside / "secret")
    (root / "folder" / "link").symlink_to(outside)
    (root / "inner").symlink_to(root / "folder")
    os.mkfifo(root / "pipe")
    for name in ("link", "folder/link/secret", "folder/link", "inner/x", "pipe", "folder"):
        with pytest.raises((ValueError, IsADirectoryError), match=r"link|not a file"):
            os.close(open_beneath(root, FileName(name)))
    with pytest.raises(FileNotFoundError):
        open_beneath(root, FileName("nothing"))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../x.csv", "x.csv"),
        ("C:\\a\\b.csv", "b.csv"),
        ("", "upload"),
        ("...", "upload"),
        ("a;b`c.csv", "a_b_c.csv"),
    ],
)
def test_the_name_of_an_upload_keeps_nothing_that_a_path_could_mean(sent: str, kept: str) -> None:
    assert safe_base(sent) == kept
