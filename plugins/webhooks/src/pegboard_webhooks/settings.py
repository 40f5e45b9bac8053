"""What is taken, how often it is tried, and how long it is kept."""

from typing import Any

import attrs
from attrs.validators import and_, deep_iterable, ge, gt, instance_of, le, min_len

from pegboard import setting

MIB = 1024 * 1024
MINUTE, HOUR = 60.0, 3600.0
schedule: Any = and_(min_len(1), deep_iterable(and_(instance_of(float), gt(0))))


@attrs.frozen
class WebhooksSettings:
    """``[plugins.webhooks]``. Seconds, unless a name says otherwise."""

    body_limit: int = setting(MIB, help="bytes of an event, also of one that was compressed", validator=ge(1))
    read_seconds: float = setting(10.0, help="in which a sender must have sent his event", validator=gt(0))
    replay_hours: float = setting(24.0, help="in which an id that was here counts as the same event", validator=gt(0))
    retention_days: float = setting(30.0, help="days that events and deliveries are kept", validator=gt(0))
    refused_per_minute: int = setting(
        60, help="refused events that are kept of an address in a minute", validator=ge(0)
    )
    handle_schedule: tuple[float, ...] = setting(
        (5.0, 30.0, 2 * MINUTE, 10 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR),
        help="after how long an event whose handling failed is tried again; then it is a dead letter",
        validator=schedule,
    )
    send_schedule: tuple[float, ...] = setting(
        (5.0, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR),
        help="after how long a delivery that failed is tried again; then it is a dead letter",
        validator=schedule,
    )
    send_seconds: float = setting(15.0, help="that a receiver has to answer", validator=and_(gt(0), le(60)))
    send_at_once: int = setting(
        8, help="deliveries under way to one receiver, where no order is asked for", validator=ge(1)
    )
    disable_hours: float = setting(
        120.0, help="of nothing but failures, after which a subscription is disabled", validator=gt(0)
    )
    grace_hours: float = setting(
        24.0, help="in which a subscription's old secret signs beside its new one", validator=ge(0)
    )
