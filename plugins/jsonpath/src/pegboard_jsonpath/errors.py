"""What is wrong with a path, and where."""

SHOWN = 100


class PathError(ValueError):
    """A path or a template that cannot be read: `column` counts from 1, `expected` says what belongs there."""

    def __init__(self, text: str, column: int, expected: str) -> None:
        shown = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
        super().__init__(f"{shown!r}, column {column}: expected {expected}")
        self.text = text
        self.column = column
        self.expected = expected

    def within(self, text: str, offset: int) -> "PathError":
        """The same mistake in a longer text, in which this one's starts `offset` characters further on."""
        return PathError(text, self.column + offset, self.expected)
