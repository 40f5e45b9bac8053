"""How long answers are kept, and which."""

from typing import Any

import attrs
from attrs.validators import deep_iterable, ge

from pegboard import setting

KEPT = (
    "content-type",
    "content-language",
    "content-disposition",
    "content-location",
    "etag",
    "last-modified",
    "link",
    "location",
)
NEVER = frozenset({"connection", "content-encoding", "content-length", "set-cookie", "transfer-encoding"})


def _check_header(instance: Any, attribute: Any, value: str) -> None:
    if value.lower() in NEVER:
        raise ValueError(f"{value!r} cannot be kept: it belongs to one answer alone")


@attrs.frozen
class IdempotencySettings:
    """``[plugins.idempotency]``"""

    keep: int = setting(86_400, help="seconds for which a key gives the same answer again", validator=ge(1))
    lease: int = setting(
        30,
        help="seconds after which the key of a process that died can be used again; renewed while it lives",
        validator=ge(2),
    )
    largest: int = setting(
        1_048_576,
        help="bytes of an answer's body that are kept; of a larger one only that it was given",
        validator=ge(0),
    )
    headers: tuple[str, ...] = setting(
        KEPT, help="headers of an answer that are kept with it", validator=deep_iterable(_check_header)
    )
    sweep: int = setting(600, help="seconds between removals of what has expired", validator=ge(1))
