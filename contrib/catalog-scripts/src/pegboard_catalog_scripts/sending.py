"""One product on its way to a shop: looked for by its handle, set, and given its metafields."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import attrs

from .admin import Admin, user_errors
from .documents import FIND_PRODUCT, SET_METAFIELDS, SET_PRODUCT
from .failures import InputError
from .products import Product, image_name

PER_CALL = 25  # metafields that metafieldsSet takes at a time
KEYS = ("namespace", "key", "type", "value")
Metafields = Mapping[str, Sequence[Mapping[str, str]]]


@attrs.frozen
class Sent:
    """What became of one product: created, updated, or `error`."""

    product: Product
    digest: str
    what: str
    error: str = ""


def read_metafields(path: Path | None) -> Metafields:
    """The file that `create_metafields` writes: a line of JSON per product. Raises InputError with the line."""
    if path is None:
        return {}
    found: dict[str, Sequence[Mapping[str, str]]] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), 1):  # of bytes: U+2028 ends no line of JSON
        try:
            entry = json.loads(line)
            found[entry["handle"]] = [{key: str(field[key]) for key in KEYS} for field in entry["metafields"]]
        except (ValueError, KeyError, TypeError):
            place = f"{path.name}: line {number}"
            raise InputError(f"{place}: is not what create_metafields writes; make the file anew") from None
    return found


def send_product(admin: Admin, product: Product, digest: str, metafields: Sequence[Mapping[str, str]]) -> Sent:
    """Make or change one product. Sending it again changes nothing. Raises what `Admin.ask` does."""
    there = admin.ask("findProduct", FIND_PRODUCT, {"handle": product.handle})["productByIdentifier"]
    wanted = dict(product.input)
    if product.images:
        wanted["files"] = [_file(product, source, _names(there)) for source in product.images]
    answer = admin.ask("setProduct", SET_PRODUCT, {"identifier": {"handle": product.handle}, "input": wanted})
    errors = answer["productSet"]["userErrors"]
    if not errors:
        errors = _set_metafields(admin, answer["productSet"]["product"]["id"], metafields)
    if errors:
        return Sent(product, digest, "failed", user_errors(errors))
    return Sent(product, digest, "updated" if there else "created")


def _names(there: Mapping[str, Any] | None) -> dict[str, str]:
    """File name → id of the images that the product has."""
    nodes = there["media"]["nodes"] if there else ()
    return {PurePosixPath(urlsplit(node["image"]["url"]).path).name: node["id"] for node in nodes if node.get("image")}


def _file(product: Product, source: str, there: Mapping[str, str]) -> dict[str, str]:
    """An image that the product has is named by its id; a new one by its address, under a name of its own."""
    name = image_name(product.handle, source)
    if name in there:
        return {"id": there[name]}
    new = {"originalSource": source, "filename": name, "duplicateResolutionMode": "REPLACE", "contentType": "IMAGE"}
    return {**new, "alt": product.input["title"]}


def _set_metafields(admin: Admin, owner: str, metafields: Sequence[Mapping[str, str]]) -> Sequence[Mapping[str, Any]]:
    for start in range(0, len(metafields), PER_CALL):
        chunk = [{**field, "ownerId": owner} for field in metafields[start : start + PER_CALL]]
        answer = admin.ask("setMetafields", SET_METAFIELDS, {"metafields": chunk})
        if errors := answer["metafieldsSet"]["userErrors"]:
            return list(errors)
    return ()
