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
