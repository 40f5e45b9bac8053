"""Where the data lies and how carefully it is written."""

import attrs
from attrs.validators import ge, gt, in_

from pegboard import Secret, setting


@attrs.frozen
class StoreSettings:
    """``[plugins.store]``"""

    url: Secret = setting(
        Secret("sqlite:///{data}/pegboard.db"),
        help="sqlite:///path/to/file or postgresql://user:password@host:5432/name; {data} is the data folder",
        env=("DATABASE_URL",),
    )
    pool: int = setting(5, help="connections for reading; on PostgreSQL as many again for writing", validator=ge(1))
    wait: float = setting(10.0, help="seconds to wait for a lock or a free connection before 503", validator=gt(0))
    synchronous: str = setting(
        "normal",
        help="SQLite: normal keeps every commit when the process dies; full also when the power fails, but is slower",
        validator=in_(("normal", "full")),
    )
    migrate: str = setting(
        "auto",
        help="who applies migrations: start (every start), command (pegboard db upgrade), auto (start on SQLite only)",
        validator=in_(("auto", "start", "command")),
    )
