"""What an operator sets."""

import os

import attrs

from pegboard import Limits, Problem, setting

MEGABYTE = 1024 * 1024


@attrs.frozen
class ProcessSettings:
    """``[plugins.sandbox-process]``; a sandbox that stands on this jail has settings of its own and makes these."""

    workers: int = setting(
        os.cpu_count() or 1,
        help="programs that run at the same time; the others wait",
        validator=attrs.validators.ge(1),
    )
    slow: int = setting(
        0,
        help="long calls that run besides, at a low priority, so that short ones need not wait for them; at least "
        "twice the workers; 0: four times",
        validator=attrs.validators.ge(0),
    )
    queue: int = setting(
        1000,
        help="calls that may wait, half of them of one tenant; more are refused as busy",
        validator=attrs.validators.ge(1),
    )
    prepared: int = setting(
        os.cpu_count() or 1,
        help="fresh processes that are forked before their calls come; 0: none",
        validator=attrs.validators.ge(0),
    )
    spare: bool = setting(
        True,
        help="keep a second zygote ready, which takes over at once when the first dies; it costs about ten megabytes",
    )
    zygote_calls: int = setting(
        100_000,
        help="processes that a zygote starts before the next one takes over, with another seed of hashes",
        validator=attrs.validators.ge(1),
    )
    zygote_seconds: float = setting(
        3600.0, help="seconds after which the next zygote takes over", validator=attrs.validators.gt(0)
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
    max_files: int = setting(
        64 * MEGABYTE,
        help="the most bytes of files that a call may ask for, in and out",
        validator=attrs.validators.le(1024 * MEGABYTE),
    )

    @property
    def lane(self) -> int:
        """How many long calls run besides: enough that one tenant's cannot fill the lane."""
        return max(self.slow, 2 * self.workers) if self.slow else 4 * self.workers


def refuse_unholdable(limits: Limits, settings: ProcessSettings) -> None:
    """Raise `pegboard.Problem` 422 for what the operator does not allow."""
    for name in ("wall", "memory", "result", "output", "files"):
        asked, most = getattr(limits, name), getattr(settings, f"max_{name}")
        if not 0 < asked <= most:
            detail = f"limits.{name} is {asked:g}: the operator allows more than 0 and up to {most:g}"
            raise Problem(422, "limit-not-held", detail)
