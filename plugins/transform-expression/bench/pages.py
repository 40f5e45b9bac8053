"""Microseconds a record, of pages of 100 and of 1000, from the mapper's side: ``python bench/pages.py``."""

import asyncio
import tempfile
import time

import pegboard_sandbox_process
import pegboard_sandbox_restricted
import pegboard_transform_expression
from pegboard import PageValues, Services, TransformContext
from pegboard.board import Board
from pegboard_transform_expression import EXPRESSION, ExpressionConfig

PLUGINS = {
    "sandbox-process": pegboard_sandbox_process,
    "sandbox-restricted": pegboard_sandbox_restricted,
    "transform-expression": pegboard_transform_expression,
}
CONTEXT = TransformContext("name", "/fieldMappings/0/transform/config", "bench")
EXPRESSIONS = (
    ExpressionConfig(expression="value.trim().toUpperCase()"),
    ExpressionConfig(expression="record.x.y * 2 + index"),
    ExpressionConfig(expression="value.strip().upper()", language="python"),
)
RUNS = 60


async def measure(config: ExpressionConfig, size: int, services: Services) -> float:
    assert EXPRESSION.prepare is not None
    records = [{"id": n, "name": f" Ada {n}", "tags": ["a", "b"], "x": {"y": 1.5, "z": None}} for n in range(size)]
    page = PageValues([record["name"] for record in records], records)
    await EXPRESSION.prepare(config, CONTEXT, page, services)
    started = time.perf_counter()
    for _ in range(RUNS):
        await EXPRESSION.prepare(config, CONTEXT, page, services)
    return (time.perf_counter() - started) / RUNS / size * 1e6


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        board = Board.build(settings={"data": folder}, plugins=PLUGINS, environ={}, installed=False)
        async with board.running() as services:
            for config in EXPRESSIONS:
                for size in (100, 1000):
                    took = await measure(config, size, services)
                    print(f"{config.language:10} {config.expression:30} pages of {size:4}: {took:5.1f} µs a record")


if __name__ == "__main__":
    asyncio.run(main())
