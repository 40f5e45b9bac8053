"""The section ``[plugins.integrations]``."""

import attrs
from attrs.validators import ge, gt, le

from pegboard import setting

MIB = 1024 * 1024


@attrs.frozen
class IntegrationsSettings:
    runs: int = setting(4, help="syncs that this process runs at a time; 0: it runs none", validator=ge(0))
    lease_seconds: float = setting(
        15.0, help="seconds after which another process goes on with the runs of one that was killed", validator=gt(0)
    )
    max_pages: int = setting(10_000, help="pages of one run", validator=ge(1))
    max_records: int = setting(5_000_000, help="records of one run", validator=ge(1))
    max_bytes: int = setting(4096 * MIB, help="bytes that one run reads", validator=ge(1))
    max_seconds: float = setting(6 * 3600.0, help="seconds that one run may take", validator=gt(0))
    kept_runs: int = setting(50, help="runs of an endpoint that are kept, with their traces", validator=ge(1))
    kept_failures: int = setting(1000, help="records that failed, kept of one run with their sources", validator=ge(0))
    kept_pages: int = setting(1000, help="pages of one run whose trace is kept", validator=ge(1))
    grace_seconds: float = setting(
        24 * 3600.0, help="seconds for which a webhook's old secret stays valid beside its new one", validator=ge(0)
    )
    sandbox: str = setting("restricted", help="the sandbox of a webhook's own functions")
    custom_seconds: float = setting(5.0, help="seconds that such a function may take", validator=[gt(0), le(60)])
    test_rate: int = setting(30, help="tests of integrations that a caller may make in a minute", validator=ge(1))
    sync_rate: int = setting(30, help="syncs that a caller may start in a minute", validator=ge(1))
