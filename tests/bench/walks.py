"""An app that measures its own integrations, as it is told: ``python -m bench.walks``.

Each line of its input is a JSON object, ``{"measure": "preview", "port": 8081}``; each line of its output is the
answer. Rates are records per second.
"""

import asyncio
import json
import os
import resource
import sys
import time
from contextlib import aclosing
from datetime import datetime
from typing import Any

import attrs
import httpx

from pegboard import Registries, Services, create_app
from pegboard_egress import Egress
from pegboard_integrations.engine import Caps, Plan, compile_endpoint, read_definition, walk

from .definition import definition
from .kernel import KEY

TENANT, ENDPOINT = "bench", "items"
API = "/api/v1"
MAPPED = {"ACTIVE": "active", "INACTIVE": "archived", "DELETED": "deleted"}
PATIENCE = 600.0
ASKED = 0.1
"""Seconds between two looks at a run; how long it took is in its own account."""


def by_hand(r: dict[str, Any]) -> dict[str, Any]:
    """The same ten fields, written in Python: the limit of any mapper."""
    return {
        "externalId": r["id"],
        "firstName": r["first_name"],
        "lastName": r["last_name"],
        "mail": r["email"],
        "fullName": r["first_name"] + " " + r["last_name"],
        "createdAt": r["created_at"] + "T00:00:00Z",
        "state": MAPPED.get(r["status"], "unknown"),
        "city": r["profile"]["address"]["city"],
        "points": float(r["score"]),
        "description": f"Contact from {r['source']} - {r['company_name']}",
    }


def peak() -> int:
    """Bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@attrs.frozen
class Walks:
    """The measures, by the names that they are asked for with."""

    services: Services
    http: httpx.AsyncClient

    def plan(self, port: int) -> Plan:
        document = read_definition(definition(port))
        return compile_endpoint(document, ENDPOINT, self.services.get(Registries), TENANT)

    async def preview(self, port: int) -> dict[str, Any]:
        """Walk all pages, map every record, and store nothing."""
        plan, egress = self.plan(port), self.services.get(Egress)
        started, count, last = time.perf_counter(), 0, None
        caps = Caps(max_pages=100_000, max_records=10_000_000, max_bytes=1 << 40, max_seconds=PATIENCE)
        async with aclosing(walk(plan, egress, self.services, {}, caps=caps)) as pages:
            async for page in pages:
                count += len(page.mapped)
                last = page.mapped[-1].data if page.mapped else last
        return {"rate": count / (time.perf_counter() - started), "count": count, "last": last, "peak": peak()}

    async def mapper(self, port: int, rounds: int) -> dict[str, float]:
        """A page of records, mapped again and again, by the plan and by hand."""
        plan = self.plan(port)
        async with httpx.AsyncClient() as client:
            body = (await client.get(f"http://127.0.0.1:{port}/items?page=1")).json()
        records = body["data"]["items"]
        seconds = [0.0, 0.0]
        for _ in range(rounds):  # in turn, so that other work on the machine meets both
            started = time.perf_counter()
            await plan.mapper.page(records, self.services)
            halfway = time.perf_counter()
            [by_hand(record) for record in records]
            seconds = [seconds[0] + halfway - started, seconds[1] + time.perf_counter() - halfway]
        declared, hand = (len(records) * rounds / taken for taken in seconds)
        return {"declared": declared, "by_hand": hand}

    async def stored(self, port: int, name: str, kind: str) -> dict[str, Any]:
        """A sync as users start one, over HTTP: every record stored and deduplicated."""
        found = await self._post("/custom-integrations", definition(port, kind) | {"name": name})
        place = f"{API}/custom-integrations/{found['id']}"
        (await self.http.patch(place, json={"status": "active"})).raise_for_status()
        started = time.perf_counter()
        run = await self._post(f"/custom-integrations/{found['id']}/sync", {"endpointId": ENDPOINT})
        while run["status"] in ("queued", "running"):
            if time.perf_counter() - started > PATIENCE:
                raise TimeoutError(f"the run does not end: {run}")
            # This client is in the process of the app, and takes of its time: it asks seldom, and not for all pages.
            await asyncio.sleep(ASKED)
            run = _told(await self.http.get(f"{place}/runs/{run['id']}", params={"limit": 1}))["run"]
        return {"seconds": _between(run["createdAt"], run["finishedAt"]), "run": run, "peak": peak()}

    async def shard_type(self, kind: str) -> dict[str, Any]:
        kinds = {"externalId": "integer", "points": "number"}
        fields = [{"name": field, "type": kinds.get(field, "text")} for field in by_hand(SAMPLE)]
        return await self._post("/shard-types", {"id": kind, "displayName": "Contact", "fields": fields})

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return _told(await self.http.post(f"{API}{path}", json=body))


SAMPLE: dict[str, Any] = {
    "id": 1,
    "first_name": "",
    "last_name": "",
    "email": "",
    "created_at": "",
    "status": "",
    "profile": {"address": {"city": ""}},
    "score": "0",
    "source": "",
    "company_name": "",
}


def _between(began: str, ended: str) -> float:
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()


def _told(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_error:
        raise RuntimeError(f"{answer.request.url}: {answer.status_code} {answer.text}")
    return dict(answer.json())


async def main() -> None:
    # what the app prints is no answer
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    app = create_app()
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://app", headers={"X-API-Key": KEY}, timeout=60) as http,
    ):
        walks = Walks(app.state.board.services, http)
        while line := await asyncio.to_thread(sys.stdin.readline):
            asked: dict[str, Any] = json.loads(line)
            answer = await getattr(walks, asked.pop("measure"))(**asked)
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
