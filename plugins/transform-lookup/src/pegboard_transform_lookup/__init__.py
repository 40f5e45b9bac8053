"""While Pegboard maps a page: values of other records, found by what this page holds, in one query."""

from pegboard import Settings, Transform, hookimpl

from .lookup import LOOKUP, LookupConfig

__version__ = "0.1.0"

__all__ = ["LOOKUP", "LookupConfig"]


@hookimpl
def pegboard_transforms(settings: Settings) -> Transform:
    return LOOKUP
