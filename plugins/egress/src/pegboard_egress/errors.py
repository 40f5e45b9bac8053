"""What can go wrong with an outgoing request, as problems that are safe to show to whoever caused it."""

from typing import Any, ClassVar

from pegboard import Problem


class EgressError(Problem):
    """An outgoing request that was refused or failed.

    The body has `error_code` and `rule`: which rule refused it or which step failed. Neither it nor `detail` ever
    says what the other side answered, so that nobody can read a port through an error.
    """

    STATUS: ClassVar[int] = 502
    ERROR_CODE: ClassVar[str] = "UPSTREAM_ERROR"

    def __init__(self, detail: str, *, rule: str, **members: Any) -> None:
        code = self.ERROR_CODE.lower().replace("_", "-")
        extra = {"error_code": self.ERROR_CODE, "rule": rule, **members}
        super().__init__(self.STATUS, code, detail=detail, extra=extra)
        self.error_code = self.ERROR_CODE
        self.rule = rule


class EgressBlocked(EgressError):
    """403: the address, the URL or a header is against a rule; nothing was sent."""

    STATUS = 403
    ERROR_CODE = "EGRESS_BLOCKED"


class UpstreamTimeout(EgressError):
    """504: `rule` is ``connect``, ``read`` or ``total``."""

    STATUS = 504
    ERROR_CODE = "UPSTREAM_TIMEOUT"


class UpstreamError(EgressError):
    """502: `rule` is ``dns``, ``connect``, ``tls``, ``connection`` or ``protocol``."""


class UpstreamTooLarge(EgressError):
    """502: `rule` is ``headers`` or ``body``."""

    ERROR_CODE = "UPSTREAM_TOO_LARGE"


class TooManyRedirects(EgressError):
    """502: the chain of redirects is longer than the setting `redirects`."""

    ERROR_CODE = "TOO_MANY_REDIRECTS"
