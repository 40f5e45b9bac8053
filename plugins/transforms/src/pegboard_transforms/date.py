"""A moment, read in one format and written in another."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from pegboard import MISSING, Apply, Transform, TransformContext, setting

from .formats import reader, writer
from .refusal import refusal

ISO, MAIL, SECONDS, MILLISECONDS = "ISO8601", "RFC2822", "epoch", "epochMillis"
DAY = "YYYY-MM-DD"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNITS = {SECONDS: timedelta(seconds=1), MILLISECONDS: timedelta(milliseconds=1)}
DIGITS = re.compile(r"-?\d{1,17}(\.\d{1,9})?", re.ASCII)

Read = Callable[[Any], datetime]
Write = Callable[[datetime], Any]


def _is_readable(instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    _read(value, UTC)


def _is_writable(instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    _write(value, UTC)


def _is_zone(instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    zone(value)


@attrs.frozen
class DateConfig:
    """Two formats and two zones."""

    inputFormat: str = setting(
        ISO,
        help=f"{ISO}, {MAIL}, {SECONDS}, {MILLISECONDS}, or a pattern: YYYY-MM-DD, %d.%m.%Y",
        validator=_is_readable,
    )
    outputFormat: str = setting(ISO, help="the same, to write", validator=_is_writable)
    timezone: str = setting("UTC", help="the zone of moments that name none, such as Europe/Paris", validator=_is_zone)
    outputTimezone: str = setting("UTC", help="the zone to write in", validator=_is_zone)


def zone(name: str) -> tzinfo:
    """A zone of the IANA data base: the system's, or that of tzdata. Raises ValueError."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone: write one of the IANA data base, such as Europe/Paris") from None


def compiled(config: DateConfig, context: TransformContext) -> Apply:
    source, target = zone(config.timezone), zone(config.outputTimezone)
    read = _read(config.inputFormat, source)
    write = _write(config.outputFormat, target)

    def apply(value: Any, record: Any) -> Any:
        if value is None or value is MISSING:
            return value
        try:
            moment = read(value)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=source)
            return write(moment if moment.tzinfo is target else moment.astimezone(target))
        except (ValueError, OverflowError, TypeError) as error:
            raise refusal("date", value, _reason(config, value, error)) from None

    plain = (config.inputFormat, config.outputFormat, source, target) == (DAY, ISO, UTC, UTC)
    return _days(apply) if plain else apply


def _reason(config: DateConfig, value: Any, error: Exception) -> str:
    if isinstance(error, OverflowError):
        hint = f" for {SECONDS}: if it counts milliseconds, set inputFormat to {MILLISECONDS}"
        return f"is out of range{hint if config.inputFormat == SECONDS else ': the years are 1 to 9999'}"
    if isinstance(error, TypeError):
        return f"is no text, and {SECONDS} or {MILLISECONDS} read numbers; set inputFormat as it is written"
    told = str(error) if str(error).startswith(("is ", "has ")) else f"is not of {config.inputFormat} ({error})"
    return f"{told}; set inputFormat as it is written"


def _days(apply: Apply) -> Apply:
    """What the most frequent of all formats becomes, without taking the day apart and putting it together again."""

    def days(value: Any, record: Any) -> Any:
        if type(value) is str and len(value) == 10 and value[4] == "-" == value[7]:
            try:
                date.fromisoformat(value)
            except ValueError:
                return apply(value, record)
            return value + "T00:00:00Z"
        return apply(value, record)

    return days


def _read(text: str, source: tzinfo) -> Read:
    match text:
        case "ISO8601":
            return datetime.fromisoformat
        case "RFC2822":
            return _mail
        case "epoch" | "epochMillis":
            return _counted(UNITS[text])
    return reader(text, source)


def _mail(value: Any) -> datetime:
    if not isinstance(value, str):
        raise TypeError("no text")
    return parsedate_to_datetime(value)


def _counted(unit: timedelta) -> Read:
    def read(value: Any) -> datetime:
        if type(value) is int:
            return EPOCH + value * unit
        if isinstance(value, str) and DIGITS.fullmatch(value):
            value = float(value) if "." in value else int(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("is no number")
        return EPOCH + value * unit

    return read


def _write(text: str, target: tzinfo) -> Write:
    match text:
        case "ISO8601" if target is UTC:
            return lambda moment: f"{moment.isoformat()[:-6]}Z"  # in place of +00:00
        case "ISO8601":
            return datetime.isoformat
        case "RFC2822":
            return format_datetime
        case "epoch" | "epochMillis":
            unit = UNITS[text]
            return lambda moment: (moment - EPOCH) // unit
    return writer(text)


DATE = Transform("date", "A moment, read in one format and written in another", DateConfig, compile=compiled)
