"""Several fields as one text."""

from typing import Any

import attrs

from pegboard import MISSING, Apply, Transform, TransformContext, setting
from pegboard_jsonpath import compile_path, is_path, text_of

from .refusal import refusal


@attrs.frozen
class ConcatConfig:
    """What is put together, and how."""

    fields: tuple[str, ...] = setting(
        (),
        help="JSONPaths in the record, in their order; without them the items of the value itself",
        validator=attrs.validators.deep_iterable(is_path),
    )
    separator: str = setting("", help="what stands between two")
    skipEmpty: bool = setting(True, help="leave out what is missing, null or empty, and its separator")


def compiled(config: ConcatConfig, context: TransformContext) -> Apply:
    gets = [compile_path(field).get for field in config.fields]
    separator, skip = config.separator, config.skipEmpty

    def text(part: Any) -> str:
        if isinstance(part, list | tuple):
            return separator.join(filter(None, map(text, part)) if skip else map(text, part))
        if isinstance(part, dict):
            raise refusal("concat", part, "is an object: name the field within it")
        return text_of(part)

    def items(value: Any, record: Any) -> Any:
        parts = [get(record) for get in gets] if gets else value if type(value) is list else [value]
        texts = [part if type(part) is str else text(part) for part in parts]
        if not any(texts):
            return _nothing(parts, "" if skip else separator.join(texts))
        return separator.join(filter(None, texts) if skip else texts)

    def fields(value: Any, record: Any) -> Any:
        """The same in one go, for the usual case that there is some text; a comprehension takes half as long again."""
        texts = []
        for get in gets:
            part = get(record)
            if type(part) is not str:
                part = text(part)
            if part:
                texts.append(part)
        return separator.join(texts) if texts else items(value, record)

    return fields if gets and skip else items


def _nothing(parts: list[Any], joined: str) -> Any:
    """Of parts without any text: MISSING if all are, null if none is a text, and else the empty text."""
    if all(part is MISSING for part in parts):
        return MISSING if parts else ""
    return None if all(part is MISSING or part is None for part in parts) else joined


CONCAT = Transform("concat", "Several fields as one text", ConcatConfig, compile=compiled)
