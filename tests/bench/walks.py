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
from collections.abc import Callable
from contextlib import aclosing
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
        declared = await self._mapped(plan, records, rounds)
        hand = _rate(lambda: [by_hand(record) for record in records], rounds, records)
        return {"declared": declared, "by_hand": hand}

    async def _mapped(self, plan: Plan, records: list[Any], rounds: int) -> float:
        started = time.perf_counter()
        for _ in range(rounds):
            await plan.mapper.page(records, self.services)
        return len(records) * rounds / (time.perf_counter() - started)

    async def stored(self, port: int, name: str) -> dict[str, Any]:
        """A sync as users start one, over HTTP: every record stored and deduplicated."""
        found = await self._post("/custom-integrations", definition(port) | {"name": name})
        place = f"{API}/custom-integrations/{found['id']}"
        (await self.http.patch(place, json={"status": "active"})).raise_for_status()
        started = time.perf_counter()
        run = await self._post(f"/custom-integrations/{found['id']}/sync", {"endpointId": ENDPOINT})
        while run["status"] in ("queued", "running"):
            if time.perf_counter() - started > PATIENCE:
                raise TimeoutError(f"the run does not end: {run}")
            await asyncio.sleep(0.02)
            run = _told(await self.http.get(f"{place}/runs/{run['id']}"))["run"]
        return {"seconds": time.perf_counter() - started, "run": run, "peak": peak()}

    async def shard_type(self) -> dict[str, Any]:
        kinds = {"externalId": "integer", "points": "number"}
        fields = [{"name": field, "type": kinds.get(field, "text")} for field in by_hand(SAMPLE)]
        return await self._post("/shard-types", {"id": "c_contact", "displayName": "Contact", "fields": fields})

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


def _told(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_error:
        raise RuntimeError(f"{answer.request.url}: {answer.status_code} {answer.text}")
    return dict(answer.json())


def _rate(once: Callable[[], Any], rounds: int, records: list[Any]) -> float:
    started = time.perf_counter()
    for _ in range(rounds):
        once()
    return len(records) * rounds / (time.perf_counter() - started)


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
