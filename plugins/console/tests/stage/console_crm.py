"""Somebody else's API, as a stand-in answers for it: contacts in pages, for whoever has the key."""

from typing import Any

from pegboard.testing import Answer, Received, Upstream, answer

KEY = "key-of-the-crm"


def contact(number: int) -> dict[str, Any]:
    """The seventh has an age that is no number."""
    return {
        "id": number,
        "first_name": f"Ada{number}",
        "mail": f"ada{number}@example.com",
        "age": "old" if number == 7 else 30 + number,
        "created_at": f"2026-11-{number:02d}",
    }


def serve_contacts(upstream: Upstream, root: str, count: int = 12) -> None:
    """``/{root}/contacts?offset=&limit=``, and the root itself."""

    def page(received: Received) -> Answer:
        if received.headers.get("x-api-key") != KEY:
            return answer(401, json={"error": {"message": "who are you?"}})
        offset, limit = int(received.query.get("offset", 0)), int(received.query.get("limit", 5))
        items = [contact(number) for number in range(1, count + 1)][offset : offset + limit]
        return answer(json={"data": {"items": items}, "total": count})

    upstream.on(f"/{root}", answer(json={"hello": "you"}))
    upstream.on(f"/{root}/contacts", page)


def definition(base: str, name: str, **more: Any) -> dict[str, Any]:
    """An integration of that API, as it would be after somebody built it."""
    fields = [
        {"source": "$.first_name", "target": "name"},
        {"source": "$.mail", "target": "email"},
        {"source": "$.age", "target": "age", "transform": {"type": "number"}},
    ]
    paging = {"type": "offset", "limitParam": "limit", "maxLimit": 5}
    mapping = {"dataPath": "$.data.items", "identifierField": "$.id", "fieldMappings": fields}
    endpoint = {"id": "contacts", "name": "getContacts", "path": "/contacts", "pagination": paging}
    return {
        "name": name,
        "displayName": f"The {name}",
        "baseUrl": base,
        "auth": {"type": "api_key", "keyName": "X-API-Key", "keyLocation": "header", "keyValue": KEY},
        "endpoints": [{**endpoint, "responseMapping": {**mapping, "targetShardTypeId": "c_person"}}],
        **more,
    }


PERSON = {
    "id": "c_person",
    "displayName": "Person",
    "fields": [
        {"name": "name", "type": "text"},
        {"name": "email", "type": "email"},
        {"name": "age", "type": "integer"},
    ],
}
