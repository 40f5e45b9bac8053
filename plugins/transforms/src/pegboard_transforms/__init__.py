"""Change one value of a record while it is mapped."""

from collections.abc import Iterator

from pegboard import Settings, Transform, hookimpl

from .boolean import BOOLEAN, BooleanConfig
from .concat import CONCAT, ConcatConfig
from .date import DATE, DateConfig
from .direct import DIRECT
from .number import NUMBER, NumberConfig
from .split import SPLIT, SplitConfig
from .table import MAP, MapConfig
from .template import TEMPLATE, TemplateConfig

__version__ = "0.1.0"

__all__ = [
    "BOOLEAN",
    "CONCAT",
    "DATE",
    "DIRECT",
    "MAP",
    "NUMBER",
    "SPLIT",
    "TEMPLATE",
    "BooleanConfig",
    "ConcatConfig",
    "DateConfig",
    "MapConfig",
    "NumberConfig",
    "SplitConfig",
    "TemplateConfig",
]


@hookimpl
def pegboard_transforms(settings: Settings) -> Iterator[Transform]:
    yield from (DIRECT, CONCAT, SPLIT, MAP, DATE, NUMBER, BOOLEAN, TEMPLATE)
