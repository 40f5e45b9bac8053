"""Values of parameters: what was sent, as what the script was promised. Every mistake is told at once."""

import datetime
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import re2

from pegboard import FieldError, Problem, setting
from pegboard.invalid import escape
from pegboard.problems import nearest

from .names import FileName, file_name
from .specs import Parameter, Script

LONGEST = 64 * 1024  # characters: a kernel takes 128 KiB in one argument
WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


@attrs.frozen
class Given:
    """One parameter as it was sent. `type` may be left out; where it is there, it has to be the right one."""

    name: str = setting(help="the name of the parameter")
    value: Any = setting(help="its value")
    type: str | None = setting(None, help="its kind, as the script has it")


Values = Mapping[str, Any]


def read_values(script: Script, given: Sequence[Given]) -> Values:
    """The values by name, the default ones included; what is not given and has none is not there.

    Raises Problem 400 ``invalid-parameters`` with every mistake and its place in what was sent.
    """
    errors: list[FieldError] = []
    values: dict[str, Any] = {}
    for index, one in enumerate(given):
        try:
            values[one.name] = _value(script, one, values)
        except _Wrong as wrong:
            errors.append(FieldError(str(wrong), f"/parameters/{index}/{wrong.field}"))
    sent = {one.name for one in given}
    for parameter in script.parameters:
        if parameter.name in sent:
            continue
        if parameter.required:
            errors.append(
                FieldError(f"{parameter.name} is missing{_hint(parameter)}", f"/parameters/{escape(parameter.name)}")
            )
        elif parameter.default is not None:
            values[parameter.name] = value_of(parameter, parameter.default)
    if errors:
        words = "; ".join(error.detail for error in errors)
        raise Problem(400, "invalid-parameters", f'script "{script.name}": {words}', errors=errors)
    return values


class _Wrong(ValueError):
    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


def _value(script: Script, one: Given, before: Values) -> Any:
    parameter = script.parameter(one.name)
    if parameter is None:
        names = [known.name for known in script.parameters]
        raise _Wrong("name", f"{one.name!r} is unknown{nearest(one.name, names)}")
    if one.name in before:
        raise _Wrong("name", f"{one.name} is given twice")
    if one.type is not None and one.type != parameter.type:
        raise _Wrong("type", f"{one.name} is {_article(parameter.type)}, not {_article(one.type)}")
    try:
        return value_of(parameter, one.value)
    except ValueError as error:
        raise _Wrong("value", f"{one.name} {error}") from None


def _article(kind: str) -> str:
    return f"an {kind}" if kind[:1] in "aeiou" else f"a {kind}"


def _hint(parameter: Parameter) -> str:
    return f" ({parameter.description})" if parameter.description else ""


def value_of(parameter: Parameter, value: Any) -> Any:
    """A value as its kind wants it. Raises ValueError with the reason, which never repeats a secret."""
    return READERS[parameter.type](parameter, value)


def _text(parameter: Parameter, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {_shape(value)}")
    if "\0" in value:
        raise ValueError("has a NUL character")
    most = min(LONGEST, parameter.max_length or LONGEST)
    if len(value) > most:
        raise ValueError(f"has {len(value)} characters; at most {most} are taken")
    if not value.isascii():
        _encodable(value)
    if parameter.regex and not re2.fullmatch(parameter.regex, value):
        raise ValueError(f"does not match {parameter.regex}")
    return value


def _encodable(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("has half a surrogate pair in it") from None


def _shape(value: Any) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return "null" if value is None else names.get(type(value), type(value).__name__)


def _int(parameter: Parameter, value: Any) -> int:
    if isinstance(value, str) and WHOLE.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
        raise ValueError("must be a whole number")
    return _bounded(parameter, value)


def _float(parameter: Parameter, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"must be a number, not {_shape(value)}")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("must be a number")
    return _bounded(parameter, number)


def _bounded(parameter: Parameter, value: Any) -> Any:
    if parameter.min is not None and value < parameter.min:
        raise ValueError(f"is {value}; {parameter.min} is the least")
    if parameter.max is not None and value > parameter.max:
        raise ValueError(f"is {value}; {parameter.max} is the most")
    return value


def _boolean(parameter: Parameter, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):  # what a form without JSON sends
        return bool(value == "true")
    raise ValueError("must be true or false")


def _choice(parameter: Parameter, value: Any) -> str:
    if value not in parameter.choices:
        raise ValueError(f"must be one of {', '.join(parameter.choices)}")
    return str(value)


def _choices(parameter: Parameter, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"must be a list of {', '.join(parameter.choices)}")
    wrong = [one for one in value if one not in parameter.choices]
    if wrong:
        raise ValueError(f"has {wrong[0]!r}, which is none of {', '.join(parameter.choices)}")
    if len(set(value)) < len(value):
        raise ValueError("has something twice")
    return tuple(value)


def _date(parameter: Parameter, value: Any) -> datetime.date:
    found = _day(value)
    for bound, word in ((parameter.min, "first"), (parameter.max, "last")):
        if bound is not None and (found < _day(bound) if word == "first" else found > _day(bound)):
            raise ValueError(f"is {found}; {_day(bound)} is the {word} day")
    return found


def _day(value: Any) -> datetime.date:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            raise ValueError("is no day of the calendar") from None
    raise ValueError("must be a day such as 2026-03-31")


def _file(parameter: Parameter, value: Any) -> FileName:
    if not isinstance(value, str):
        raise ValueError(f"must be the id of an upload or the name of a file, not {_shape(value)}")
    name = file_name(value)
    if parameter.extensions and not name.upload and not value.lower().endswith(tuple(parameter.extensions)):
        raise ValueError(f"must end with {' or '.join(parameter.extensions)}")
    return name


READERS: Mapping[str, Callable[[Parameter, Any], Any]] = {
    "string": _text,
    "secret": _text,
    "int": _int,
    "float": _float,
    "boolean": _boolean,
    "choice": _choice,
    "multi-choice": _choices,
    "date": _date,
    "file": _file,
}
