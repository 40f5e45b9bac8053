"""What an operator sets."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

import attrs
from attrs.validators import and_, deep_iterable, ge, gt, in_, le

from pegboard import Secret, setting

from .rates import check_rates, check_table, check_tables

SCHEMES = ("redis://", "rediss://", "unix://")


def _check_storage(instance: Any, attribute: Any, value: Secret) -> None:
    if value.reveal() != "memory://" and not value.reveal().startswith(SCHEMES):
        raise ValueError("use memory://, or the address of a Redis server such as redis://user:password@host:6379/0")


def _check_network(instance: Any, attribute: Any, value: str) -> None:
    ip_network(value)


@attrs.frozen
class RateLimitSettings:
    """``[plugins.ratelimit]``"""

    storage: Secret = setting(
        Secret("memory://"),
        help="where calls are counted: memory:// (each process by itself) or redis://user:password@host:6379/0",
        validator=_check_storage,
    )
    prefix: str = setting("pegboard:ratelimit", help="what the names of all keys in Redis begin with")
    timeout: float = setting(0.25, help="seconds to wait for Redis with one call", validator=gt(0))
    away: str = setting(
        "local",
        help="while Redis is away: local (each process counts by itself), open (let all in), closed (503)",
        validator=in_(("local", "open", "closed")),
    )
    retry: float = setting(5.0, help="seconds for which Redis is left alone after it did not answer", validator=ge(0))
    window: str = setting(
        "moving",
        help="moving (never more than the limit in any window) or fixed (from the first call on; less memory)",
        validator=in_(("moving", "fixed")),
    )
    default: str = setting(
        "", help="a rate for all routes together that have none of their own, such as 600/minute", validator=check_rates
    )
    routes: Mapping[str, str] = setting(
        {}, help="rates by the names of routes, instead of what these declare", validator=check_table
    )
    scopes: Mapping[str, Mapping[str, str]] = setting(
        {},
        help="such tables for callers who hold a scope, such as plan:pro; the first one counts",
        validator=check_tables,
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        help="networks of proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8",
        validator=deep_iterable(_check_network),
    )
    ipv6_prefix: int = setting(
        64,
        help="bits of an IPv6 address that tell callers apart: one has a whole network",
        validator=and_(ge(16), le(128)),
    )
