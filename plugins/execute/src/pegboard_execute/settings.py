"""What code of strangers may use, and how much of it may wait."""

import attrs
from attrs.validators import ge, gt

from pegboard import setting

MIB = 1024 * 1024


@attrs.frozen
class ExecuteSettings:
    """``[plugins.execute]``"""

    sandbox: str = setting("process", help="the sandbox that runs it")
    max_queue_length: int = setting(
        0, help="runs that may wait, over all processes; 0 is no limit", env=("MAX_QUEUE_LENGTH",), validator=ge(0)
    )
    build_number: str = setting("", help="what answers have as build_number", env=("BUILD_NUMBER",))
    memory: int = setting(512 * MIB, help="bytes of memory of one run", validator=gt(0))
    source: int = setting(MIB, help="bytes of code", validator=gt(0))
    output: int = setting(256 * 1024, help="bytes of each stream that are kept, from its two ends", validator=gt(0))
    patience: float = setting(
        60.0, help="seconds that a caller waits for his turn; then he is given the job instead", validator=gt(0)
    )
