"""Images that a product in a shop has twice: told by their very bytes, and taken off the product.

Only pictures of the same size in pixels are fetched and compared. They are taken off the product and stay among the
shop's files, so that nothing is lost.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

import attrs
import httpx

from .admin import Admin, user_errors
from .documents import DETACH_FILES, LIST_IMAGES
from .failures import ScriptError
from .program import Job

LARGEST = 20_000_000  # bytes that Shopify takes for an image


@attrs.frozen
class Double:
    """The image `id` of a product has the bytes of its image `kept`."""

    product: str
    handle: str
    id: str
    kept: str


def list_products(job: Job, admin: Admin) -> Iterator[list[Mapping[str, Any]]]:
    """The shop's products with their images, a page at a time."""
    after = None
    while True:
        page = admin.ask("listImages", LIST_IMAGES, {"first": job.options.batch_size, "after": after})["products"]
        yield page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def find_doubles(product: Mapping[str, Any], client: httpx.Client) -> list[Double]:
    """All but the first of each picture."""
    sizes: dict[tuple[int, int], list[Mapping[str, Any]]] = defaultdict(list)
    for node in product["media"]["nodes"]:
        if node.get("image"):  # videos, models, and what is still being processed have none
            sizes[node["image"]["width"], node["image"]["height"]].append(node)
    found = []
    for nodes in sizes.values():
        first: dict[str, str] = {}
        for node in nodes if len(nodes) > 1 else ():
            kept = first.setdefault(fetch_digest(client, node["image"]["url"]), node["id"])
            if kept != node["id"]:
                found.append(Double(product["id"], product["handle"], node["id"], kept))
    return found


def fetch_digest(client: httpx.Client, url: str) -> str:
    """SHA-256 of what is at an address. Raises ScriptError for what cannot be fetched whole."""
    hashed, size = sha256(), 0
    try:
        with client.stream("GET", url) as response:
            response.raise_for_status()
            for block in response.iter_bytes():
                hashed.update(block)
                size += len(block)
                if size > LARGEST:
                    raise ScriptError(f"the image {url} is larger than {LARGEST} bytes")
    except httpx.HTTPError as error:
        raise ScriptError(f"the image {url} could not be fetched: {error}") from None
    return hashed.hexdigest()


def detach(admin: Admin, doubles: Sequence[Double]) -> None:
    """Take images off their products; all of a product's in one call."""
    files = [{"id": double.id, "referencesToRemove": [double.product]} for double in doubles]
    answer = admin.ask("detachFiles", DETACH_FILES, {"files": files})
    if errors := answer["fileUpdate"]["userErrors"]:
        raise ScriptError(f"the shop kept images of {doubles[0].handle!r}: {user_errors(errors)}")
