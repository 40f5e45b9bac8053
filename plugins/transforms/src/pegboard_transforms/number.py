"""A number, from the texts that people write."""

import re
import unicodedata
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from math import isfinite
from typing import Any, Literal

import attrs

from pegboard import MISSING, Apply, Transform, TransformContext, setting

from .refusal import refusal

ROUNDING = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "floor": ROUND_FLOOR,
    "ceiling": ROUND_CEILING,
    "down": ROUND_DOWN,
}
LONGEST = 400
"""Characters of a number: more than any float needs, and less than Python refuses to read."""

EXACT = Context(prec=LONGEST + 20)
SPACES = " \u00a0\u202f\u2009"
APOSTROPHES = "'\u2019"
AFFIX = re.compile(r"[A-Za-z]{2,3}\.?")

SIMPLE = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")

Read = Callable[[str], Decimal | None]


@attrs.frozen
class NumberConfig:
    """How numbers are written, and what they become."""

    type: Literal["auto", "integer", "float", "decimal"] = setting(
        "auto",
        help="auto: an integer where there is no fraction, else a float; decimal is exact; integer refuses a fraction",
    )
    decimalSeparator: Literal[".", ","] = setting(".", help="what stands before the fraction")
    thousandsSeparator: Literal["", ",", ".", " ", "'", "_"] = setting(
        "", help="what stands between groups of digits; a space is also a no-break one"
    )
    currency: bool = setting(False, help="allow a currency's sign or code before or behind the number")
    round: int | None = setting(
        None,
        help="digits of the fraction to round to",
        validator=attrs.validators.optional([attrs.validators.ge(0), attrs.validators.le(20)]),
    )
    rounding: Literal["half_up", "half_even", "floor", "ceiling", "down"] = setting("half_up", help="how to round")

    def __attrs_post_init__(self) -> None:
        if self.decimalSeparator == self.thousandsSeparator:
            raise ValueError(f"thousandsSeparator is {self.thousandsSeparator!r}, as decimalSeparator is: change one")


def compiled(config: NumberConfig, context: TransformContext) -> Apply:
    careful = _careful(config)
    if config.round is not None or config.decimalSeparator != "." or config.type not in ("auto", "float"):
        return careful
    as_float = config.type == "float"

    def quick(value: Any, record: Any) -> Any:
        """What most values are: numbers, and texts that Python reads as JSON does."""
        kind = type(value)
        if kind is str and (found := SIMPLE.fullmatch(value)):
            return float(value) if as_float or found[1] else int(value)
        if kind is float and isfinite(value):
            return value
        return careful(value, record)

    return quick


def _careful(config: NumberConfig) -> Apply:
    read, finish = _reader(config), _finisher(config)

    def apply(value: Any, record: Any) -> Any:
        if value is None or value is MISSING:
            return value
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise refusal("number", value, "is no number and no text: name the field within it, or use boolean")
        number = read(value) if isinstance(value, str) else _exact(value)
        if number is None:
            raise refusal("number", value, f"is no number {_told(config)}")
        try:
            return finish(number)
        except (ArithmeticError, ValueError) as error:
            raise refusal("number", value, str(error)) from None

    return apply


def _told(config: NumberConfig) -> str:
    groups = f" and {config.thousandsSeparator!r} between thousands" if config.thousandsSeparator else ""
    settings = "decimalSeparator, thousandsSeparator or currency"
    return f"with {config.decimalSeparator!r} before the fraction{groups}: set {settings} as it is written"


def _exact(value: Any) -> Decimal | None:
    if isinstance(value, float):
        return Decimal(repr(value)) if isfinite(value) else None
    number = Decimal(value)
    return number if number.is_finite() else None


def _reader(config: NumberConfig) -> Read:
    pattern = re.compile(_pattern(config))
    groups = {" ": SPACES, "'": APOSTROPHES}.get(config.thousandsSeparator, config.thousandsSeparator)
    drop = str.maketrans("", "", groups)

    def read(text: str) -> Decimal | None:
        text = text.strip().replace("\u2212", "-")
        found = pattern.fullmatch(text) if len(text) <= LONGEST else None
        if found is None or not (found["whole"] or found["fraction"]) or (found["sign"] and found["inner"]):
            return None
        if not (_is_currency(found["before"]) and _is_currency(found["behind"])):
            return None
        sign, whole = found["sign"] or found["inner"], (found["whole"] or "0").translate(drop)
        point = f".{found['fraction']}" if found["fraction"] else ""
        return Decimal(f"{sign}{whole}{point}e{found['power'] or 0}")

    return read


def _pattern(config: NumberConfig) -> str:
    separator = re.escape(config.decimalSeparator)
    group = {" ": f"[{SPACES}]", "'": f"[{APOSTROPHES}]"}.get(
        config.thousandsSeparator, re.escape(config.thousandsSeparator)
    )
    # The last group has three digits, so that "1,5" is never read as 15; those before it two or three, as in India.
    grouped = rf"|[0-9]{{1,3}}(?:{group}[0-9]{{2,3}})*{group}[0-9]{{3}}" if group else ""
    number = rf"(?P<whole>[0-9]+{grouped})?(?:{separator}(?P<fraction>[0-9]+))?(?:[eE](?P<power>[+-]?[0-9]{{1,3}}))?"
    affix = r"[^0-9\s+.,-]*+" if config.currency else ""
    return rf"(?P<sign>[+-]?)(?P<before>{affix})\s*+(?P<inner>[+-]?){number}\s*+(?P<behind>{affix}\.?)"


def _is_currency(affix: str) -> bool:
    return not affix or any(unicodedata.category(char) == "Sc" for char in affix) or bool(AFFIX.fullmatch(affix))


def _finisher(config: NumberConfig) -> Callable[[Decimal], int | float | Decimal]:
    """The function from the exact number to the config's type. Raises ValueError."""
    finish = {"auto": _auto, "integer": _integer, "float": _float, "decimal": _decimal}[config.type]
    if config.round is None:
        return finish
    unit, mode = Decimal(1).scaleb(-config.round), ROUNDING[config.rounding]

    def rounded(number: Decimal) -> int | float | Decimal:
        return finish(_bounded(number).quantize(unit, mode, EXACT))

    return rounded


def _bounded(number: Decimal) -> Decimal:
    # An exponent makes a number of any length out of a few characters.
    if number and abs(number.adjusted()) > 308:
        raise ValueError("is out of range: at most 308 digits before the point or zeros behind it")
    return number


def _auto(number: Decimal) -> int | float:
    return int(number) if _bounded(number) == number.to_integral_value() and _is_whole(number) else _float(number)


def _is_whole(number: Decimal) -> bool:
    """Whether it was written without a fraction: 2.0 is a measure, and 2 a count."""
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= 0


def _integer(number: Decimal) -> int:
    if _bounded(number) != number.to_integral_value():
        raise ValueError("has a fraction: set round to 0, or take the type float")
    return int(number)


def _float(number: Decimal) -> float:
    return float(_bounded(number))


def _decimal(number: Decimal) -> Decimal:
    return _bounded(number)


NUMBER = Transform("number", "A number, from the texts that people write", NumberConfig, compile=compiled)
