"""One app for all tests: its jails are opened once."""

import json
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest

import pegboard_sandbox_process
import pegboard_sandbox_restricted
import pegboard_transform_expression
from pegboard import PageValues, Problem, Services, TransformContext
from pegboard.board import Board
from pegboard.json import converter
from pegboard_transform_expression import EXPRESSION, ExpressionConfig, check

PLUGINS = {
    "sandbox-process": pegboard_sandbox_process,
    "sandbox-restricted": pegboard_sandbox_restricted,
    "transform-expression": pegboard_transform_expression,
}
QUICK = {"spare": False, "prepared": 0, "workers": 2}


@attrs.frozen
class Expressed:
    """Expressions as a mapping has them."""

    services: Services

    def config(self, expression: str, language: str = "javascript", **more: Any) -> ExpressionConfig:
        return converter.structure({"expression": expression, "language": language, **more}, ExpressionConfig)

    async def page(
        self,
        expression: str,
        values: Sequence[Any] = (None,),
        records: Sequence[Mapping[str, Any]] | None = None,
        language: str = "javascript",
        tenant: str = "acme",
        **more: Any,
    ) -> list[Any]:
        """What becomes of a page; a failure is the exception."""
        page = PageValues(values, records or [{}] * len(values))
        assert EXPRESSION.prepare is not None
        config = self.config(expression, language, **more)
        return list(await EXPRESSION.prepare(config, context(tenant), page, self.services))

    async def one(self, expression: str, value: Any = None, language: str = "javascript", **more: Any) -> Any:
        [result] = await self.page(expression, [value], language=language, **more)
        return result

    async def wrong(self, expression: str, language: str = "javascript", tenant: str = "acme") -> list[Any]:
        return list(await check(self.config(expression, language), context(tenant), self.services))


def context(tenant: str = "acme") -> TransformContext:
    return TransformContext("name", "/fieldMappings/0/transform/config", tenant)


Open = Callable[..., Any]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def open_expressed(tmp_path_factory: pytest.TempPathFactory) -> Open:
    @asynccontextmanager
    async def opened(**settings: Any) -> AsyncIterator[Expressed]:
        data: Path = tmp_path_factory.mktemp("data")
        plugins = {"sandbox-process": QUICK, "transform-expression": settings}
        board = Board.build(
            settings={"data": str(data), "strict": True, "plugins": plugins},
            plugins=PLUGINS,
            environ={},
            installed=False,
        )
        async with board.running() as services:
            expressed = Expressed(services)
            await needing_a_jail(expressed)
            yield expressed

    return opened


async def needing_a_jail(expressed: Expressed) -> None:
    """Skips, loudly; fails where all that the tests need has to be there."""
    try:
        await expressed.wrong("value")
    except Problem as problem:
        if problem.code != "isolation-too-weak" or os.environ.get("PEGBOARD_TEST_REQUIRE_SERVICES") == "1":
            raise
        pytest.skip(f"this machine cannot jail: {json.dumps(problem.detail)}")


@pytest.fixture(scope="session")
async def expressed(anyio_backend: str, open_expressed: Open) -> AsyncIterator[Expressed]:
    async with open_expressed() as opened:
        yield opened
