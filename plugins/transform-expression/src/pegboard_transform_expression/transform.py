"""The transform, and the check of its definition."""

from collections.abc import Sequence
from typing import Any

from pegboard import PageValues, Services, Transform, TransformContext, Violation

from .config import ExpressionConfig
from .failures import ExpressionRefused
from .service import Expressions


async def check(config: ExpressionConfig, context: TransformContext, services: Services) -> Sequence[Violation]:
    """All that is wrong with a definition, for whoever saves it: places are those of the user's own text.

    Nothing is run. Raises `pegboard.Problem` 503 where no process was free, or the machine cannot jail.
    """
    return await (await services.aget(Expressions)).check(config, context.tenant)


async def prepare(
    config: ExpressionConfig, context: TransformContext, page: PageValues, services: Services
) -> Sequence[Any]:
    """See `Expressions.evaluate`. For a page without records the expression is looked at, and nothing is run."""
    if not page.values:
        found = await check(config, context, services)
        if found:
            raise ExpressionRefused(context.pointer, found)
        return []
    return await (await services.aget(Expressions)).evaluate(config, context, page)


EXPRESSION = Transform(
    "expression", "What an expression in JavaScript or Python makes of it", ExpressionConfig, prepare=prepare
)
