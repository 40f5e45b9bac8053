"""How many jobs run at a time, how long they may wait, and how long they are kept."""

import attrs
from attrs.validators import ge, gt, le

from pegboard import setting

MIB = 1024 * 1024


@attrs.frozen
class JobsSettings:
    """``[plugins.jobs]``. Bytes, seconds; 0 is no limit where it says so."""

    dispatcher: str = setting("local", help="who brings jobs to workers: local, or what a plugin adds, such as celery")
    workers: int = setting(4, help="jobs at a time in each process that serves; 0 is none", validator=ge(0))
    running: int = setting(0, help="jobs at a time over all processes; 0 is no limit", validator=ge(0))
    running_per_user: int = setting(0, help="jobs of one user at a time; 0 is no limit", validator=ge(0))
    running_per_subject: int = setting(0, help="jobs of one script at a time; 0 is no limit", validator=ge(0))
    subjects: dict[str, int] = setting({}, help="the same for some scripts by name: full_import = 1")
    waiting: int = setting(10_000, help="jobs that may wait; 0 is no limit", validator=ge(0))
    waiting_per_user: int = setting(1000, help="jobs of one user that may wait; 0 is no limit", validator=ge(0))
    lease: float = setting(30.0, help="seconds after which a worker that is silent has lost its jobs", validator=ge(1))
    drain: float = setting(20.0, help="seconds that running jobs have to end when a process stops", validator=ge(0))
    flush: float = setting(0.05, help="seconds that output may wait before it is written", validator=[gt(0), le(1)])
    log_bytes: int = setting(64 * MIB, help="bytes of a job's log; the rest is cut off", validator=ge(1024))
    artifact_bytes: int = setting(100 * MIB, help="bytes of one file that a job leaves", validator=ge(1))
    artifacts: int = setting(100, help="files that a job may leave", validator=ge(0))
    retention_days: float = setting(
        7.0,
        help="days that an ended job is kept, with its log and its files",
        env=("JOB_RETENTION_DAYS",),
        validator=gt(0),
    )
