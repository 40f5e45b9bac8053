"""What an operator sets."""

import attrs

from pegboard import setting

MEGABYTE = 1024 * 1024


@attrs.frozen
class ExpressionSettings:
    """``[plugins.transform-expression]``. Isolation levels are those of ``[plugins.sandbox-process]``."""

    workers: int = setting(
        0,
        help="pages of JavaScript that run at the same time; the others wait; 0: as many as sandbox-process has",
        validator=attrs.validators.ge(0),
    )
    kept: int = setting(
        8,
        help="processes that stay for the next page of their expression, in all; 0: a fresh process for each page",
        validator=attrs.validators.ge(0),
    )
    seconds: float = setting(600.0, help="seconds after which such a process goes", validator=attrs.validators.gt(0))
    page: float = setting(
        5.0, help="seconds of processor time that a page of records may take", validator=attrs.validators.gt(0)
    )
    memory: int = setting(
        64 * MEGABYTE,
        help="bytes of memory that JavaScript may use",
        validator=attrs.validators.ge(4 * MEGABYTE),
    )
