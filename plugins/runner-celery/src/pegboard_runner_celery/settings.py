"""Which broker, and how messages go through it."""

from typing import Any

import attrs
from attrs.validators import ge, gt, matches_re

from pegboard import Secret, setting

SCHEMES = ("redis://", "rediss://", "redis+socket://", "sentinel://", "amqp://", "amqps://", "pyamqp://")
DAY = 24 * 3600.0


def _check_broker(instance: Any, attribute: Any, value: Secret) -> None:
    if value.reveal() and not value.reveal().startswith(SCHEMES):
        raise ValueError("use redis://user:password@host:6379/0 or amqp://user:password@host:5672/vhost")


@attrs.frozen
class RunnerCelerySettings:
    """``[plugins.runner-celery]``, which counts where ``[plugins.jobs]`` has ``dispatcher = "celery"``."""

    broker: Secret = setting(
        Secret(""),
        help="the address of Redis or RabbitMQ: redis://user:password@host:6379/0, amqp://user:password@host:5672/vhost",
        env=("CELERY_BROKER_URL",),
        validator=_check_broker,
    )
    results: Secret = setting(
        Secret(""),
        help="a Celery result backend that keeps the ids of jobs; none by default, since jobs keep their results",
        env=("CELERY_RESULT_BACKEND",),
    )
    queue: str = setting(
        "pegboard.jobs", help="the name of the queue: one for each app", validator=matches_re(r"[A-Za-z0-9._-]{1,100}")
    )
    visibility_timeout: float = setting(
        DAY,
        help="seconds after which Redis delivers again what nobody acknowledged: above the longest job",
        validator=ge(1),
    )
    resend: float = setting(
        5.0, help="seconds after which a job that nobody has claimed is told of again", validator=gt(0)
    )
    timeout: float = setting(4.0, help="seconds to wait for the broker", validator=gt(0))
