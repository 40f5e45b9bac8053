"""What an operator sets."""

import os

import attrs

from pegboard import setting

MEGABYTE = 1024 * 1024


@attrs.frozen
class ProcessSettings:
    """``[plugins.sandbox-process]``; a sandbox that stands on this jail has settings of its own and makes these."""

    workers: int = setting(
        os.cpu_count() or 1,
        help="programs that run at the same time; the others wait",
        validator=attrs.validators.ge(1),
    )
    allow_weak_isolation: bool = setting(
        False, help="run programs even where the machine allows neither namespaces nor seccomp with Landlock"
    )
    max_level: int = setting(
        5,
        help="the highest isolation level that is tried (5 to 2)",
        validator=[attrs.validators.ge(2), attrs.validators.le(5)],
    )
    cgroup: str = setting("", help="a delegated cgroup v2 directory for level 5; the server's own cgroup when empty")
    imports: tuple[str, ...] = setting((), help="further modules, of installed packages, that programs may import")
    max_wall: float = setting(3600.0, help="the most seconds that a call may ask for")
    max_memory: int = setting(4096 * MEGABYTE, help="the most bytes of memory that a call may ask for")
    max_result: int = setting(64 * MEGABYTE, help="the most bytes of result that a call may ask for")
    max_output: int = setting(64 * MEGABYTE, help="the most bytes of stdout and of stderr that a call may ask for")
