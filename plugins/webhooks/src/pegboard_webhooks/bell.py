"""What wakes the pump: services that put work into the database do not know who carries it out."""

from collections.abc import Callable

import attrs


@attrs.define
class Bell:
    """Rung when something is due. Where no pump hangs on it, that of another process looks within its next tick."""

    answer: Callable[[], None] | None = None

    def ring(self) -> None:
        if self.answer is not None:
            self.answer()
