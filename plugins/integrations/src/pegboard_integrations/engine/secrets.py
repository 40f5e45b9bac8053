"""Which values of a document are credentials."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

import attrs

from pegboard import AuthProvider, MissingService, Registries, Secret

Place = tuple[str | int, ...]


def secret_paths(document: Mapping[str, Any], registries: Registries) -> list[Place]:
    """The places of all credentials that a normalised document has: those of `auth` by the types of its config."""
    found = list(_of_auth(document.get("auth"), registries))
    hook = document.get("webhookConfig")
    if isinstance(hook, Mapping) and "webhookSecret" in hook:
        found.append(("webhookConfig", "webhookSecret"))
    return found


def _of_auth(auth: Any, registries: Registries) -> Iterator[Place]:
    if not isinstance(auth, Mapping) or not isinstance(auth.get("type"), str):
        return
    try:
        config = registries[AuthProvider].get(auth["type"], "outbound").config
    except MissingService:
        return
    for field in attrs.fields(attrs.resolve_types(config)):
        value = auth.get(field.name)
        if value is None:
            continue
        if field.type is Secret or Secret in get_args(field.type):
            if isinstance(value, Mapping):
                yield from (("auth", field.name, key) for key in value)
            else:
                yield "auth", field.name
