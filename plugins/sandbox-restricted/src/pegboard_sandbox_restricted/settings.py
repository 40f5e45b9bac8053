"""What an operator sets."""

import attrs

from pegboard import setting


@attrs.frozen
class RestrictedSettings:
    """``[plugins.sandbox-restricted]``. Isolation and the highest limits are those of ``[plugins.sandbox-process]``."""

    workers: int = setting(
        0,
        help="programs that run at the same time; the others wait; 0: as many as sandbox-process has",
        validator=attrs.validators.ge(0),
    )
    remembered: int = setting(
        1000, help="checked programs whose verdict is remembered", validator=attrs.validators.ge(0)
    )
    kept: int = setting(
        32,
        help="processes that stay for the next call of their program, in all; 0: a fresh process for each call",
        validator=attrs.validators.ge(0),
    )
    calls: int = setting(10_000, help="calls after which such a process goes", validator=attrs.validators.ge(1))
    seconds: float = setting(600.0, help="seconds after which such a process goes", validator=attrs.validators.gt(0))
    memory: int = setting(
        128 * 1024 * 1024, help="bytes of peak memory above which such a process goes", validator=attrs.validators.gt(0)
    )
