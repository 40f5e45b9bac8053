"""Formats of dates: `YYYY-MM-DD HH:mm` or `%Y-%m-%d %H:%M`. Months and days have English names, whatever the locale."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PIVOT = 69
"""Years of two digits: 69 to 99 are of the last century, as POSIX has it."""

DIRECTIVES = {
    "Y": "YYYY", "y": "YY", "m": "MM", "-m": "M", "B": "MMMM", "b": "MMM", "d": "DD", "-d": "D", "A": "dddd",
    "a": "ddd", "H": "HH", "-H": "H", "I": "hh", "-I": "h", "p": "A", "M": "mm", "S": "ss", "f": "SSSSSS", "z": "ZZ",
}  # fmt: skip
TOKEN = re.compile(r"\[([^\]]*)\]|(YYYY|YY|M{1,4}|DD?|d{3,4}|HH?|hh?|mm?|ss?|S{1,6}|[Aa]|ZZ?)|(.)", re.DOTALL)
DIRECTIVE = re.compile(r"%(-?[A-Za-z%])|([^%]+|%)")

CALENDAR = ("year", "month", "day", "hour", "minute", "second")
NAMED = frozenset({"YY", "MMM", "MMMM"})
"""Tokens of the calendar that are more than a number."""

Part = tuple[bool, str]
"""Whether it is a token, and the token or the text."""

KINDS = {
    "YYYY": ("year", r"\d{4}"), "YY": ("year", r"\d{2}"),
    "MMMM": ("month", "|".join(MONTHS)), "MMM": ("month", "|".join(name[:3] for name in MONTHS)),
    "MM": ("month", r"\d{2}"), "M": ("month", r"\d{1,2}"),
    "DD": ("day", r"\d{2}"), "D": ("day", r"\d{1,2}"),
    "dddd": ("weekday", "|".join(DAYS)), "ddd": ("weekday", "|".join(name[:3] for name in DAYS)),
    "HH": ("hour", r"\d{2}"), "H": ("hour", r"\d{1,2}"), "hh": ("half", r"\d{2}"), "h": ("half", r"\d{1,2}"),
    "A": ("noon", "AM|PM"), "a": ("noon", "am|pm"),
    "mm": ("minute", r"\d{2}"), "m": ("minute", r"\d{1,2}"), "ss": ("second", r"\d{2}"), "s": ("second", r"\d{1,2}"),
    "ZZ": ("offset", r"Z|[+-]\d{2}:?\d{2}"), "Z": ("offset", r"Z|[+-]\d{2}:?\d{2}"),
    **{"S" * size: ("fraction", rf"\d{{{size}}}") for size in range(1, 7)},
}  # fmt: skip


def reader(text: str, zone: tzinfo) -> Callable[[str], datetime]:
    """The function that reads a moment, in `zone` where the format has no offset. Raises ValueError."""
    parts = _parts(text)
    tokens = [token for is_token, token in parts if is_token]
    kinds = [KINDS[token][0] for token in tokens]
    _check(text, kinds)
    plain = set(kinds) <= set(CALENDAR) and not NAMED.intersection(tokens)
    made = _calendar(kinds, zone) if plain else lambda found: _moment(found.groupdict(), zone)
    pattern = re.compile("".join(_group(*part) for part in parts), re.ASCII | re.IGNORECASE)

    def read(value: str) -> datetime:
        found = pattern.fullmatch(value)
        if found is None:
            raise ValueError(f"is not written as {text}")
        return made(found)

    return read


def writer(text: str) -> Callable[[datetime], str]:
    """The function that writes a moment. Raises ValueError."""
    writers = [_writer(token) if is_token else token for is_token, token in _parts(text)]
    if not any(callable(one) for one in writers):
        raise ValueError(f"{text!r} has no token: write one, such as YYYY-MM-DD")
    return lambda moment: "".join([one if isinstance(one, str) else one(moment) for one in writers])


def _parts(text: str) -> list[Part]:
    return list(map(_directive, DIRECTIVE.finditer(text)) if "%" in text else map(_token, TOKEN.finditer(text)))


def _token(found: re.Match[str]) -> Part:
    literal, token, other = found.groups()
    if token:
        return True, token
    if other and other.isalpha() and other != "T":
        raise ValueError(f"column {found.start() + 1}: {other!r} is no token of a date; write letters as [{other}]")
    return False, other if literal is None else literal


def _directive(found: re.Match[str]) -> Part:
    name, literal = found.groups()
    if name == "%":
        return False, "%"
    if name is None and literal != "%":
        return False, literal
    if name not in DIRECTIVES:
        known = " ".join(f"%{one}" for one in DIRECTIVES)
        raise ValueError(f"column {found.start() + 1}: {found.group()!r} is no directive; known are {known}")
    return True, DIRECTIVES[name]


def _group(is_token: bool, text: str) -> str:
    return "(?P<{}>{})".format(*KINDS[text]) if is_token else re.escape(text)


def _check(text: str, kinds: list[str]) -> None:
    twice = next((kind for kind in kinds if kinds.count(kind) > 1), "")
    if twice or ("hour" in kinds and "half" in kinds):
        raise ValueError(f"{text!r} has the {twice or 'hour'} twice: leave one out")
    if "year" not in kinds:
        raise ValueError(f"{text!r} has no year: add YYYY")
    if ("half" in kinds) != ("noon" in kinds):
        raise ValueError(f"{text!r} has hours of half a day or their A alone: take hh with A, or HH")
    for small, large in (("day", "month"), ("minute", "hour"), ("second", "minute"), ("fraction", "second")):
        if small in kinds and large not in kinds and not (large == "hour" and "half" in kinds):
            raise ValueError(f"{text!r} has the {small} without the {large}: add it")


def _calendar(kinds: list[str], zone: tzinfo) -> Callable[[re.Match[str]], datetime]:
    """For numbers alone, which most formats have: no smaller one is there without the larger ones."""
    order = [kinds.index(kind) for kind in CALENDAR if kind in kinds]
    rest = [1, 1, 1, 0, 0, 0][len(order) :]

    def moment(found: re.Match[str]) -> datetime:
        groups = found.groups()
        year, month, day, hour, minute, second = [int(groups[place]) for place in order] + rest
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)

    return moment


def _moment(found: Mapping[str, str], zone: tzinfo) -> datetime:
    year = found["year"]
    return datetime(
        int(year) if len(year) == 4 else int(year) + (1900 if int(year) >= PIVOT else 2000),
        _month(found.get("month", "1")),
        int(found.get("day", "1")),
        _hour(found),
        int(found.get("minute", "0")),
        int(found.get("second", "0")),
        int(found.get("fraction", "0").ljust(6, "0")),
        _offset_of(found["offset"]) if "offset" in found else zone,
    )


def _month(text: str) -> int:
    if text.isdigit():
        return int(text)
    return next(number for number, name in enumerate(MONTHS, 1) if name[:3].lower() == text[:3].lower())


def _hour(found: Mapping[str, str]) -> int:
    if "half" not in found:
        return int(found.get("hour", "0"))
    half = int(found["half"])
    if not 1 <= half <= 12:
        raise ValueError("has an hour that is not of 1 to 12: take HH without A")
    return half % 12 + (12 if found["noon"].upper() == "PM" else 0)


def _offset_of(text: str) -> timezone:
    if text.upper() == "Z":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _writer(token: str) -> Callable[[datetime], str]:
    return WRITERS[token] if token in WRITERS else _number(token)


def _number(token: str) -> Callable[[datetime], str]:
    kind = KINDS[token][0]
    if kind == "fraction":
        return lambda moment: f"{moment.microsecond:06d}"[: len(token)]
    return lambda moment: str(getattr(moment, kind)).rjust(len(token), "0")


def _offset(colon: str) -> Callable[[datetime], str]:
    return lambda moment: moment.strftime("%z")[:3] + colon + moment.strftime("%z")[3:5]


WRITERS: dict[str, Callable[[Any], str]] = {
    "YY": lambda moment: f"{moment.year % 100:02d}",
    "MMMM": lambda moment: MONTHS[moment.month - 1],
    "MMM": lambda moment: MONTHS[moment.month - 1][:3],
    "dddd": lambda moment: DAYS[moment.weekday()],
    "ddd": lambda moment: DAYS[moment.weekday()][:3],
    "hh": lambda moment: f"{(moment.hour + 11) % 12 + 1:02d}",
    "h": lambda moment: str((moment.hour + 11) % 12 + 1),
    "A": lambda moment: "PM" if moment.hour >= 12 else "AM",
    "a": lambda moment: "pm" if moment.hour >= 12 else "am",
    "ZZ": _offset(""),
    "Z": _offset(":"),
}
