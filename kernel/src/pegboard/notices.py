"""What services have to say to whoever starts the app."""

import attrs


@attrs.frozen
class Notice:
    """Something to tell whoever starts the app, such as a first key; ``{url}`` is the address it is served at."""

    title: str
    text: str = attrs.field(repr=False)
    order: int = 100


@attrs.define
class Notices:
    """What services have to say at a start. Shown on a terminal, never logged."""

    _notices: list[Notice] = attrs.field(factory=list)

    def add(self, notice: Notice) -> None:
        self._notices.append(notice)

    def take(self) -> list[Notice]:
        """All notices in their order, once."""
        taken, self._notices = sorted(self._notices, key=lambda n: n.order), []
        return taken
