"""From a script and its values to what is executed: an argv list that no shell sees, and a whole environment."""

import sys
from collections.abc import Iterator, Mapping

import attrs

from pegboard import Problem, Secret

from .specs import Parameter, Script
from .values import Values


@attrs.frozen
class Invocation:
    """What is executed. `secrets` are to be masked in whatever the script writes."""

    argv: tuple[str, ...]
    environment: Mapping[str, str] = attrs.field(repr=False)
    stdin: bytes = attrs.field(repr=False)
    secrets: tuple[str, ...] = attrs.field(repr=False)


def invocation(script: Script, values: Values, files: Mapping[str, str], operator: Mapping[str, Secret]) -> Invocation:
    """`files` are the paths of file parameters by name, `operator` the variables that the operator set.

    Raises Problem 503 ``secret-missing`` where the operator has not set one that the script cannot do without.
    """
    placed = {**values, **files}
    named = [word for one in script.parameters for word in _words(one, placed) if one.option]
    alone = [word for one in script.parameters for word in _words(one, placed) if not one.option]
    start = tuple(sys.executable if word == "{python}" else word for word in script.argv)
    environment = dict(_operators(script, operator)) | {
        one.environment_variable: text(placed[one.name])
        for one in script.parameters
        if one.passed == "environment" and one.name in placed
    }
    return Invocation(
        (*start, *named, *(("--", *alone) if alone else ())),
        environment,
        _stdin(script, placed),
        _secrets(script, values, operator),
    )


def text(value: object) -> str:
    """A value as scripts are told it: true and false, days as in ISO 8601, several choices with commas between."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _words(parameter: Parameter, values: Values) -> Iterator[str]:
    """The words of one argument: ``--flag=value`` is a single word, so that no value can be taken for an option."""
    if parameter.passed != "argument" or parameter.name not in values:
        return
    value = values[parameter.name]
    if parameter.type == "boolean":
        yield from _switch(parameter, value)
        return
    for one in value if isinstance(value, tuple) else (value,):
        yield f"{parameter.option}={text(one)}" if parameter.option else text(one)


def _switch(parameter: Parameter, value: bool) -> Iterator[str]:
    """Said only where it is not what the script does anyway: many have no ``--no-`` for what is off by itself."""
    if value:
        yield parameter.option
    elif parameter.default is True:
        yield f"--no-{parameter.option.lstrip('-')}"


def _operators(script: Script, operator: Mapping[str, Secret]) -> Iterator[tuple[str, str]]:
    for one in (*script.secrets, *script.environment):
        found = operator.get(one.variable)
        if found:
            yield one.variable, found.reveal()
        elif one.required:
            way = f"set it in [plugins.scripts.secrets] {one.variable}"
            raise Problem(503, "secret-missing", f'script "{script.name}" needs {one.variable}: {way}')


def _stdin(script: Script, values: Values) -> bytes:
    fed = [text(values[one.name]) for one in script.parameters if one.passed == "stdin" and one.name in values]
    return fed[0].encode() if fed else b""


def _secrets(script: Script, values: Values, operator: Mapping[str, Secret]) -> tuple[str, ...]:
    given = [str(values[one.name]) for one in script.parameters if one.type == "secret" and one.name in values]
    set_here = [operator[one.variable].reveal() for one in script.secrets if operator.get(one.variable)]
    return tuple(secret for secret in (*given, *set_here) if secret)
