"""Says "ready", then everything it hears about the topic "books" as it polls."""

import asyncio
import sys
from pathlib import Path

from pegboard_store import open_store
from pegboard_store.testing import store_settings


async def main(url: str) -> None:
    async with open_store(store_settings(url), Path(), []) as store:
        store.changes.poll()
        store.changes.subscribe("books", lambda key: print("heard", key, flush=True))
        print("ready", flush=True)
        while True:
            store.changes.poll()
            await asyncio.sleep(0.001)


asyncio.run(main(sys.argv[1]))
