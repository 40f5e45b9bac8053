"""What upserts cost: fresh records, the same again, and changed ones, each batch in a transaction of its own.

``python bench/upserts.py [url] [records] [batch]`` prints records a second; the URL is that of an empty database, a
SQLite file in a temporary folder unless given.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pegboard import Secret
from pegboard_records import Item, Records, ShardTypeDraft, pegboard_migrations
from pegboard_store import Store, StoreSettings, open_store

TENANT, KIND = "bench", "c_contact"


def contact(number: int, status: str) -> dict[str, Any]:
    return {
        "firstName": f"Ada{number}",
        "lastName": "Lovelace",
        "email": f"ada{number}@example.com",
        "createdAt": "2024-01-31T00:00:00Z",
        "status": status,
        "score": number * 1.5,
        "age": number % 90,
        "tags": ["a", "b"],
        "company": "Engines Ltd",
        "active": True,
    }


def pages(count: int, size: int, status: str) -> list[list[Item]]:
    return [
        [Item(f"{number:09d}", contact(number, status)) for number in range(start, min(start + size, count))]
        for start in range(0, count, size)
    ]


async def round_of(store: Store, records: Records, batches: list[list[Item]]) -> float:
    """Seconds that all batches take, commits and all."""
    begun = time.perf_counter()
    for batch in batches:
        async with store.begin() as session:
            await records.upsert(session, TENANT, KIND, batch, "bench")
    return time.perf_counter() - begun


async def measure(url: str, count: int, size: int, tell: Callable[[str], None]) -> None:
    config = StoreSettings(url=Secret(url), migrate="start")
    async with open_store(config, Path(), [pegboard_migrations()]) as store:
        records = Records(store)
        await records.types.create(TENANT, ShardTypeDraft(KIND))
        for name, status in (("fresh", "new"), ("the same", "new"), ("changed", "old")):
            seconds = await round_of(store, records, pages(count, size, status))
            tell(f"{name:10} {count / seconds:8,.0f} records/s")


if __name__ == "__main__":
    given = sys.argv[1:]
    count, size = int((given[1:2] or [20_000])[0]), int((given[2:3] or [100])[0])
    with TemporaryDirectory() as folder:
        asyncio.run(measure((given or [f"sqlite:///{folder}/bench.db"])[0], count, size, print))
