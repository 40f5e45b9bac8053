"""Waits for a line, then opens and closes the store so many times; says how often that went well."""

import asyncio
import sys
from pathlib import Path

from pegboard_store import open_store
from pegboard_store.testing import store_settings


async def main(url: str, times: int) -> None:
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(times):
        async with open_store(store_settings(url), Path(), []) as store, store.begin():
            pass
    print(times, flush=True)


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
