"""A draft of a definition from an OpenAPI document (3.x, https://spec.openapis.org/oas/v3.1.1), in JSON.

What such a document does not say is left for people to add: where the records are, how pages are walked, and all
credentials, in whose places stand texts that tell so.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pegboard import Problem

Document = Mapping[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")
TYPES = {"integer": "number", "number": "number", "boolean": "boolean", "array": "array"}
FILL_IN = "fill-in"
NOT_ID = re.compile(r"[^A-Za-z0-9]+")


def is_openapi(document: object) -> bool:
    return isinstance(document, Mapping) and isinstance(document.get("openapi"), str)


def read_openapi(document: Document) -> dict[str, Any]:
    """A definition that can be saved and tested. Raises Problem 422 where there is nothing to make one of."""
    endpoints = [_endpoint(document, *operation) for operation in _operations(document)]
    if not endpoints:
        raise Problem(422, "no-operations", "the OpenAPI document has no operation under paths")
    info = _mapping(document.get("info"))
    title = str(info.get("title") or "api")
    return {
        "name": NOT_ID.sub("-", title).strip("-").lower() or "api",
        "displayName": title,
        "description": str(info.get("description") or ""),
        "integrationType": "rest_api",
        "baseUrl": _server(document),
        "auth": _auth(document),
        "endpoints": endpoints,
    }


def _operations(document: Document) -> Iterator[tuple[str, str, Document, Document]]:
    for path, item in _mapping(document.get("paths")).items():
        for method in METHODS:
            operation = _mapping(item).get(method)
            if isinstance(operation, Mapping):
                yield path, method, operation, _mapping(item)


def _endpoint(document: Document, path: str, method: str, operation: Document, item: Document) -> dict[str, Any]:
    name = operation.get("operationId") or f"{method}-{path}"
    made: dict[str, Any] = {
        "id": NOT_ID.sub("-", str(name)).strip("-"),
        "name": str(name),
        "description": str(operation.get("summary") or operation.get("description") or ""),
        "method": method.upper(),
        "path": path,
        "tags": [str(tag) for tag in operation.get("tags") or ()],
        "responseMapping": {"dataPath": "$", "fieldMappings": [], "identifierField": ""},
    }
    params = list(_params(document, [*(item.get("parameters") or ()), *(operation.get("parameters") or ())]))
    for place, field in (("path", "pathParams"), ("query", "queryParams")):
        made[field] = list({one["name"]: one for where, one in params if where == place}.values())
    if "requestBody" in operation:
        variables = {"bodyType": "template", "contentType": "application/json", "template": "{{body}}"}
        made["body"] = variables
    return made


def _params(document: Document, given: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for reference in given:
        found = _resolved(document, reference)
        schema = _resolved(document, found.get("schema"))
        yield (
            str(found.get("in")),
            {
                "name": str(found.get("name")),
                "required": found.get("in") == "path" or found.get("required") is True,
                "type": TYPES.get(str(schema.get("type")), "string"),
                "description": str(found.get("description") or ""),
                **({"default": schema["default"]} if "default" in schema else {}),
            },
        )


def _server(document: Document) -> str:
    servers: Any = document.get("servers") or ({},)
    first = _mapping(servers[0])
    url = str(first.get("url") or "")
    for name, variable in _mapping(first.get("variables")).items():
        url = url.replace(f"{{{name}}}", str(_mapping(variable).get("default", "")))
    if not url.startswith(("http://", "https://")):
        raise Problem(422, "no-server", "the OpenAPI document names no server with an absolute URL: add one to servers")
    return url


def _auth(document: Document) -> dict[str, Any]:
    """By the first scheme that is understood; all requests of an integration authenticate in one way."""
    for reference in _mapping(_mapping(document.get("components")).get("securitySchemes")).values():
        scheme = _resolved(document, reference)
        made = _scheme(scheme)
        if made:
            return made
    return {"type": "none"}


def _scheme(scheme: Document) -> dict[str, Any] | None:
    kind, name = scheme.get("type"), str(scheme.get("scheme") or "").lower()
    if kind == "apiKey" and scheme.get("in") in ("header", "query"):
        return {"type": "api_key", "keyName": scheme.get("name"), "keyLocation": scheme["in"], "keyValue": FILL_IN}
    if kind == "http" and name in ("basic", "digest"):
        return {"type": name, "username": FILL_IN, "password": FILL_IN}
    if kind == "http" and name == "bearer":
        return {"type": "bearer", "token": FILL_IN}
    flow = _mapping(_mapping(scheme.get("flows")).get("clientCredentials"))
    if kind == "oauth2" and flow.get("tokenUrl"):
        client = {"clientId": FILL_IN, "clientSecret": FILL_IN, "scope": " ".join(_mapping(flow.get("scopes")))}
        return {"type": "oauth2", "grantType": "client_credentials", "tokenUrl": flow["tokenUrl"], **client}
    return None


def _resolved(document: Document, value: Any) -> Document:
    """A part of the document, or what its ``$ref`` names within it; one step, as chains of them are not allowed."""
    found = _mapping(value)
    reference = found.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return found
    part: Any = document
    for step in reference[2:].split("/"):
        part = _mapping(part).get(step.replace("~1", "/").replace("~0", "~"))
    return _mapping(part)


def _mapping(value: Any) -> Document:
    return value if isinstance(value, Mapping) else {}
