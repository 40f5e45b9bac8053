"""Values that are computed: by the transform `expression`, whichever plugin brings it."""

from collections.abc import Mapping
from typing import Any

import attrs

from pegboard import MISSING, PageValues, Registries, Services, Transform, TransformContext
from pegboard.json import converter

NAME = "expression"


@attrs.frozen
class Expression:
    """An expression over what a request is made of: `record` is the scope, `value` what was given under its name."""

    name: str
    transform: Transform
    config: Any = attrs.field(repr=False)
    context: TransformContext

    async def look(self, services: Services) -> None:
        """Find what is wrong with it and run nothing. Raises ValueError."""
        if self.transform.prepare is not None:
            await self.transform.prepare(self.config, self.context, PageValues([], []), services)

    async def value(self, scope: Mapping[str, Any], services: Services) -> Any:
        """Raises ValueError, or what the transform raises."""
        given = scope.get(self.name, MISSING)
        if self.transform.compile is not None:
            return self.transform.compile(self.config, self.context)(given, scope)
        assert self.transform.prepare is not None
        [made] = await self.transform.prepare(self.config, self.context, PageValues([given], [scope]), services)
        if isinstance(made, Exception):
            raise made
        return made


def compile_expression(name: str, value: Any, registries: Registries, tenant: str, pointer: str) -> Expression:
    """`value` is the expression's text, or the whole config of the transform. Raises what its config raises."""
    transform = registries[Transform].get(NAME)
    document = value if isinstance(value, Mapping) else {"expression": value}
    config: Any = converter.structure(dict(document), transform.config)
    return Expression(name, transform, config, TransformContext(name, pointer, tenant))
