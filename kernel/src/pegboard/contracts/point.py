"""A hook of a plugin's own."""

import attrs

from .record import check_name


@attrs.frozen
class Point:
    """Opens the hook `hook` for records of the type `record`, collected as the kernel's own are.

    Other plugins implement ``def <hook>(settings)`` and return or yield records; whoever opened the
    point finds them with ``services.get(Registries)[record]``.
    """

    name: str = attrs.field(validator=check_name)
    summary: str
    hook: str = attrs.field(kw_only=True)
    record: type = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not self.hook.isidentifier() or not self.hook.startswith("pegboard_"):
            raise ValueError(f'point "{self.name}": hook {self.hook!r} must be an identifier like "pegboard_things"')
