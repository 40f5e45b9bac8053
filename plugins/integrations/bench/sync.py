"""How fast a sync is: 20,000 records in pages of 100, ten mapped fields, from a socket into the database.

    python bench/sync.py [DATABASE_URL] [--profile]

Beside it the limit of this shape: httpx, orjson and a function written by hand, which stores nothing.
"""

import asyncio
import cProfile
import pstats
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import orjson

import pegboard_auth_oauth2
import pegboard_auth_static
import pegboard_egress
import pegboard_integrations
import pegboard_paginators
import pegboard_records
import pegboard_store
import pegboard_transforms
import pegboard_vault
from pegboard import create_app
from pegboard.logs import configure
from pegboard.settings import LogSettings
from pegboard.testing import callers, client
from pegboard.testing.callers import caller

PAGES, SIZE = 200, 100
PLUGINS = {
    "auth-oauth2": pegboard_auth_oauth2,
    "auth-static": pegboard_auth_static,
    "callers": callers,
    "egress": pegboard_egress,
    "integrations": pegboard_integrations,
    "paginators": pegboard_paginators,
    "records": pegboard_records,
    "store": pegboard_store,
    "transforms": pegboard_transforms,
    "vault": pegboard_vault,
}
STATES = {"ACTIVE": "active", "INACTIVE": "archived", "DELETED": "deleted"}
TEMPLATE = "Contact from {{$.source}} - {{$.company_name}}"


def record(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "first_name": f"First{number}",
        "last_name": f"Last{number}",
        "email": f"u{number}@example.com",
        "status": ("ACTIVE", "INACTIVE", "DELETED")[number % 3],
        "created_at": f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
        "profile": {"address": {"city": f"City{number % 100}", "zip": f"{number % 99999:05d}"}, "phones": ["1", "2"]},
        "score": str(number * 1.5),
        "is_vip": "true" if number % 2 else "false",
        "company_name": f"Co{number % 50}",
        "source": "crm",
        "notes": "lorem ipsum dolor sit amet " * 4,
    }


def body(page: int) -> bytes:
    items = [record(number) for number in range((page - 1) * SIZE, page * SIZE)]
    document = {"data": {"items": items}, "next": page + 1 if page < PAGES else None, "has_more": page < PAGES}
    text = orjson.dumps(document)
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(text) + text


async def api() -> asyncio.Server:
    """All bodies made beforehand: what is measured is the other side."""
    bodies = [body(page) for page in range(1, PAGES + 1)]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                query = head.split(b" ", 2)[1].partition(b"page=")[2]
                writer.write(bodies[int(query or b"1") - 1])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", 0, limit=1 << 20)


def definition(url: str) -> dict[str, Any]:
    def field(source: str, target: str, kind: str = "direct", **config: Any) -> dict[str, Any]:
        return {"source": source, "target": target, "transform": {"type": kind, "config": config}}

    fields = [
        field("$.id", "externalId"),
        field("$.first_name", "firstName"),
        field("$.last_name", "lastName"),
        field("$.email", "mail"),
        field("$.first_name", "fullName", "concat", fields=["$.first_name", "$.last_name"], separator=" "),
        field("$.created_at", "createdAt", "date", inputFormat="YYYY-MM-DD", outputFormat="ISO8601"),
        field("$.status", "state", "map", mapping=STATES, default="unknown"),
        field("$.profile.address.city", "city"),
        field("$.score", "points", "number"),
        field("$", "description", "template", template=TEMPLATE),
    ]
    endpoint = {
        "id": "items",
        "path": "/items",
        "pagination": {
            "type": "page",
            "pageParam": "page",
            "endCondition": {"type": "has_more_field", "field": "$.has_more"},
        },
        "responseMapping": {
            "dataPath": "$.data.items",
            "identifierField": "externalId",
            "targetShardTypeId": "c_contact",
            "fieldMappings": fields,
        },
    }
    return {"name": "bench", "baseUrl": url, "auth": {"type": "none"}, "endpoints": [endpoint]}


async def floor(url: str) -> float:
    """Records a second by hand, without storing."""
    started, page = time.perf_counter(), 1
    async with httpx.AsyncClient() as http:
        while page:
            document = orjson.loads((await http.get(f"{url}/items?page={page}")).content)
            for one in document["data"]["items"]:
                _shape(one)
            page = document["next"]
    return PAGES * SIZE / (time.perf_counter() - started)


def _shape(one: Any) -> dict[str, Any]:
    return {
        "externalId": one["id"],
        "firstName": one["first_name"],
        "lastName": one["last_name"],
        "mail": one["email"],
        "fullName": one["first_name"] + " " + one["last_name"],
        "createdAt": one["created_at"] + "T00:00:00Z",
        "state": STATES.get(one["status"], "unknown"),
        "city": one["profile"]["address"]["city"],
        "points": float(one["score"]),
        "description": f"Contact from {one['source']} - {one['company_name']}",
    }


async def synced(http: Any, headers: dict[str, str], integration: str) -> tuple[float, dict[str, Any]]:
    prefix, started = f"/api/v1/custom-integrations/{integration}", time.perf_counter()
    answer = await http.post(f"{prefix}/sync", json={"endpointId": "items"}, headers=headers)
    run = answer.raise_for_status().json()["id"]
    while True:
        await asyncio.sleep(0.05)
        view = (await http.get(f"{prefix}/runs/{run}?limit=1", headers=headers)).json()["run"]
        if view["finishedAt"]:
            return PAGES * SIZE / (time.perf_counter() - started), view


async def measure(database: str, folder: str, profiled: bool) -> None:
    server = await api()
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    plugins = {"egress": {"allow_origins": [url]}, "store": {"url": database, "migrate": "start"}}
    settings = {"data": folder, "log": {"level": "error"}, "plugins": plugins}
    configure(LogSettings(level="error"))
    app = create_app(settings=settings, plugins=PLUGINS, environ={}, installed=False)
    headers = caller("*", tenant=f"bench-{time.time_ns()}")
    async with server, client(app, timeout=60) as http:
        kind = {"id": "c_contact", "displayName": "Contact", "fields": [{"name": "mail", "type": "text"}]}
        (await http.post("/api/v1/shard-types", json=kind, headers=headers)).raise_for_status()
        saved = await http.post("/api/v1/custom-integrations", json=definition(url), headers=headers)
        made = saved.raise_for_status().json()
        path = f"/api/v1/custom-integrations/{made['id']}"
        (await http.patch(path, json={"status": "active"}, headers=headers)).raise_for_status()
        for what in ("fresh", "unchanged", "unchanged again"):
            limit = await floor(url)
            rate, view = await _profiled(profiled, lambda: synced(http, headers, made["id"]))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(
                f"{what:<16} {rate:8,.0f}/s  {rate / limit:.2f} x by hand ({limit:,.0f}/s)  {peak} MiB", view["status"]
            )


async def _profiled(profiled: bool, work: Callable[[], Any]) -> Any:
    if not profiled:
        return await work()
    with cProfile.Profile() as profile:
        result = await work()
    pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    return result


if __name__ == "__main__":
    urls = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(measure(urls[0] if urls else f"sqlite:///{Path(made) / 'bench.db'}", made, "--profile" in sys.argv))
