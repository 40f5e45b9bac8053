"""From the app's own numbers to Prometheus's metrics. This is what imports the library: see `Metrics`."""

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

import attrs
import structlog
from prometheus_client import CollectorRegistry, Metric, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

import pegboard
from pegboard import Ending, Load, Sandboxes

from .requests import BUCKETS, Requests

log = structlog.get_logger(__name__)

GAUGES = {
    "places": "Programs that may run at the same time.",
    "running": "Calls whose program runs now.",
    "waiting": "Calls that wait for a place now.",
    "processes": "Processes that are there to run programs, idle ones included.",
}


@attrs.frozen(eq=False)
class SandboxCollector(Collector):
    """The load and the isolation of each sandbox that the app has opened."""

    sandboxes: Sandboxes

    def collect(self) -> Iterator[Metric]:
        opened = self.sandboxes.opened
        loads = {name: sandbox.load for name, sandbox in opened.items()}
        for field, text in GAUGES.items():
            yield _gauge(field, text, {name: getattr(load, field) for name, load in loads.items()})
        levels = {name: sandbox.isolation for name, sandbox in opened.items()}
        yield _gauge("isolation_level", "How programs are contained: from 5, the best, to 0.", levels)
        yield _calls(loads)
        yield _waited(loads)


def _gauge(name: str, text: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"pegboard_sandbox_{name}", text, labels=["sandbox"])
    for sandbox, value in values.items():
        family.add_metric([sandbox], value)
    return family


def _calls(loads: Mapping[str, Load]) -> Metric:
    """Endings that have not been are there with 0, or the first one of each kind could not be seen as a rise."""
    family = CounterMetricFamily("pegboard_sandbox_calls", "Calls that ended.", labels=["sandbox", "ending"])
    for sandbox, load in loads.items():
        for ending in Ending:
            family.add_metric([sandbox, ending], load.ended.get(ending, 0))
    return family


def _waited(loads: Mapping[str, Load]) -> Metric:
    text = "Time that calls waited for a place."
    family = CounterMetricFamily("pegboard_sandbox_waited_seconds", text, labels=["sandbox"])
    for sandbox, load in loads.items():
        family.add_metric([sandbox], load.waited)
    return family


@attrs.frozen(eq=False)
class RequestCollector(Collector):
    """The requests that were answered."""

    requests: Requests

    def collect(self) -> Iterator[Metric]:
        yield self._answers()
        yield self._durations()

    def _answers(self) -> Metric:
        labels = ["plugin", "route", "method", "status"]
        family = CounterMetricFamily("pegboard_http_requests", "HTTP requests that were answered.", labels=labels)
        for (plugin, route, method, status), count in self.requests.answers().items():
            family.add_metric([plugin, route, method, f"{status}xx"], count)
        return family

    def _durations(self) -> Metric:
        text = "From a request's arrival to the last byte of its answer."
        labels = ["plugin", "route"]
        family = HistogramMetricFamily("pegboard_http_request_duration_seconds", text, labels=labels)
        bounds = [*map(str, BUCKETS), "+Inf"]
        for key, durations in self.requests.durations().items():
            buckets = list(zip(bounds, accumulate(durations.counts), strict=True))
            family.add_metric(key, buckets, durations.seconds)
        return family


FAMILIES = {"counter": CounterMetricFamily, "gauge": GaugeMetricFamily}


@attrs.frozen(eq=False)
class Contributed(Collector):
    """The app's registry, and the numbers that services tell of themselves. What is not theirs to name is left out."""

    registry: Collector
    told: Sequence[pegboard.Metric]

    def collect(self) -> Iterator[Metric]:
        names = set()
        for family in self.registry.collect():
            names.add(family.name)
            yield family
        for metric in self.told:
            name = f"pegboard_{metric.name}"
            if name in names:
                log.warning("metric is told twice, and shown once", metric=name)
            else:
                names.add(name)
                yield _family(name, metric)


def _family(name: str, metric: pegboard.Metric) -> Metric:
    family = FAMILIES[metric.kind](name, metric.summary, labels=metric.labels)
    for labels, value in metric.values.items():
        family.add_metric(labels, value)
    return family


@attrs.frozen(eq=False)
class Labelled(Collector):
    """Every sample of another collector, with the label ``process``."""

    collector: Collector

    def collect(self) -> Iterator[Metric]:
        process = {"process": str(os.getpid())}
        for metric in self.collector.collect():
            metric.samples = [sample._replace(labels=sample.labels | process) for sample in metric.samples]
            yield metric


def registry(requests: Requests, sandboxes: Sandboxes) -> CollectorRegistry:
    """An app's own: the library's global one would be shared by all apps of a process."""
    made = CollectorRegistry()
    made.register(SandboxCollector(sandboxes))
    made.register(RequestCollector(requests))
    ProcessCollector(registry=made)
    PlatformCollector(registry=made)
    return made
