"""The value as it is."""

from typing import Any

from pegboard import Apply, NoConfig, Transform, TransformContext


def compiled(config: NoConfig, context: TransformContext) -> Apply:
    def apply(value: Any, record: Any) -> Any:
        return value

    return apply


DIRECT = Transform("direct", "The value as it is", compile=compiled)
