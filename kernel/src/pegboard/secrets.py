"""A value that must not be seen."""

import hmac


class Secret:
    """Text that shows itself only to `reveal()`: not in a repr, a format, a log or an error.

    Compares in constant time. It cannot be pickled.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')" if self._text else "Secret('')"

    def __str__(self) -> str:
        return "***" if self._text else ""

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]  # a hash would be a place to compare secrets in

    def __reduce__(self) -> str:
        raise TypeError("a Secret cannot be pickled")
