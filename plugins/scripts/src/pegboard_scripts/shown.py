"""What callers see of a script: how it is called and what it takes, not how it is started."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from .registry import Scripts
from .specs import Kind, Parameter, Script


@attrs.frozen
class ParameterInfo:
    """One parameter, for a form."""

    name: str
    type: Kind
    description: str
    required: bool
    default: Any
    min: Any
    max: Any
    max_length: int | None
    regex: str
    extensions: Sequence[str]
    choices: Sequence[str]

    @classmethod
    def of(cls, parameter: Parameter) -> "ParameterInfo":
        return cls(**{field.name: getattr(parameter, field.name) for field in attrs.fields(cls)})


@attrs.frozen
class ScriptInfo:
    """One script. `estimated_duration` is in seconds."""

    name: str
    display_name: str
    description: str
    category: str
    parameters: Sequence[ParameterInfo]
    estimated_duration: int | None
    requires_auth: bool

    @classmethod
    def of(cls, script: Script) -> "ScriptInfo":
        parameters = [ParameterInfo.of(parameter) for parameter in script.parameters]
        return cls(
            script.name,
            script.title,
            script.description,
            script.category,
            parameters,
            script.estimated_duration,
            script.requires_auth,
        )


def shown(scripts: Scripts) -> Mapping[str, Sequence[ScriptInfo]]:
    """All scripts by category."""
    return {name: [ScriptInfo.of(script) for script in some] for name, some in scripts.by_category().items()}
