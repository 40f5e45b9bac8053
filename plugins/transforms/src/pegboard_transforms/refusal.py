"""A value that cannot be changed, told."""

from reprlib import Repr
from typing import Any

SHOWN = 100
_repr = Repr()
_repr.maxstring = _repr.maxother = _repr.maxlong = SHOWN


def refusal(transform: str, value: Any, reason: str) -> ValueError:
    """The error to raise: the transform, a cut of the value, and the reason with the way out."""
    shown = _repr.repr(value)
    cut = shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 1]}…"
    return ValueError(f"{transform}: {cut} {reason}")
