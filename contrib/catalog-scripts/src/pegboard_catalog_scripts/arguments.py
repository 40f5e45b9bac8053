"""A script's command line, made of what `scripts.toml` says of it."""

import argparse
import math
import re
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from .failures import InputError
from .manifest import Parameter, Script

N = TypeVar("N", int, float)


class Parser(argparse.ArgumentParser):
    """Says a mistake in one sentence, without the usage around it."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message.removeprefix('argument ')}; --help lists what there is")


def make_parser(script: Script) -> Parser:
    parser = Parser(prog=script.name, description=script.description, allow_abbrev=False)
    for parameter in script.parameters:
        if parameter.passed == "argument":
            parser.add_argument(parameter.flag, **_action(parameter))
    return parser


def parse(script: Script, argv: Sequence[str], environ: Mapping[str, str]) -> argparse.Namespace:
    """The values of all parameters. Raises InputError that names the first wrong one."""
    options = make_parser(script).parse_args(argv)
    for parameter in script.parameters:
        if parameter.passed == "environment":
            setattr(options, parameter.name, _from_environment(parameter, environ))
    _check_files(script, options)
    return options


def _check_files(script: Script, options: argparse.Namespace) -> None:
    """What is written must not take the place of what is read, nor of another result."""
    taken: dict[Path, str] = {}
    for parameter in sorted(script.parameters, key=lambda one: one.type != "file"):
        value = getattr(options, parameter.name)
        if value is None or not parameter.name.endswith("_file"):
            continue
        path = Path(value).resolve()
        if parameter.type != "file" and path in taken:
            raise InputError(f"{parameter.flag}: {path.name!r} is the file of {taken[path]}; give it another name")
        if parameter.type != "file" and path.name.endswith(".state.json"):
            raise InputError(f"{parameter.flag}: names that end with .state.json are the script's own")
        taken[path] = parameter.flag


def defaults(script: Script) -> dict[str, Any]:
    """What each parameter is when nobody says anything; required ones are None."""
    return {parameter.name: _default(parameter) for parameter in script.parameters}


def convert(parameter: Parameter, text: str) -> Any:
    """A text as the parameter's type. Raises ArgumentTypeError with the reason."""
    return CONVERTERS[parameter.type](parameter, text)


def _action(parameter: Parameter) -> dict[str, Any]:
    shown = {"help": parameter.description.replace("%", "%%"), "dest": parameter.name, "required": parameter.required}
    if parameter.type == "boolean":
        return {**shown, "action": argparse.BooleanOptionalAction, "default": _default(parameter)}
    action = "append" if parameter.type == "multi-choice" else "store"
    return {
        **shown,
        "action": _Given if action == "append" else action,
        "type": lambda text: convert(parameter, text),
        "default": _default(parameter),
        "metavar": parameter.type.upper(),
    }


class _Given(argparse.Action):
    """Values that are given take the place of the default ones, rather than joining them as ``append`` does."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, [values] if before is self.default else [*before, values])


def _default(parameter: Parameter) -> Any:
    if parameter.default is None:
        return [] if parameter.type == "multi-choice" else None
    if parameter.type in ("boolean", "int", "float", "multi-choice"):
        return parameter.default
    return convert(parameter, str(parameter.default))


def _from_environment(parameter: Parameter, environ: Mapping[str, str]) -> Any:
    text = environ.get(parameter.variable)
    if text is None and parameter.required:
        raise InputError(f"the environment variable {parameter.variable} is missing: {parameter.description}")
    try:
        return _default(parameter) if text is None else convert(parameter, text)
    except ArgumentTypeError as error:
        raise InputError(f"the environment variable {parameter.variable}: {error}") from None


def _string(parameter: Parameter, text: str) -> str:
    if "\0" in text:
        raise ArgumentTypeError("has a NUL character")
    if parameter.max_length is not None and len(text) > parameter.max_length:
        raise ArgumentTypeError(f"has {len(text)} characters; at most {parameter.max_length} are taken")
    if parameter.regex is not None and not re.fullmatch(parameter.regex, text):
        raise ArgumentTypeError(f"is not of the form {parameter.regex}: {parameter.description}")
    return text


def _int(parameter: Parameter, text: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        raise ArgumentTypeError(f"{text!r} is not a whole number")
    return _bounded(parameter, int(text))


def _float(parameter: Parameter, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ArgumentTypeError(f"{text!r} is not a number")
    return _bounded(parameter, number)


def _bounded(parameter: Parameter, number: N) -> N:
    if parameter.min is not None and number < parameter.min:
        raise ArgumentTypeError(f"is {number}; {parameter.min} is the least")
    if parameter.max is not None and number > parameter.max:
        raise ArgumentTypeError(f"is {number}; {parameter.max} is the most")
    return number


def _choice(parameter: Parameter, text: str) -> str:
    if text not in parameter.choices:
        raise ArgumentTypeError(f"{text!r} is none of {', '.join(parameter.choices)}")
    return text


def _boolean(parameter: Parameter, text: str) -> bool:
    if text not in ("true", "false"):
        raise ArgumentTypeError(f"{text!r} is neither true nor false")
    return text == "true"


def _date(parameter: Parameter, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a date like 2026-03-31") from None


def _file(parameter: Parameter, text: str) -> Path:
    path = Path(_string(parameter, text))
    if parameter.extensions and path.suffix.lower() not in parameter.extensions:
        raise ArgumentTypeError(f"{path.name!r} must end with {' or '.join(parameter.extensions)}")
    if not path.is_file():
        raise ArgumentTypeError(f"there is no file {text!r}")
    return path


CONVERTERS: Mapping[str, Callable[[Parameter, str], Any]] = {
    "string": _string,
    "secret": _string,
    "int": _int,
    "float": _float,
    "boolean": _boolean,
    "choice": _choice,
    "multi-choice": _choice,
    "date": _date,
    "file": _file,
}
