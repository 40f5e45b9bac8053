"""The integration that is measured: ten fields of the peers' API, declared."""

from typing import Any

FIELDS: list[dict[str, Any]] = [
    {"source": "$.id", "target": "externalId"},
    {"source": "$.first_name", "target": "firstName"},
    {"source": "$.last_name", "target": "lastName"},
    {"source": "$.email", "target": "mail"},
    {
        "source": "$",
        "target": "fullName",
        "transform": {"type": "concat", "config": {"fields": ["$.first_name", "$.last_name"], "separator": " "}},
    },
    {
        "source": "$.created_at",
        "target": "createdAt",
        "transform": {"type": "date", "config": {"inputFormat": "YYYY-MM-DD", "outputFormat": "ISO8601"}},
    },
    {
        "source": "$.status",
        "target": "state",
        "transform": {
            "type": "map",
            "config": {
                "mapping": {"ACTIVE": "active", "INACTIVE": "archived", "DELETED": "deleted"},
                "default": "unknown",
            },
        },
    },
    {"source": "$.profile.address.city", "target": "city"},
    {"source": "$.score", "target": "points", "transform": {"type": "number"}},
    {
        "source": "$",
        "target": "description",
        "transform": {"type": "template", "config": {"template": "Contact from {{$.source}} - {{$.company_name}}"}},
    },
]

PAGING = {"type": "page", "pageParam": "page", "endCondition": {"type": "has_more_field", "field": "$.has_more"}}


def definition(port: int, kind: str = "c_contact") -> dict[str, Any]:
    """As a user sends it, for the API on `port`; `kind` is the type of its records."""
    mapping = {
        "dataPath": "$.data.items",
        "identifierField": "$.id",
        "targetShardTypeId": kind,
        "fieldMappings": FIELDS,
    }
    endpoint = {
        "id": "items",
        "name": "items",
        "method": "GET",
        "path": "/items",
        "responseMapping": mapping,
        "pagination": PAGING,
    }
    return {
        "name": "bench",
        "displayName": "Bench",
        "integrationType": "rest_api",
        "baseUrl": f"http://127.0.0.1:{port}",
        "auth": {"type": "none"},
        "endpoints": [endpoint],
    }
