"""Rates as operators write them: ``60/minute``, ``5/10 seconds by address``, ``10/second; 1000/day by tenant``."""

import re
from typing import Any, get_args, get_type_hints

import attrs

from pegboard import Rate

UNLIMITED = "unlimited"
SUBJECTS: tuple[str, ...] = get_args(get_type_hints(Rate)["by"])
NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*(?:\.\*)?|\*")
"""A route's name, all of a plugin's or resource's (``widgets.*``), or all routes."""

SCOPE = re.compile(r"[!#-\[\]-~]+", re.ASCII)


@attrs.frozen
class Policy:
    """Rates that are counted together under one name, which callers see in headers; none is no limit."""

    name: str
    rates: tuple[Rate, ...]


def parse_rates(text: str) -> tuple[Rate, ...]:
    """The rates of a text; none of ``unlimited``. Raises ValueError."""
    if text.strip() == UNLIMITED:
        return ()
    return tuple(_rate(part) for part in text.split(";"))


def _rate(text: str) -> Rate:
    from limits import parse  # only those wait for it who set rates

    amount, _, by = (part.strip() for part in text.partition(" by "))
    try:
        item = parse(amount)
    except ValueError:
        raise ValueError(
            f'{text.strip()!r} is no rate: write such as "60/minute", "5/10 seconds" or "unlimited"'
        ) from None
    if item.amount < 1 or item.multiples < 1:
        raise ValueError(f"{text.strip()!r} lets nobody in: use at least 1")
    if by and by not in SUBJECTS:
        raise ValueError(f"{text.strip()!r} is counted by {by!r}: use one of {', '.join(SUBJECTS)}")
    return Rate(item.amount, item.get_expiry(), by or "principal")  # type: ignore[arg-type]


def check_rates(instance: Any, attribute: Any, value: str) -> None:
    """A setting that is empty or a rate. Raises ValueError."""
    if value:
        parse_rates(value)


def check_table(instance: Any, attribute: Any, value: Any) -> None:
    """A setting that is a table of rates by route. Raises ValueError."""
    for name, text in value.items():
        if not NAME.fullmatch(name):
            raise ValueError(f'{name!r} is no route: write its name, such as "widgets.create", "widgets.*" or "*"')
        try:
            parse_rates(text)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None


def check_tables(instance: Any, attribute: Any, value: Any) -> None:
    """A setting that is a table of rates for each of some scopes. Raises ValueError."""
    for scope, table in value.items():
        if not SCOPE.fullmatch(scope):
            raise ValueError(f"{scope!r} is no scope: use visible ASCII characters without quotes and backslashes")
        try:
            check_table(instance, attribute, table)
        except ValueError as error:
            raise ValueError(f"{scope}: {error}") from None
