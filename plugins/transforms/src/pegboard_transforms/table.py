"""One value for another, by a table."""

from typing import Any

import attrs

from pegboard import MISSING, Apply, Transform, TransformContext, setting
from pegboard_jsonpath import text_of

from .refusal import refusal


@attrs.frozen
class MapConfig:
    """The table. Its keys are texts: a number, true, false and null are looked up as JSON writes them."""

    mapping: dict[str, Any] = setting(help="what becomes of each value", validator=attrs.validators.min_len(1))
    default: Any = setting(MISSING, help="what becomes of any other value; without it they fail their record")
    ignoreCase: bool = setting(False, help="look up without regard to upper and lower case")

    def __attrs_post_init__(self) -> None:
        folded = [key.casefold() for key in self.mapping]
        twice = sorted({key for key in folded if folded.count(key) > 1}) if self.ignoreCase else []
        if twice:
            raise ValueError(f"mapping has {twice[0]!r} twice when case is ignored: take one out")


def compiled(config: MapConfig, context: TransformContext) -> Apply:
    fold = str.casefold if config.ignoreCase else str
    table = {fold(key): value for key, value in config.mapping.items()}
    default = config.default

    def other(value: Any) -> Any:
        """What is no text, or not in the table."""
        if value is MISSING:
            return MISSING
        if isinstance(value, dict | list):
            raise refusal("map", value, "is no single value: name the field within it")
        found = table.get(fold("null" if value is None else text_of(value)), MISSING)
        if found is not MISSING:
            return found
        if default is MISSING and value is not None:
            raise refusal("map", value, f'is not in the mapping of "{context.field}": add it, or set default')
        return None if default is MISSING else default

    def apply(value: Any, record: Any) -> Any:
        return table[value] if type(value) is str and value in table else other(value)

    return apply


MAP = Transform("map", "One value for another, by a table", MapConfig, compile=compiled)
