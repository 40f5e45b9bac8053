"""True or false, from the words that people use."""

from typing import Any

import attrs

from pegboard import MISSING, Apply, Transform, TransformContext, setting
from pegboard_jsonpath import text_of

from .refusal import refusal


@attrs.frozen
class BooleanConfig:
    """Which values are true and which are false; case and white space around them mean nothing."""

    trueValues: tuple[Any, ...] = setting(("true", "yes", "y", "on", "t", 1), help="values that are true")
    falseValues: tuple[Any, ...] = setting(("false", "no", "n", "off", "f", 0), help="values that are false")
    default: bool | None = setting(None, help="what any other value is; without it they fail their record")

    def __attrs_post_init__(self) -> None:
        both = sorted({_key(value) for value in self.trueValues} & {_key(value) for value in self.falseValues})
        if both:
            raise ValueError(f"{both[0]!r} is among trueValues and falseValues: take it out of one")


def compiled(config: BooleanConfig, context: TransformContext) -> Apply:
    table = {_key(value): False for value in config.falseValues} | {_key(value): True for value in config.trueValues}
    default = config.default

    def apply(value: Any, record: Any) -> Any:
        if value is True or value is False or value is None or value is MISSING:
            return value
        found = table.get(value) if type(value) is str else None
        if found is None:
            found = table.get(_key(value), default)
        if found is None:
            raise refusal("boolean", value, "is neither true nor false here: add it to trueValues or falseValues")
        return found

    return apply


def _key(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return text_of(int(value) if whole else value).strip().casefold()


BOOLEAN = Transform("boolean", "True or false, from the words that people use", BooleanConfig, compile=compiled)
