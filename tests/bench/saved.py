"""What a hundred thousand saved endpoints cost a start and a request."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack

from .endpoints import HEADER, save
from .figures import Figure, in_turn
from .kernel import KEY, START
from .processes import HERE, load, peer, script, uvicorn

MANY = 100_000
FILL = """
import asyncio, sys
from datetime import UTC, datetime
from sqlalchemy import insert
from pegboard import create_app
from pegboard_endpoints.tables import widgets
from pegboard_store import Store

async def main(count):
    app = create_app()
    async with app.router.lifespan_context(app):
        store, now = app.state.board.services.get(Store), datetime.now(UTC)
        data = {"logic": "def process_data(d, r, u):\\n    return d", "params": {}, "headers": {},
                "refresh_interval": 0, "sandbox": None}
        def row(i):
            path = f"/e/many/{i}/{{region}}"
            return dict(id=f"widget_many{i}", tenant="default", name=f"n{i}", project_id="many", description="",
                        size="medium", endpoint="https://example.com/", endpoint_data=data, public=False, path=path,
                        path_pattern=path.replace("{region}", "{}"), methods=["GET"], revision=1, created_by="bench",
                        credentials="", created_at=now, updated_at=now)
        for start in range(0, count, 5000):
            async with store.begin() as session:
                await session.execute(insert(widgets), [row(i) for i in range(start, start + 5000)])

asyncio.run(main(int(sys.argv[1])))
"""


def _run(code: str, folder: str, *arguments: str) -> str:
    environment = os.environ | {"PEGBOARD_DATA": folder, "API_KEY": KEY, "PEGBOARD_LOG__LEVEL": "error"}
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=HERE.parent)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout


def _started(folder: str) -> float:
    return float(_run(START, folder).split()[-1])


def saved() -> Iterator[Figure]:
    """All of them with an address of its own, so that each is in the route table."""
    logic = peer("logic.py").read_text()
    with ExitStack() as stack:
        few, many = (stack.enter_context(tempfile.TemporaryDirectory()) for _ in range(2))
        _run(FILL, few, "0")
        _run(FILL, many, str(MANY))
        one, other, _ = in_turn(lambda: _started(many), lambda: _started(few))
        yield Figure("start with no saved endpoint", other, "s")
        yield Figure(f"start with {MANY:,} saved endpoints", one, "s")
        yield Figure(f"what {MANY:,} saved endpoints add to a start", one - other, "s", 1.0, at_most=True)
        upstream = stack.enter_context(script(peer("upstream.py")))
        yield from _requests(stack, (few, many), upstream, logic)


def _requests(stack: ExitStack, folders: tuple[str, str], upstream: int, logic: str) -> Iterator[Figure]:
    allowed = {"API_KEY": KEY, "PEGBOARD_EGRESS__ALLOW_ORIGINS": f"http://127.0.0.1:{upstream}"}
    ports = [stack.enter_context(uvicorn("bench.apps:board", allowed | {"PEGBOARD_DATA": f})) for f in folders]
    paths = [save(port, upstream, logic, 3600) for port in ports]
    for port, path in zip(ports, paths, strict=True):
        load(port, path, HEADER, seconds=1, connections=4)
    few, many = (lambda i=i: load(ports[i], paths[i], HEADER, connections=1).p50 for i in (0, 1))
    beside_many, beside_few, ratio = in_turn(many, few)
    note = f"{beside_many:.2f} ms beside {beside_few:.2f} ms, p50"
    yield Figure(f"a request beside {MANY:,} endpoints / beside one", ratio, "×", 1.1, at_most=True, note=note)
