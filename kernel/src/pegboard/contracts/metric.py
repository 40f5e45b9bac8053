"""Numbers that a service tells of itself."""

import re
from collections.abc import Mapping
from typing import Any, Literal

import attrs

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def _check_name(instance: Any, attribute: object, value: str) -> None:
    if not NAME.fullmatch(value):
        raise ValueError(f"metric {value!r}: use lower-case letters, digits and single _, such as queue_waiting")
    if instance.kind == "counter" and value.endswith("_total"):
        raise ValueError(f"metric {value!r}: leave out _total: it is what a counter is shown with")


@attrs.frozen
class Metric:
    """One family of numbers: a `counter` only rises while the app runs, a `gauge` is how things are now.

    `name` ends with its unit where it has one (``_seconds``, ``_bytes``). `values` are by the values of `labels`, in
    their order; the key of a number without labels is ``()``. Every combination is kept for ever by whoever
    collects them: no label may hold what users choose.
    """

    name: str = attrs.field(validator=_check_name)
    kind: Literal["counter", "gauge"]
    summary: str
    values: Mapping[tuple[str, ...], float]
    labels: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        for key in self.values:
            if len(key) != len(self.labels):
                raise ValueError(f"metric {self.name!r}: {key!r} does not have a value for each of {self.labels!r}")
