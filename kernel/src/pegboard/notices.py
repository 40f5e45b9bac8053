"""What services have to say to whoever starts the app."""

import attrs


@attrs.frozen
class Notice:
    """Something to tell whoever starts the app. ``{url}`` in it is the address it is served at.

    ``{key}`` is a key that was just made, or else the name of a shell variable that should hold one.
    """

    title: str
    text: str = attrs.field(repr=False)
    order: int = 100


@attrs.define
class Notices:
    """What services have to say at a start. Shown on a terminal, never logged."""

    key: str = attrs.field(default="$PEGBOARD_KEY", repr=False)
    _notices: list[Notice] = attrs.field(factory=list)

    def add(self, notice: Notice) -> None:
        self._notices.append(notice)

    def take(self) -> list[Notice]:
        """All notices in their order, once."""
        taken, self._notices = sorted(self._notices, key=lambda n: n.order), []
        return taken
