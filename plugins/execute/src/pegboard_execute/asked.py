"""What callers send (document 001, section 3)."""

from urllib.parse import urlsplit

import attrs
from attrs.validators import and_, ge, le, max_len

from pegboard import setting


def _uri(instance: object, attribute: object, value: str | None) -> None:
    if value is None:
        return
    try:
        parts = urlsplit(value)
    except ValueError:
        raise ValueError("is no URI") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an http or https URI")


@attrs.frozen
class Asked:
    """Code, and what becomes of its result. `timeout` is in seconds."""

    code: str = setting(help="the body of a function: return gives the result")
    timeout: int = setting(30, help="seconds that it may run", validator=and_(ge(1), le(300)))
    webhook_url: str | None = setting(None, help="where the answer is sent to", validator=_uri)
    id: str | None = setting(
        None, help="the caller's own name for it", validator=attrs.validators.optional(max_len(200))
    )


@attrs.frozen
class StatusAsked:
    job_id: str = setting(help="the id of a job")


@attrs.frozen
class StatusesAsked:
    since_seconds: int = setting(600, help="how far back", validator=and_(ge(1), le(30 * 24 * 3600)))
