"""The section ``[plugins.endpoints]``."""

import attrs

from pegboard import setting

MIB = 1024 * 1024


@attrs.frozen
class EndpointsSettings:
    sandbox: str = setting("restricted", help="the sandbox of endpoints that name none")
    sandboxes: tuple[str, ...] = setting(
        (), help="further sandboxes that an endpoint may name, such as process, which has no language policy"
    )
    plans: int = setting(10_000, help="saved endpoints kept ready in memory", validator=attrs.validators.ge(1))
    cache_bytes: int = setting(
        64 * MIB, help="bytes of upstream bodies kept in memory", validator=attrs.validators.ge(0)
    )
    result_bytes: int = setting(
        32 * MIB,
        help="bytes of results kept in memory for calls that would give the same; 0: each call runs its program",
        validator=attrs.validators.ge(0),
    )
    history_calls: int = setting(
        200,
        help="answers, and as many failures, that are kept of each endpoint; 0: no history",
        validator=attrs.validators.ge(0),
    )
    history_days: float = setting(
        7.0, help="days after which calls and their minutes go", validator=attrs.validators.ge(1)
    )
    retry_seconds: float = setting(
        5.0, help="after a failed refresh the old body is served for this long before the upstream is asked again"
    )
