"""The app's metrics, and the page that shows them."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from pegboard import Metric, Sandboxes

from .requests import Requests

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

OPENMETRICS = "application/openmetrics-text"


@attrs.frozen
class Page:
    """What a scrape is answered with."""

    body: bytes
    media_type: str


@attrs.define
class Metrics:
    """The metrics of one app. The library is imported when they are first asked for: a start must not wait for it."""

    sandboxes: Sandboxes
    process_label: bool = False
    requests: Requests = attrs.field(factory=Requests, init=False)

    @cached_property
    def registry(self) -> "CollectorRegistry":
        """The app's own registry. Other plugins may register collectors of theirs."""
        from .collectors import registry

        return registry(self.requests, self.sandboxes)

    def page(self, accept: str = "", told: Sequence[Metric] = ()) -> Page:
        """All metrics, those that services have `told` included.

        They are in OpenMetrics 1.0 where an ``Accept`` header asks for it, else in the text format 0.0.4.
        """
        from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
        from prometheus_client.openmetrics import exposition as openmetrics

        from .collectors import Contributed, Labelled

        everything = Contributed(self.registry, told)
        collector = Labelled(everything) if self.process_label else everything
        if wants_openmetrics(accept):
            text = openmetrics.generate_latest(collector)  # type: ignore[no-untyped-call]
            return Page(text, openmetrics.CONTENT_TYPE_LATEST)
        return Page(generate_latest(collector), CONTENT_TYPE_PLAIN_0_0_4)


def wants_openmetrics(accept: str) -> bool:
    """Whether one of the media types is OpenMetrics, in the version 1.0.0 or in any.

    The library's own negotiation fails on a version that is no number.
    """
    for media in accept.lower().split(","):
        kind, *parameters = (part.strip() for part in media.split(";"))
        versions = [value for value in parameters if value.startswith("version=")]
        if kind == OPENMETRICS and versions in ([], ["version=1.0.0"]):
            return True
    return False
