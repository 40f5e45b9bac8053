"""Which values of a definition are credentials, what stands for them, and the origins that they are for.

A credential is known by a key that stays the same when a list is put into another order: an endpoint is named by its
id, a parameter by its name.
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args
from urllib.parse import urlsplit

import attrs

from pegboard import AuthProvider, FieldError, Problem, Registry, Secret
from pegboard.invalid import escape
from pegboard_vault import MASK

NAME = re.compile(
    r".*(authoriz|authentic|cookie|secret|passw|token|credential|session"
    r"|(api|access|auth|subscription|functions|account|shared|private).?key).*",
    re.I,
)
PARAMETERS = ("queryParams", "pathParams")
VALUES = ("value", "default")

Document = dict[str, Any]
Secrets = Mapping[str, Any]
"""Values by key."""


@attrs.frozen
class Slot:
    """One place of a document that holds a credential: `holder[name]`, found at `pointer`, known by `key`."""

    key: str
    pointer: str
    holder: Any = attrs.field(repr=False)
    name: Any

    @property
    def value(self) -> Any:
        return self.holder[self.name]

    def put(self, value: Any) -> None:
        self.holder[self.name] = value


def is_secret(name: object) -> bool:
    """Whether a header or a parameter of this name holds a credential."""
    return isinstance(name, str) and NAME.fullmatch(name) is not None


@attrs.frozen
class Credentials:
    """Finds the credentials of documents; which fields of ``auth`` are secret, its provider says by their types."""

    providers: Registry[AuthProvider]

    def slots(self, document: Document) -> Iterator[Slot]:
        """The places of credentials that hold something. The webhook's secret is none: it has a life of its own."""
        auth = document.get("auth")
        if isinstance(auth, dict):
            yield from self._auth(auth)
        yield from _headers(document.get("defaultHeaders"), "/defaultHeaders", "/defaultHeaders")
        for index, endpoint in enumerate(_list(document.get("endpoints"))):
            if isinstance(endpoint, dict):
                yield from _endpoint(endpoint, f"/endpoints/{index}", f"/endpoints/{escape(endpoint.get('id'))}")

    def _auth(self, auth: Document) -> Iterator[Slot]:
        for name in self._secret_fields(auth.get("type")):
            value = auth.get(name)
            if isinstance(value, dict):
                yield from (_slot(value, key, f"/auth/{name}", f"/auth/{name}") for key in value)
            elif value not in (None, ""):
                yield _slot(auth, name, "/auth", "/auth")

    def _secret_fields(self, kind: object) -> list[str]:
        for provider in self.providers:
            if provider.name == kind and provider.outbound is not None:
                return [field.name for field in attrs.fields(attrs.resolve_types(provider.config)) if _holds(field)]
        return []

    def masked(self, document: Document) -> Document:
        """A copy with the mask for each credential."""
        return self._filled(document, lambda slot: MASK)

    def revealed(self, document: Document, secrets: Secrets) -> Document:
        """A copy with the credentials in the place of their masks."""
        return self._filled(document, lambda slot: secrets.get(slot.key, slot.value))

    def secrets_of(self, document: Document) -> dict[str, Any]:
        """The credentials that a document holds: those that are more than the mask."""
        return {slot.key: slot.value for slot in self.slots(document) if slot.value != MASK}

    def masks_of(self, document: Document) -> dict[str, str]:
        """The keys, with their pointers, of the credentials that a document leaves as they are stored."""
        return {slot.key: slot.pointer for slot in self.slots(document) if slot.value == MASK}

    def _filled(self, document: Document, value: Callable[[Slot], Any]) -> Document:
        made = copy.deepcopy(document)
        for slot in list(self.slots(made)):
            slot.put(value(slot))
        return made

    def check_masks(self, draft: Document, stored: Document | None) -> None:
        """A mask in `draft` stands for what is stored; `stored` has masks alone.

        Raises Problem 422 where nothing is stored, and where requests would go to another origin than the credentials
        were given for: whoever may change the address may not have them sent to himself.
        """
        known = self.masks_of(stored) if stored else {}
        moved = stored is not None and origins(stored) != origins(draft)
        errors = []
        for key, pointer in self.masks_of(draft).items():
            if moved:
                errors.append(FieldError("was given for another origin: send it again, or take it out", pointer))
            elif key not in known:
                words = "is the mask of a stored value, but none is stored: send the value"
                errors.append(FieldError(words, pointer))
        if errors:
            raise Problem(422, "credential-needed", "a credential must be sent again", errors=errors)


def origins(document: Document) -> tuple[str, ...]:
    """Where credentials go: the origins (RFC 6454) of the API and of its token endpoint."""
    auth = document.get("auth")
    urls = (document.get("baseUrl"), auth.get("tokenUrl") if isinstance(auth, dict) else None)
    return tuple(_origin(url) for url in urls if isinstance(url, str) and url)


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return url
    return f"{parts.scheme}://{parts.hostname}:{port}"


def _holds(field: "attrs.Attribute[Any]") -> bool:
    """Whether a field's type is `Secret`, or has it inside: ``Mapping[str, Secret]``, ``Secret | None``."""
    return field.type is Secret or any(argument is Secret for argument in get_args(field.type))


def _endpoint(endpoint: Document, pointer: str, key: str) -> Iterator[Slot]:
    yield from _headers(endpoint.get("headers"), f"{pointer}/headers", f"{key}/headers")
    for part in PARAMETERS:
        for index, param in enumerate(_list(endpoint.get(part))):
            if isinstance(param, dict) and is_secret(param.get("name")):
                place = f"{key}/{part}/{escape(param['name'])}"
                names = [name for name in VALUES if param.get(name) not in (None, "")]
                yield from (_slot(param, name, f"{pointer}/{part}/{index}", place) for name in names)
    given = endpoint.get("test")
    params = given.get("testParams") if isinstance(given, dict) else None
    yield from _headers(params, f"{pointer}/test/testParams", f"{key}/test/testParams")
    body = endpoint.get("body")
    schema = body.get("schema") if isinstance(body, dict) else None
    yield from _schema(schema, f"{pointer}/body/schema", f"{key}/body/schema")


def _schema(schema: object, pointer: str, key: str) -> Iterator[Slot]:
    properties = schema.get("properties") if isinstance(schema, dict) else None
    for name, inner in properties.items() if isinstance(properties, dict) else ():
        place = f"/properties/{escape(name)}"
        if is_secret(name) and isinstance(inner, dict) and inner.get("value") not in (None, ""):
            yield _slot(inner, "value", pointer + place, key + place)
        yield from _schema(inner, pointer + place, key + place)


def _headers(headers: object, pointer: str, key: str) -> Iterator[Slot]:
    for name in headers if isinstance(headers, dict) else ():
        if is_secret(name):
            yield _slot(headers, name, pointer, key)


def _slot(holder: Any, name: str, pointer: str, key: str) -> Slot:
    step = escape(name)
    return Slot(f"{key}/{step}", f"{pointer}/{step}", holder, name)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
