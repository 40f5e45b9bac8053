"""What callers send. Whatever is not named here is refused: nothing gets into a row that was not meant to."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

import attrs
from attrs.validators import and_, deep_iterable, deep_mapping, ge, gt, le, max_len, min_len, optional

TEXT: Any = max_len(2000)
NAME: Any = and_(min_len(1), max_len(200))
USERNAME = re.compile(r"[A-Za-z0-9]{3,64}")
LARGEST_SKIP = 100_000
MOST_ITEMS = 100
MOST_PIECES = 1_000_000
LARGEST_ID = 2**63 - 1
ADDRESS: Any = and_(min_len(1), max_len(20), deep_mapping(max_len(100), max_len(500)))
ID: Any = and_(ge(1), le(LARGEST_ID))


def _username(instance: object, attribute: object, value: str) -> None:
    if not USERNAME.fullmatch(value):
        raise ValueError("must have 3 to 64 letters of a to z and digits, and nothing else")


@attrs.frozen
class Registration:
    """Who registers."""

    email: str = attrs.field(validator=TEXT)
    username: str = attrs.field(validator=_username)
    password: str = attrs.field(validator=and_(min_len(8), TEXT), repr=False)
    first_name: str = attrs.field(validator=max_len(100))
    last_name: str = attrs.field(validator=max_len(100))
    role: Any = None
    """Ignored: nobody makes himself an admin."""


@attrs.frozen
class Login:
    email: str = attrs.field(validator=TEXT)
    password: str = attrs.field(validator=TEXT, repr=False)


@attrs.frozen
class LoginQuery:
    """A password in an address ends up in histories and logs: send JSON or a form instead."""

    email: str | None = attrs.field(default=None, validator=optional(TEXT))
    password: str | None = attrs.field(default=None, validator=optional(TEXT), repr=False)


@attrs.frozen
class Refresh:
    refresh_token: str = attrs.field(validator=TEXT, repr=False)


@attrs.frozen
class KeyDraft:
    """`permissions` are scopes that the maker has, beyond what every user may do."""

    name: str = attrs.field(validator=NAME)
    permissions: tuple[str, ...] = attrs.field(default=(), validator=and_(max_len(100), deep_iterable(max_len(100))))
    expires_at: datetime | None = None


@attrs.frozen
class UserQuery:
    skip: int = attrs.field(default=0, validator=and_(ge(0), le(LARGEST_SKIP)))
    limit: int = attrs.field(default=100, validator=and_(ge(1), le(1000)))
    role: str | None = attrs.field(default=None, validator=optional(max_len(100)))
    is_active: bool | None = None


@attrs.frozen
class UserUpdate:
    """What is to change; a new e-mail or password needs the old password. Role and activity are for admins."""

    email: str | None = attrs.field(default=None, validator=optional(TEXT))
    username: str | None = attrs.field(default=None, validator=optional(_username))
    first_name: str | None = attrs.field(default=None, validator=optional(max_len(100)))
    last_name: str | None = attrs.field(default=None, validator=optional(max_len(100)))
    password: str | None = attrs.field(default=None, validator=optional(and_(min_len(8), TEXT)), repr=False)
    old_password: str = attrs.field(default="", validator=TEXT, repr=False)
    role: str | None = attrs.field(default=None, validator=optional(max_len(100)))
    is_active: bool | None = None


@attrs.frozen
class CategoryQuery:
    parent_id: int | None = attrs.field(default=None, validator=optional(ID))
    is_active: bool | None = True


@attrs.frozen
class ProductQuery:
    """Which products: those that are for sale, unless `is_active` says otherwise."""

    skip: int = attrs.field(default=0, validator=and_(ge(0), le(LARGEST_SKIP)))
    limit: int = attrs.field(default=50, validator=and_(ge(1), le(100)))
    category_id: int | None = attrs.field(default=None, validator=optional(ID))
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    search: str = attrs.field(default="", validator=max_len(200))
    featured: bool | None = None
    is_active: bool | None = True


@attrs.frozen
class OrderLine:
    product_id: int = attrs.field(validator=ID)
    quantity: int = attrs.field(validator=and_(gt(0), le(MOST_PIECES)))


@attrs.frozen
class OrderDraft:
    """The billing address is that of the shipping where none is given."""

    items: tuple[OrderLine, ...] = attrs.field(validator=and_(min_len(1), max_len(MOST_ITEMS)))
    shipping_address: dict[str, str] = attrs.field(validator=ADDRESS)
    payment_method: str = attrs.field(validator=and_(min_len(1), max_len(100)))
    billing_address: dict[str, str] | None = attrs.field(default=None, validator=optional(ADDRESS))
    notes: str | None = attrs.field(default=None, validator=optional(max_len(2000)))


@attrs.frozen
class OrderQuery:
    skip: int = attrs.field(default=0, validator=and_(ge(0), le(LARGEST_SKIP)))
    limit: int = attrs.field(default=50, validator=and_(ge(1), le(100)))
    status: str | None = attrs.field(default=None, validator=optional(max_len(20)))


@attrs.frozen
class StatusQuery:
    """One of pending, confirmed, shipped, delivered, cancelled."""

    status: str = attrs.field(validator=max_len(200))


@attrs.frozen
class SalesQuery:
    days: int = attrs.field(default=30, validator=and_(ge(1), le(365)))
