"""What a script is: how it is started, what it takes, what it leaves behind."""

import re
from collections.abc import Iterable
from typing import Any, Literal

import attrs
import re2

from pegboard import setting
from pegboard.invalid import Refusal

Kind = Literal["string", "int", "float", "boolean", "choice", "multi-choice", "date", "file", "secret"]
Passing = Literal["argument", "environment", "stdin"]

# Kinds that each bound is for: one that would never be looked at is a mistake of whoever wrote it.
BOUNDS: dict[str, tuple[str, ...]] = {
    "min": ("int", "float", "date"),
    "max": ("int", "float", "date"),
    "max_length": ("string", "secret"),
    "regex": ("string", "secret"),
    "extensions": ("file",),
    "choices": ("choice", "multi-choice"),
}
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
# What changes how a program is loaded or started: a caller's value must never get there.
RESERVED = re.compile(
    r"LD_.*|DYLD_.*|PYTHON.*|PERL.*|RUBY.*|NODE_.*|JAVA_TOOL_OPTIONS|GIT_.*|BASH_.*|ENV|IFS|PATH|HOME|SHELL"
)
identifier: Any = attrs.validators.matches_re(r"[a-z][a-z0-9_]*")
named: Any = attrs.validators.matches_re(r"[a-z][a-z0-9]*([._-][a-z0-9]+)*")
said: Any = attrs.validators.min_len(1)


def _variable(instance: object, attribute: Any, value: str) -> None:
    if value and not VARIABLE.fullmatch(value):
        raise ValueError(f"{value!r} is no name of a variable such as FTP_HOST")
    if RESERVED.fullmatch(value):
        raise ValueError(f"{value} changes how programs start; choose another name")


def _flag(instance: object, attribute: Any, value: str | None) -> None:
    if value and not re.fullmatch(r"--?[A-Za-z0-9][A-Za-z0-9_-]*", value):
        raise ValueError(f"{value!r} is no option such as --batch-size")


def _pattern(instance: object, attribute: Any, value: str) -> None:
    try:
        re2.compile(value)
    except re2.error as error:
        raise ValueError(f"is no regular expression of RE2: {error}") from None


@attrs.frozen
class Parameter:
    """One value that a script takes.

    In a manifest `passed` is the key ``pass``. An argument goes as ``flag=value``, one word; without a flag (``""``)
    it stands alone, behind all others. In the environment it is `variable`.
    """

    name: str = setting(help="its name", validator=identifier)
    type: Kind = setting("string", help="its kind")
    description: str = setting("", help="what it is for")
    required: bool = setting(False, help="whether it has to be given")
    default: Any = setting(None, help="what it is when it is not given")
    min: Any = setting(None, help="the least number, or the first day")
    max: Any = setting(None, help="the greatest number, or the last day")
    max_length: int | None = setting(None, help="the most characters")
    regex: str = setting("", help="a regular expression (RE2) that the whole text matches", validator=_pattern)
    extensions: tuple[str, ...] = setting((), help="how the name of a file ends, such as .csv")
    choices: tuple[str, ...] = setting((), help="what can be chosen")
    passed: Passing = setting("argument", help="how it gets to the script")
    flag: str | None = setting(None, help="its option; --like-this by default", validator=_flag)
    variable: str = setting("", help="its environment variable; LIKE_THIS by default", validator=_variable)

    def __attrs_post_init__(self) -> None:
        if self.type == "secret" and self.passed == "argument":
            raise Refusal("pass", "must be environment or stdin: whoever is on the machine sees arguments")
        if self.type == "secret" and self.default is not None:
            raise Refusal("default", "would be a secret that everybody can read here")
        if self.type in ("choice", "multi-choice") and not self.choices:
            raise Refusal("choices", "is missing")
        if self.required and self.default is not None:
            raise Refusal("default", "is never used: the parameter is required")
        for bound, kinds in BOUNDS.items():
            if getattr(self, bound) not in (None, "", ()) and self.type not in kinds:
                raise Refusal(bound, f"is for {', '.join(kinds)}; this is a {self.type}")
        if self.passed == "environment":
            _variable(self, None, self.environment_variable)

    @property
    def option(self) -> str:
        return f"--{self.name.replace('_', '-')}" if self.flag is None else self.flag

    @property
    def environment_variable(self) -> str:
        return self.variable or self.name.upper()


