"""Waits for a line, opens the store, and says which modules of Alembic that has loaded."""

import asyncio
import sys
from pathlib import Path

from pegboard_store import open_store
from pegboard_store.testing import store_settings


async def main(url: str) -> None:
    print("ready", flush=True)
    sys.stdin.readline()
    async with open_store(store_settings(url), Path(), []) as store:
        print(await store.ping(), flush=True)
    print("alembic" in sys.modules, flush=True)


asyncio.run(main(sys.argv[1]))
