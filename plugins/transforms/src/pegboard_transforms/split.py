"""A text as a list, or as one of its parts."""

from typing import Any

import attrs

from pegboard import MISSING, Apply, Transform, TransformContext, setting

from .refusal import refusal


@attrs.frozen
class SplitConfig:
    """Where a text is cut."""

    separator: str = setting(",", help="what stands between two parts", validator=attrs.validators.min_len(1))
    index: int | None = setting(None, help="take this part alone: 0 is the first, -1 the last")
    limit: int | None = setting(
        None,
        help="at most so many parts; the last has all that is left",
        validator=attrs.validators.optional(attrs.validators.ge(1)),
    )
    trim: bool = setting(True, help="take white space off each part")
    skipEmpty: bool = setting(False, help="leave out empty parts")

    def __attrs_post_init__(self) -> None:
        if self.limit is not None and self.index is not None and not -self.limit <= self.index < self.limit:
            raise ValueError(f"index is {self.index}, and limit is {self.limit}: no part could ever be there")


def compiled(config: SplitConfig, context: TransformContext) -> Apply:
    separator, most = config.separator, -1 if config.limit is None else config.limit - 1
    trim, skip, index = config.trim, config.skipEmpty, config.index

    def parts_of(text: str) -> list[str]:
        parts = text.split(separator, most) if text else []
        if trim:
            parts = [part.strip() for part in parts]
        return [part for part in parts if part] if skip else parts

    def apply(value: Any, record: Any) -> Any:
        if value is None or value is MISSING:
            return value
        if type(value) is not str:
            raise refusal("split", value, "is no text: map it with direct, or write it as text with template")
        parts = parts_of(value)
        if index is None:
            return parts
        return parts[index] if -len(parts) <= index < len(parts) else MISSING

    return apply


SPLIT = Transform("split", "A text as a list of its parts, or one of them", SplitConfig, compile=compiled)
