"""Where the page is, and how long one stays signed in."""

from pathlib import Path

import attrs
from attrs.validators import and_, ge, le, matches_re

from pegboard import setting


@attrs.frozen
class ConsoleSettings:
    """``[plugins.console]``"""

    prefix: str = setting(
        "/console", help="the path below which the page is served", validator=matches_re(r"(/[A-Za-z0-9._-]+)+")
    )
    session_hours: int = setting(
        12, help="hours after which one must sign in again", validator=and_(ge(1), le(24 * 90))
    )
    static: Path | None = setting(
        None, help="the folder of a page that was built elsewhere; the one in this package when unset"
    )