@attrs.frozen
class Variable:
    """An environment variable that the operator sets; callers neither send nor see it."""

    variable: str = setting(help="its name", validator=[said, _variable])
    description: str = setting("", help="what it is for")
    required: bool = setting(True, help="whether the script does without it")


@attrs.frozen
class ArtifactSpec:
    """A file that a script leaves in its work folder; `name` may hold wild cards."""

    name: str = setting(help="its name, such as rejects-*.csv", validator=said)
    description: str = setting("", help="what is in it")


@attrs.frozen
class ScriptLimits:
    """Seconds and bytes; None is the app's own."""

    wall: float | None = setting(None, help="seconds", validator=attrs.validators.optional(attrs.validators.gt(0)))
    cpu: float | None = setting(None, help="seconds of a processor")
    memory: int | None = setting(None, help="bytes")
    file_size: int | None = setting(None, help="bytes of the largest file that it writes")
    processes: int | None = setting(None, help="processes at a time")


@attrs.frozen
class Script:
    """A script that users can run. `argv` starts it: a list, no shell; ``{python}`` is this interpreter.

    `resumes` says that another attempt goes on in the folder of the one before. `estimated_duration` is in seconds.
    """

    name: str = setting(help="its name", validator=named)
    argv: tuple[str, ...] = setting(help="how it is started", validator=said)
    display_name: str = setting("", help="what people call it")
    description: str = setting("", help="what it does")
    category: str = setting(
        "other", help="where lists show it", validator=attrs.validators.matches_re(r"[a-z][a-z0-9_]*")
    )
    estimated_duration: int | None = setting(None, help="seconds that it takes")
    requires_auth: bool = setting(True, help="whether callers must say who they are")
    scopes: tuple[str, ...] = setting((), help="what callers need besides scripts:write, such as imports:admin")
    resumes: bool = setting(False, help="whether another attempt goes on in the same folder")
    parameters: tuple[Parameter, ...] = setting((), help="what it takes")
    secrets: tuple[Variable, ...] = setting((), help="secrets that the operator sets")
    environment: tuple[Variable, ...] = setting((), help="variables that the operator sets")
    artifacts: tuple[ArtifactSpec, ...] = setting((), help="files that it leaves behind")
    limits: ScriptLimits = setting(ScriptLimits(), help="how much it may use")

    def __attrs_post_init__(self) -> None:
        if not self.requires_auth:
            raise Refusal("requires_auth", "cannot be false: every run belongs to somebody, who sees it and ends it")
        self._once("parameters", (parameter.name for parameter in self.parameters))
        self._once("parameters", (one.option for one in self.parameters if one.passed == "argument" and one.option))
        own = (one.environment_variable for one in self.parameters if one.passed == "environment")
        self._once("environment", [*own, *(one.variable for one in (*self.secrets, *self.environment))])
        if sum(parameter.passed == "stdin" for parameter in self.parameters) > 1:
            raise Refusal("parameters", "two of them are passed on standard input, which there is once")

    def _once(self, field: str, names: Iterable[str]) -> None:
        seen: set[str] = set()
        for name in names:
            if name in seen:
                raise Refusal(field, f"{name} is there twice")
            seen.add(name)

    @property
    def title(self) -> str:
        return self.display_name or self.name.replace("_", " ").capitalize()

    def parameter(self, name: str) -> Parameter | None:
        return next((one for one in self.parameters if one.name == name), None)
