"""Products out of the rows of a catalogue, as Shopify's ``productSet`` takes them.

Rows that follow one another with the same handle are one product with several variants. ``productSet`` is what
Shopify recommends to sync from an outside source: it makes the product or changes it, found by its handle.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

import attrs

from .columns import Columns, images, price, quantity, slug, tags
from .sifting import Catalogue
from .tables import Row


@attrs.frozen
class Product:
    """`input` is a ``ProductSetInput`` without files; `line` is where the product begins in the catalogue."""

    handle: str
    line: int
    input: dict[str, Any]
    images: tuple[str, ...]


@attrs.frozen
class Look:
    """What is said for all products: the location of quantities, the status, whether images are left out."""

    status: str
    location: str | None = None
    skip_images: bool = False


def read_products(catalogue: Catalogue, look: Look) -> Iterator[Product]:
    """The catalogue's products. Rows that make none, and handles that come again later, are refused."""
    seen: set[str] = set()
    columns = catalogue.columns
    for handle, group in groupby(catalogue.rows(), lambda row: find_handle(columns, row)):
        rows = list(group)
        if handle in seen:  # productSet would delete the variants of the first one
            _refuse(catalogue, rows, f"handle {handle!r} came before; rows of one product must follow one another")
            continue
        try:
            if not handle:
                raise ValueError("has neither a handle nor a title")
            product = make_product(columns, handle, rows, look)
        except ValueError as error:
            _refuse(catalogue, rows, str(error))
            continue
        seen.add(handle)
        yield product


def find_handle(columns: Columns, row: Row) -> str:
    """The row's handle; without one, that of its title and SKU, so that it is the same in the next run."""
    if own := slug(columns.value(row.cells, "handle")):
        return own
    title = columns.value(row.cells, "title")
    return slug(f"{title} {columns.value(row.cells, 'sku')}") if title else ""


def make_product(columns: Columns, handle: str, rows: Sequence[Row], look: Look) -> Product:
    """Raises ValueError with the column and the reason."""
    first = rows[0].cells
    title = columns.value(first, "title")
    if not title:
        raise ValueError("column 'title': is empty")
    name = columns.value(first, "option_name") or ("Title" if len(rows) == 1 else "Variant")
    variants = [_variant(columns, row, name, look, single=len(rows) == 1) for row in rows]
    values = [variant["optionValues"][0]["name"] for variant in variants]
    if len(set(values)) < len(values):
        raise ValueError(f"two variants are called {next(v for v in values if values.count(v) > 1)!r}")
    found: dict[str, Any] = {
        "handle": handle,
        "title": title,
        "status": look.status,
        "productOptions": [{"name": name, "position": 1, "values": [{"name": value} for value in values]}],
        "variants": variants,
    }
    for key, standard in (("descriptionHtml", "description"), ("vendor", "brand"), ("productType", "type")):
        if columns.has(standard):
            found[key] = columns.value(first, standard)
    if columns.has("tags"):
        found["tags"] = tags(columns.value(first, "tags"))
    pictures = [image for row in rows for image in images(columns.value(row.cells, "images"))]
    for picture in pictures:
        if not look.skip_images and not picture.startswith(("https://", "http://")):
            raise ValueError(f"column 'images': {picture!r} is not an address that the shop could fetch")
    return Product(handle, rows[0].line, found, () if look.skip_images else tuple(dict.fromkeys(pictures)))


def image_name(handle: str, source: str) -> str:
    """A file name that is the same whenever this image of this product is sent."""
    ending = PurePosixPath(source.partition("?")[0]).suffix.lower()
    ending = ending if ending in (".jpg", ".jpeg", ".png", ".gif", ".webp") else ".jpg"
    return f"{handle[:80]}-{sha256(source.encode()).hexdigest()[:12]}{ending}"


def _variant(columns: Columns, row: Row, option: str, look: Look, single: bool) -> dict[str, Any]:
    cells = row.cells
    value = columns.value(cells, "option_value") or ("Default Title" if single else columns.value(cells, "sku"))
    if not value:
        raise ValueError("a variant has neither an option value nor a SKU")
    found: dict[str, Any] = {"optionValues": [{"optionName": option, "name": value}]}
    if sku := columns.value(cells, "sku"):
        found["sku"] = sku
    if code := columns.value(cells, "barcode"):
        found["barcode"] = code
    for key, standard in (("price", "price"), ("compareAtPrice", "compare_at_price")):
        if text := columns.value(cells, standard):
            found[key] = str(_checked(price, standard, text))
    if text := columns.value(cells, "quantity"):
        pieces = _checked(quantity, "quantity", text)
        if look.location:
            found["inventoryItem"] = {"tracked": True}
            found["inventoryQuantities"] = [{"locationId": look.location, "name": "available", "quantity": pieces}]
    return found


def _checked(read: Any, name: str, text: str) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise ValueError(f"column {name!r}: {error}") from None


def _refuse(catalogue: Catalogue, rows: Sequence[Row], reason: str) -> None:
    for row in rows:
        catalogue.refuse(row, reason)
