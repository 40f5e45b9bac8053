"""The page as its reader sees it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import attrs
import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

import pegboard_metrics
from pegboard.testing import caller, callers
from pegboard.testing.fixtures import anyio_backend, make_server  # noqa: F401

Labels = frozenset[tuple[str, str]]


@attrs.frozen
class Page:
    """A scrape, parsed as a reader of its format parses it. Called with a name and labels it gives a sample's value."""

    answer: httpx.Response
    families: Mapping[str, Any]
    samples: Mapping[tuple[str, Labels], float]

    def __call__(self, name: str, **labels: str) -> float:
        return self.samples[name, frozenset(labels.items())]

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.samples}


def parsed(answer: httpx.Response) -> Page:
    assert answer.status_code == 200, answer.text
    openmetrics = answer.headers["content-type"].startswith("application/openmetrics-text")
    families = {family.name: family for family in (parse_openmetrics if openmetrics else parse_text)(answer.text)}
    samples = [sample for family in families.values() for sample in family.samples]
    return Page(answer, families, {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples})


@pytest.fixture
def scrape() -> Callable[..., Awaitable[Page]]:
    """Read the metrics at a base URL, as a caller who may."""

    async def get(url: str, **headers: str) -> Page:
        async with httpx.AsyncClient(base_url=url) as client:
            return parsed(await client.get("/metrics", headers={**caller("metrics:read"), **headers}))

    return get


@pytest.fixture
def serve(make_server: Callable[..., Awaitable[str]]) -> Callable[..., Awaitable[str]]:  # noqa: F811
    """An app on a socket with this plugin and further `plugins`; `metrics` is its section. Gives the base URL."""

    async def start(metrics: Mapping[str, Any] | None = None, **plugins: Any) -> str:
        plugins |= {"metrics": pegboard_metrics, "callers": callers}
        sections = {"metrics": metrics or {}}
        return await make_server(settings={"plugins": sections}, plugins=plugins)

    return start
