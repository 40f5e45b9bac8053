"""Versions of records, as their source counts them: numbers, or times (RFC 3339)."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs


@attrs.frozen
class Version:
    """A number or a time. Those of two kinds cannot be compared: then the one that came last counts."""

    value: Decimal | datetime

    def older_than(self, other: "Version") -> bool:
        if isinstance(self.value, Decimal) and isinstance(other.value, Decimal):
            return self.value < other.value
        if isinstance(self.value, datetime) and isinstance(other.value, datetime):
            return self.value < other.value
        return False

    def __str__(self) -> str:
        return self.value.isoformat() if isinstance(self.value, datetime) else str(self.value)


def version_of(value: Any) -> Version:
    """Raises ValueError for what is neither."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _number(str(value))
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value) if not value.isdecimal() else None
        except ValueError:
            return _number(value)
        if moment is not None:
            return Version(moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC))
        return _number(value)
    raise ValueError("is neither a number nor a time such as 2026-01-31T12:00:00Z")


def _number(text: str) -> Version:
    try:
        number = Decimal(text)
    except ArithmeticError:
        number = Decimal("nan")
    if not number.is_finite() or len(text) > 50:
        raise ValueError("is neither a number nor a time such as 2026-01-31T12:00:00Z")
    return Version(number)
