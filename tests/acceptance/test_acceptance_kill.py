"""Nothing that the server acknowledged is lost when it is killed: 1,000 writes, SIGKILL at random instants."""

import asyncio
import random
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from pegboard.testing import Forking, ServerProcess

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]

WIDGETS = "/public/widgets"
KEY = "acceptance-key-0123456789"
WRITES = 1000
KILLS = 3
CLIENTS = 4
LOGIC = "def process_data(widget_data, request, user):\n    return widget_data\n"
GONE = "(deleted)"


@attrs.define
class Client:
    """Writes to widgets of its own. `acknowledged` holds each one's name, `under_way` what may have become of one."""

    dice: random.Random
    acknowledged: dict[str, str] = attrs.field(factory=dict)
    under_way: dict[str, str] = attrs.field(factory=dict)
    count: int = 0

    async def write(self, http: httpx.AsyncClient) -> None:
        """One write, noted when it is acknowledged."""
        alive = [widget for widget, name in self.acknowledged.items() if name != GONE]
        kind = self.dice.choices(["create", "change", "delete"], [6, 3, 1])[0] if alive else "create"
        name = f"name {self.dice.random()}"
        if kind == "create":
            answer = await http.post(WIDGETS, json=draft(name))
            assert answer.status_code == 201, answer.text
            self.acknowledged[answer.json()["id"]] = name
        else:
            await self._write_again(http, self.dice.choice(alive), GONE if kind == "delete" else name)
        self.count += 1

    async def _write_again(self, http: httpx.AsyncClient, widget: str, name: str) -> None:
        self.under_way[widget] = name
        answer = await (
            http.delete(f"{WIDGETS}/{widget}")
            if name == GONE
            else http.patch(f"{WIDGETS}/{widget}", json={"name": name})
        )
        assert answer.is_success, answer.text
        self.acknowledged[widget] = self.under_way.pop(widget)

    def check(self, saved: dict[str, str]) -> None:
        """Compare with what the server has now, which settles what was under way."""
        for widget, name in self.acknowledged.items():
            found = saved.get(widget, GONE)
            assert found in (name, self.under_way.get(widget, name)), f"{widget} was acknowledged as {name}"
            self.acknowledged[widget] = found
        self.under_way.clear()


def draft(name: str) -> dict[str, Any]:
    data = {"logic": LOGIC, "headers": {"Authorization": "Bearer x"}, "params": {"name": name}}
    return {"name": name, "project_id": "p", "endpoint": "https://api.example.com/sales", "endpoint_data": data}


def connect(server: ServerProcess) -> httpx.AsyncClient:
    headers = {"X-API-Key": KEY}
    return httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30, trust_env=False)


async def write_until_killed(server: ServerProcess, clients: list[Client], wanted: int) -> None:
    """All clients write at once; after so many acknowledged writes in all the server is killed under them."""
    enough = asyncio.Event()

    async def work(client: Client) -> None:
        async with connect(server) as http:
            while True:
                try:
                    await client.write(http)
                except httpx.TransportError:
                    return
                if sum(each.count for each in clients) >= wanted:
                    enough.set()

    workers = [asyncio.create_task(work(client)) for client in clients]
    watch = asyncio.create_task(enough.wait())
    await asyncio.wait([watch, *workers], return_when=asyncio.FIRST_COMPLETED)
    watch.cancel()
    await server.kill()
    await asyncio.gather(*workers)
    assert enough.is_set()


async def everything(server: ServerProcess) -> dict[str, str]:
    saved: dict[str, str] = {}
    async with connect(server) as http:
        page = 1
        while page:
            answer = (await http.get(WIDGETS, params={"page": page, "per_page": 100, "sort": "created_at:asc"})).json()
            saved |= {widget["id"]: widget["name"] for widget in answer["data"]}
            page = page + 1 if answer["pagination"]["has_next"] else 0
    return saved


async def test_nothing_acknowledged_is_lost(forked: Forking, database_url: str, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**9)
    dice = random.Random(seed)
    instants = [*sorted(dice.sample(range(50, WRITES - 50), KILLS - 1)), WRITES]
    clients = [Client(random.Random(dice.random())) for _ in range(CLIENTS)]
    environ = {"API_KEY": KEY, "DATABASE_URL": database_url, "PEGBOARD_STORE__MIGRATE": "start"}
    for wanted in instants:
        async with forked.served(tmp_path, environ=environ) as server:
            saved = await everything(server)
            for client in clients:
                client.check(saved)
            await write_until_killed(server, clients, wanted)
    async with forked.served(tmp_path, environ=environ) as server:
        saved = await everything(server)
        for client in clients:
            client.check(saved)
        async with connect(server) as http:
            widget = next(name for name, said in clients[0].acknowledged.items() if said != GONE)
            assert (await http.get(f"{WIDGETS}/{widget}")).json()["endpoint_data"]["logic"] == LOGIC
    assert sum(client.count for client in clients) >= WRITES, f"seed {seed}"
    assert all(len(client.acknowledged) > 20 for client in clients), f"seed {seed}: some client was starved"
