"""A hook of a plugin's own."""

import attrs

from .record import name_field


@attrs.frozen
class Point:
    """Opens the hook `hook` for records of the type `record`, collected as the kernel's own are.

    Other plugins implement ``def <hook>(settings)`` and return or yield records; whoever opened the
    point finds them with ``services.get(Registries)[record]``.
    """

    name: str = name_field()
    summary: str
    hook: str = attrs.field(kw_only=True)
    record: type = attrs.field(kw_only=True)

    @hook.validator
    def _is_hook(self, attribute: object, value: str) -> None:
        if not value.isidentifier() or not value.startswith("pegboard_"):
            raise ValueError(f'point "{self.name}": hook {value!r} must be an identifier that starts with "pegboard_"')
