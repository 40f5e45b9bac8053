"""Commits rows for ever and says each number once its commit has returned: whoever kills it knows what was promised."""

import asyncio
import sys
from pathlib import Path

from sqlalchemy import text

from pegboard_store import open_store
from pegboard_store.testing import store_settings


async def main(url: str) -> None:
    async with open_store(store_settings(url), Path(), []) as store:
        number = 0
        while True:
            number += 1
            async with store.begin() as session:
                await session.execute(text("INSERT INTO kept VALUES (:number)"), {"number": number})
            print(number, flush=True)


asyncio.run(main(sys.argv[1]))
