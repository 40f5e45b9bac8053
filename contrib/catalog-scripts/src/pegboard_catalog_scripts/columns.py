"""Which column of a catalogue is which: suppliers and Shopify's own export call the same thing by many names."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

import attrs

from .failures import InputError

NAMES: Mapping[str, tuple[str, ...]] = {
    "handle": ("handle", "url handle", "slug"),
    "sku": ("sku", "variant sku", "item number", "article number"),
    "title": ("title", "product name", "name"),
    "description": ("description", "body (html)", "body html", "description html"),
    "brand": ("brand", "vendor", "manufacturer"),
    "type": ("type", "product type"),
    "tags": ("tags",),
    "price": ("price", "variant price"),
    "compare_at_price": ("compare at price", "variant compare at price"),
    "quantity": ("quantity", "stock", "qty", "inventory quantity", "variant inventory qty"),
    "barcode": ("barcode", "variant barcode", "ean", "gtin", "upc"),
    "images": ("images", "image", "image src", "image url", "image urls"),
    "option_name": ("option1 name", "option name"),
    "option_value": ("option1 value", "option value"),
    "updated_at": ("updated at", "modified", "last modified"),
}
_IMAGE_BREAK = re.compile(r"[\s|;]+|,\s*(?=https?://)")


@attrs.frozen
class Columns:
    """The columns of one file: `found` is standard name → the file's own name."""

    found: Mapping[str, str]
    all: frozenset[str]

    def value(self, cells: Mapping[str, str], name: str) -> str:
        """The cell of a column by its standard name or its own; empty where there is none."""
        return cells.get(self.found.get(name, name), "").strip()

    def has(self, name: str) -> bool:
        return name in self.found or name in self.all

    def require(self, file: str, *names: str) -> None:
        """Raises InputError that names the column and what it may be called."""
        for name in names:
            if not self.has(name):
                known = ", ".join(NAMES.get(name, (name,)))
                there = ", ".join(sorted(self.all))
                raise InputError(f"{file}: has no column {name!r} (it may be called {known}); it has {there}")


def find_columns(header: Sequence[str]) -> Columns:
    """Of several columns for one thing, the name that stands first in `NAMES` is taken."""
    plain = {plain_name(name): name for name in reversed(header)}
    found = {}
    for standard, names in NAMES.items():
        own = next((plain[name] for name in names if name in plain), None)
        if own is not None:
            found[standard] = own
    return Columns(found, frozenset(header))


def plain_name(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split())


def plain_text(text: str) -> str:
    """A text without case, accents' spelling, punctuation and spacing: equal for what reads the same."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[^\w]+", " ", folded).split())


def slug(text: str) -> str:
    """A handle as Shopify makes it of a title: letters without accents, digits and hyphens, at most 255."""
    bare = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text.lower()))
    return re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", bare).lower()).strip("-")[:255].strip("-")


def price(text: str) -> Decimal:
    """A price with a point or a comma before the cents. Raises ValueError with the reason."""
    if not re.fullmatch(r"[0-9]{1,12}([.,][0-9]{1,4})?", text):
        raise ValueError(f"{text!r} is not a price like 12.50")
    return Decimal(text.replace(",", "."))


def quantity(text: str) -> int:
    """A whole number of pieces. Raises ValueError with the reason."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number != number.to_integral_value() or abs(number) > 10**9:
        raise ValueError(f"{text!r} is not a whole number")
    return int(number)


def images(text: str) -> list[str]:
    """The images of a cell, in order; between them white space, ``|``, ``;`` or a comma."""
    return [image for image in _IMAGE_BREAK.split(text.strip()) if image]


def tags(text: str) -> list[str]:
    return list(dict.fromkeys(tag for part in text.split(",") if (tag := part.strip())))
