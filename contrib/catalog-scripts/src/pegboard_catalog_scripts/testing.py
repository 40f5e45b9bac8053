"""A stand-in for a shop's Admin API, on a socket of this machine: what the scripts ask of it, and its limits.

    with ShopStandIn.open() as shop:
        shop.failures += [(429, {"Retry-After": "0.1"}), (500, {})]     # the next answers
        ...                                                             # SHOPIFY_ADMIN_URL=shop.url
        assert shop.products["red-hat"].input["title"] == "Red hat"

It checks each query against the part of Shopify's schema that is below, so that a field or a type that is not
there is an error here, too.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, ClassVar
from urllib.parse import urlsplit

import attrs
from graphql import DocumentNode, GraphQLError, build_schema, execute_sync, parse, validate

TOKEN = "shpat_stand_in_token"

SCHEMA = build_schema("""
scalar Money
scalar URL
type Query {
  productByIdentifier(identifier: ProductIdentifierInput!): Product
  products(first: Int, after: String): ProductConnection!
}
type Mutation {
  productSet(identifier: ProductSetIdentifiers, input: ProductSetInput!, synchronous: Boolean = true): ProductSetPayload
  metafieldsSet(metafields: [MetafieldsSetInput!]!): MetafieldsSetPayload
  metafieldDefinitionCreate(definition: MetafieldDefinitionInput!): MetafieldDefinitionCreatePayload
  fileUpdate(files: [FileUpdateInput!]!): FileUpdatePayload
}
input ProductIdentifierInput { id: ID handle: String }
input ProductSetIdentifiers { handle: String }
input ProductSetInput {
  handle: String title: String descriptionHtml: String vendor: String productType: String tags: [String!]
  status: ProductStatus productOptions: [OptionSetInput!] variants: [ProductVariantSetInput!] files: [FileSetInput!]
}
enum ProductStatus { ACTIVE ARCHIVED DRAFT }
input OptionSetInput { name: String position: Int values: [OptionValueSetInput!] }
input OptionValueSetInput { name: String }
input ProductVariantSetInput {
  optionValues: [VariantOptionValueInput!]! sku: String barcode: String price: Money compareAtPrice: Money
  inventoryItem: InventoryItemInput inventoryQuantities: [ProductSetInventoryInput!]
}
input VariantOptionValueInput { optionName: String name: String }
input InventoryItemInput { tracked: Boolean }
input ProductSetInventoryInput { locationId: ID! name: String! quantity: Int! }
input FileSetInput {
  id: ID originalSource: String filename: String alt: String contentType: FileContentType
  duplicateResolutionMode: FileCreateInputDuplicateResolutionMode
}
enum FileContentType { IMAGE VIDEO FILE }
enum FileCreateInputDuplicateResolutionMode { APPEND_UUID RAISE_ERROR REPLACE }
input MetafieldsSetInput { ownerId: ID! namespace: String key: String! type: String value: String! }
input MetafieldDefinitionInput {
  name: String! namespace: String key: String! type: String! description: String ownerType: MetafieldOwnerType!
}
enum MetafieldOwnerType { PRODUCT }
input FileUpdateInput { id: ID! referencesToRemove: [ID!] }
type ProductConnection { nodes: [Product!]! pageInfo: PageInfo! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type Product { id: ID! handle: String! media(first: Int): MediaConnection! }
type MediaConnection { nodes: [Media!]! pageInfo: PageInfo! }
interface Media { id: ID! }
type MediaImage implements Media { id: ID! image: Image }
type Image { url: URL! width: Int height: Int }
interface File { id: ID! }
type GenericFile implements File { id: ID! }
type Metafield { id: ID! }
type MetafieldDefinition { id: ID! }
type UserError { code: String field: [String!] message: String! }
type ProductSetPayload { product: Product userErrors: [UserError!]! }
type MetafieldsSetPayload { metafields: [Metafield!] userErrors: [UserError!]! }
type MetafieldDefinitionCreatePayload { createdDefinition: MetafieldDefinition userErrors: [UserError!]! }
type FileUpdatePayload { files: [File!] userErrors: [UserError!]! }
""")


@attrs.define
class Product:
    """A product as it was last set: its input, its images' ids, and its metafields by ``namespace.key``."""

    id: str
    input: dict[str, Any]
    media: list[str] = attrs.field(factory=list)
    metafields: dict[str, str] = attrs.field(factory=dict)


@attrs.define
class ShopStandIn:
    """A shop. `failures` are the next answers, status and headers; `refused` are handles that it will not have."""

    url: str = ""
    token: str = TOKEN
    failures: list[tuple[int, Mapping[str, str]]] = attrs.field(factory=list)
    refused: set[str] = attrs.field(factory=set)
    capacity: float = 100_000.0
    restore_rate: float = 1_000_000.0
    cost: float = 10.0
    products: dict[str, Product] = attrs.field(factory=dict)
    files: dict[str, str] = attrs.field(factory=dict)
    pictures: dict[str, tuple[bytes, int, int]] = attrs.field(factory=dict)
    definitions: dict[str, Mapping[str, Any]] = attrs.field(factory=dict)
    asked: Counter[str] = attrs.field(factory=Counter)
    throttled: int = 0
    before: Callable[[str], None] = attrs.field(default=lambda name: None)
    _left: float = attrs.field(default=attrs.Factory(lambda self: self.capacity, takes_self=True))
    _at: float = attrs.field(factory=time.monotonic)
    _lock: Lock = attrs.field(factory=Lock)

    @classmethod
    @contextmanager
    def open(cls, **settings: Any) -> Iterator["ShopStandIn"]:
        shop = cls(**settings)
        handler = type("Bound", (_Handler,), {"shop": shop})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            shop.url = f"http://127.0.0.1:{server.server_port}"
            thread = Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield shop
            finally:
                server.shutdown()
                thread.join()

    def answer(self, document: str, variables: Mapping[str, Any]) -> tuple[int, Mapping[str, str], dict[str, Any]]:
        """Status, headers and body for a query."""
        name = _checked(document).definitions[0].name.value  # type: ignore[attr-defined]
        self.before(name)
        with self._lock:
            if self.failures:
                return (*self.failures.pop(0), {"errors": "not now"})
            if not self._pay():
                error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
                return 200, {}, {"errors": [error], "extensions": self._cost()}
            self.asked[name] += 1
            done = execute_sync(SCHEMA, _checked(document), _Root(self), variable_values=dict(variables))
            body: dict[str, Any] = {"data": done.data, "extensions": self._cost()}
            return 200, {}, body | ({"errors": [error.formatted for error in done.errors]} if done.errors else {})

    def name_of(self, id: str) -> str:
        return next(name for name, known in self.files.items() if known == id)

    def _pay(self) -> bool:
        now = time.monotonic()
        self._left, self._at = min(self._left + (now - self._at) * self.restore_rate, self.capacity), now
        if self._left < self.cost:
            self.throttled += 1
            return False
        self._left -= self.cost
        return True

    def _cost(self) -> dict[str, Any]:
        status = {"maximumAvailable": self.capacity, "currentlyAvailable": self._left, "restoreRate": self.restore_rate}
        return {"cost": {"requestedQueryCost": self.cost, "actualQueryCost": self.cost, "throttleStatus": status}}


@attrs.frozen
class _Root:
    """The resolvers, by the names of the schema's fields."""

    shop: ShopStandIn

    def productByIdentifier(self, info: Any, identifier: Mapping[str, str]) -> Any:
        found = self._find(identifier)
        return found and self._shown(found)

    def products(self, info: Any, first: int, after: str | None = None) -> Any:
        everything = list(self.shop.products.values())
        start = int(after or 0)
        page = [self._shown(product) for product in everything[start : start + first]]
        return {"nodes": page, "pageInfo": _page(start + first, len(everything))}

    def productSet(self, info: Any, input: dict[str, Any], identifier: Any = None, synchronous: bool = True) -> Any:
        if input["handle"] in self.shop.refused:
            return {"product": None, "userErrors": [_error("INVALID", ["input", "title"], "is not wanted here")]}
        found = self._find(identifier or {})
        if found is None:
            found = Product(f"gid://shopify/Product/{len(self.shop.products) + 1}", {})
            self.shop.products[input["handle"]] = found
        files = input.pop("files", None)
        found.input |= input
        if files is not None:
            found.media = [self._file(file) for file in files]
        return {"product": self._shown(found), "userErrors": []}

    def metafieldsSet(self, info: Any, metafields: list[dict[str, str]]) -> Any:
        if len(metafields) > 25:
            raise GraphQLError("more than 25 metafields")
        for field in metafields:
            owner = next(product for product in self.shop.products.values() if product.id == field["ownerId"])
            owner.metafields[f"{field['namespace']}.{field['key']}"] = field["value"]
        return {"metafields": [{"id": "gid://shopify/Metafield/1"} for _ in metafields], "userErrors": []}

    def metafieldDefinitionCreate(self, info: Any, definition: dict[str, Any]) -> Any:
        name = f"{definition['namespace']}.{definition['key']}"
        if name in self.shop.definitions:
            return {"createdDefinition": None, "userErrors": [_error("TAKEN", ["definition", "key"], "is taken")]}
        self.shop.definitions[name] = definition
        return {"createdDefinition": {"id": f"gid://shopify/MetafieldDefinition/{name}"}, "userErrors": []}

    def fileUpdate(self, info: Any, files: list[dict[str, Any]]) -> Any:
        for file in files:
            for product in self.shop.products.values():
                if product.id in file.get("referencesToRemove", ()):
                    product.media.remove(file["id"])
        return {"files": [{"__typename": "GenericFile", "id": file["id"]} for file in files], "userErrors": []}

    def _find(self, identifier: Mapping[str, str]) -> Product | None:
        if "id" in identifier:
            return next((one for one in self.shop.products.values() if one.id == identifier["id"]), None)
        return self.shop.products.get(identifier.get("handle", ""))

    def _file(self, file: Mapping[str, str]) -> str:
        if "id" in file:
            return file["id"]
        name = file.get("filename") or urlsplit(file["originalSource"]).path.rpartition("/")[2]
        if name in self.shop.files and file.get("duplicateResolutionMode") != "REPLACE":
            stem, _, ending = name.rpartition(".")
            name = f"{stem}_{len(self.shop.files)}.{ending}"
        self.shop.pictures[name] = self.shop.pictures.get(name, (b"picture", 1, 1))
        return self.shop.files.setdefault(name, f"gid://shopify/MediaImage/{len(self.shop.files) + 1}")

    def _shown(self, product: Product) -> dict[str, Any]:
        nodes = [self._image(id) for id in product.media]
        media = {"nodes": nodes, "pageInfo": _page(len(nodes), len(nodes))}
        return {"id": product.id, "handle": product.input["handle"], "media": media}

    def _image(self, id: str) -> dict[str, Any]:
        name = self.shop.name_of(id)
        _, width, height = self.shop.pictures[name]
        image = {"url": f"{self.shop.url}/files/{name}?v=1", "width": width, "height": height}
        return {"__typename": "MediaImage", "id": id, "image": image}


@cache
def _checked(document: str) -> DocumentNode:
    """Raises GraphQLError for a query that the schema does not allow."""
    found = parse(document)
    for error in validate(SCHEMA, found):
        raise error
    return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body in one packet
    disable_nagle_algorithm = True
    shop: ClassVar[ShopStandIn]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["X-Shopify-Access-Token"] != self.shop.token:
            return self._send(401, {}, b'{"errors": "[API] Invalid API key or access token"}')
        if self.path != "/graphql.json":
            return self._send(404, {}, b'{"errors": "Not Found"}')
        try:
            status, headers, answer = self.shop.answer(body["query"], body["variables"])
        except GraphQLError as error:
            status, headers, answer = 200, {}, {"errors": [error.formatted]}
        return self._send(status, headers, json.dumps(answer).encode())

    def do_GET(self) -> None:
        found = self.shop.pictures.get(urlsplit(self.path).path.rpartition("/")[2])
        self._send(200 if found else 404, {}, found[0] if found else b"")

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: standard error is the tests'."""

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _page(end: int, total: int) -> dict[str, Any]:
    return {"hasNextPage": end < total, "endCursor": str(end)}


def _error(code: str, field: list[str], message: str) -> dict[str, Any]:
    return {"code": code, "field": field, "message": message}
